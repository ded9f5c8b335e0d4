import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { AuthError, createAuth } from '../../../client/user/index.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';
import { ClientStage, codeIn, done, PASSWORD } from './stage.ts';

const CLIENT_ID = '1234.apps.googleusercontent.com';
const BUNDLE = 'com.example.client';
const FIELDS = [
  { id: 'a', path: 'user_data.name', fieldName: 'name', required: false, canEdit: true },
  { id: 'b', path: 'user_data.team', fieldName: 'team', required: false, canEdit: false },
];

describe('methods of the client, on a real host', () => {
  let stage: ClientStage;
  let provider: IdentityProvider;
  before(async () => {
    provider = await startIdentityProvider();
    stage = await ClientStage.start({
      config: {
        appleIssuer: provider.issuer,
        appleJwksUrl: provider.jwksUrl,
        googleJwksUrl: provider.jwksUrl,
      },
    });
  });
  after(async () => {
    await stage.host.stop();
    await provider.close();
  });

  const appWith = (settings: Parameters<ClientStage['host']['createApp']>[0]) =>
    stage.host.createApp(settings);
  async function member(handle: string, settings: Parameters<typeof appWith>[0] = {}) {
    const app = await appWith({ signupFlow: 'none', ...settings });
    const device = stage.device(app);
    done(await device.auth.signUp({ handle, password: PASSWORD }));
    return { app, ...device };
  }

  it('signs up with a code that can be mistyped and sent again', async () => {
    const { auth, heard } = stage.device(await appWith({ signupFlow: 'code', metaData: FIELDS }));
    const begun = done(
      await auth.signUp({
        handle: 'ada@example.com',
        password: PASSWORD,
        locale: 'en-GB',
        metaData: { user_data: { name: 'Ada' } },
      }),
    );
    assert.ok(begun.state === 'codeSent');
    const first = await stage.codeTo('ada@example.com');
    assert.equal(codeIn(await begun.finish(otherCode(first))), 'wrong_code');
    assert.equal(codeIn(await begun.finish('12')), 'wrong_code', 'what cannot be one');
    done(await begun.resend());
    const session = done(await begun.finish(await stage.codeTo('ada@example.com')));
    assert.deepEqual(session.user.metaData, { user_data: { name: 'Ada' } });
    assert.deepEqual(heard, ['loggedIn']);
    assert.ok(session.expiresAt.getTime() > session.jwtExpiresAt.getTime());
  });

  it('takes no code any more after five wrong ones', async () => {
    const { auth, asked } = stage.device(await appWith({ signupFlow: 'code' }));
    const begun = done(await auth.signUp({ handle: 'five@example.com', password: PASSWORD }));
    assert.ok(begun.state === 'codeSent');
    const wrong = otherCode(await stage.codeTo('five@example.com'));
    for (let tried = 0; tried < 5; tried++) assert.equal(codeIn(await begun.finish(wrong)), 'wrong_code');
    const before = asked.length;
    assert.equal(codeIn(await begun.finish(wrong)), 'code_expired');
    assert.equal(asked.length, before, 'the host is not asked');
  });

  it('waits for the link of a signup, then logs in', async () => {
    const app = await appWith({ signupFlow: 'link' });
    let polls = 0;
    const { auth, heard } = stage.device(app, {
      answer: (route) => {
        if (route === 'signupState' && ++polls === 1) throw new TypeError('away for a moment');
      },
    });
    const begun = done(await auth.signUp({ handle: 'link@example.com', password: PASSWORD }));
    assert.ok(begun.state === 'linkSent');
    const given = new AbortController();
    given.abort();
    assert.equal(codeIn(await begun.waitUntilVerified({ signal: given.signal })), 'aborted');
    const { link = '' } = await stage.lastMessage('link@example.com');
    const opened = await fetch(link.replace(/^https?:\/\/[^/]+/, stage.host.url), { method: 'POST' });
    assert.equal(opened.status, 200);
    polls = 0;
    const waited = done(await begun.waitUntilVerified());
    assert.deepEqual([waited.state, polls, heard], ['loggedIn', 2, ['loggedIn']]);
  });

  it('logs in by handle and user name, and out here or everywhere', async () => {
    const { app, auth } = await member('names@example.com', { userNamesEnabled: true });
    assert.equal(done(await auth.user.isUserNameFree({ userName: 'names' })), true);
    assert.equal(done(await auth.user.setUserName({ userName: 'names' })).userName, 'names');
    assert.equal(done(await auth.user.isUserNameFree({ userName: 'names' })), false);
    const other = stage.device(app);
    assert.equal(done(await other.auth.logIn({ handle: 'names', password: PASSWORD })).state, 'loggedIn');
    assert.equal(
      codeIn(await other.auth.logIn({ handle: 'names', password: 'Wrong-1' })),
      'wrong_credentials',
    );
    done(await auth.logOut({ everywhere: true }));
    done(await auth.logOut());
    assert.equal(codeIn(await other.auth.user.get()), 'session_ended');
    assert.deepEqual(other.heard, ['loggedIn', 'expired']);
    assert.equal(codeIn(await other.auth.user.get()), 'session_ended', 'without asking');
  });

  it('changes what users may change of themselves', async () => {
    const { auth, heard } = await member('self@example.com', { metaData: FIELDS, locales: ['EN', 'DE'] });
    const named = await auth.user.setMetadata({ metaData: { user_data: { name: 'Self' } } });
    assert.deepEqual(done(named).metaData, { user_data: { name: 'Self' } });
    const refused = await auth.user.setMetadata({ metaData: { user_data: { team: 'Blue' } } });
    assert.ok(!refused.ok);
    assert.deepEqual([refused.error.code, refused.error.reason], ['invalid_metadata', 'not_editable']);
    assert.equal(done(await auth.user.setLocale({ locale: 'de-AT' })).locale, 'DE');
    const unknown = await auth.user.setLocale({ locale: 'fi' });
    assert.ok(!unknown.ok);
    assert.deepEqual(
      [unknown.error.code, unknown.error.reason, unknown.error.field],
      ['invalid_data', 'unknown_locale', 'locale'],
    );
    assert.deepEqual(heard, ['loggedIn', 'userChanged', 'userChanged']);
    assert.equal(auth.session?.user.locale, 'DE');
    assert.deepEqual(done(await auth.user.get()), auth.session?.user);
  });

  it('changes a password, and replaces a forgotten one', async () => {
    const { app, auth } = await member('words@example.com', { refuseCommonPasswords: true });
    const wrong = await auth.changePassword({ password: 'Wrong-Horse-1', newPassword: 'Battery-Staple-8' });
    assert.equal(codeIn(wrong), 'wrong_credentials');
    const weak = await auth.changePassword({ password: PASSWORD, newPassword: 'password' });
    assert.ok(!weak.ok);
    assert.deepEqual([weak.error.reason, weak.error.field], ['common_password', 'newPasswordText']);
    const changed = await auth.changePassword({ password: PASSWORD, newPassword: 'Battery-Staple-8' });
    assert.equal(done(changed).state, 'loggedIn');
    done(await auth.user.get());
    const other = stage.device(app);
    const forgotten = done(await other.auth.forgotPassword({ handle: 'words@example.com' }));
    const code = await stage.codeTo('words@example.com');
    assert.equal(codeIn(await forgotten.finish(otherCode(code), 'Third-Word-33')), 'wrong_code');
    done(await forgotten.finish(code, 'Third-Word-33'));
    assert.equal(codeIn(await auth.user.get()), 'session_ended');
    done(await other.auth.logIn({ handle: 'words@example.com', password: 'Third-Word-33' }));
    const nobody = await other.auth.forgotPassword({ handle: 'nobody@example.com' });
    assert.equal(codeIn(nobody), 'unknown_account');
    const late = { handle: 'words@example.com', code, newPassword: 'Fourth-Word-44' };
    assert.equal(codeIn(await other.auth.resetPassword(late)), 'invalid_data');
  });

  it('changes the handle, and stays logged in under it', async () => {
    const { auth, heard } = await member('old@example.com');
    const wrong = await auth.changeHandle({ handle: 'new@example.com', password: 'Wrong-1' });
    assert.equal(codeIn(wrong), 'wrong_credentials');
    const begun = done(await auth.changeHandle({ handle: 'new@example.com', password: PASSWORD }));
    const code = await stage.codeTo('new@example.com');
    assert.equal(codeIn(await begun.finish(otherCode(code))), 'wrong_code');
    assert.equal(done(await begun.finish(code)).user.handle, 'new@example.com');
    assert.equal(done(await auth.user.get()).handle, 'new@example.com');
    assert.deepEqual(heard, ['loggedIn', 'userChanged']);
  });

  it('asks for the code of an authenticator app once that is on', async () => {
    const { app, auth } = await member('totp@example.com', { twoFactorVerification: 'google' });
    const now = () => stage.host.clock.now();
    const { secret, qr, otpauth, confirm } = done(await auth.secondFactor.enable());
    assert.match(qr, /^data:image\/png;base64,/);
    assert.match(otpauth, /^otpauth:\/\/totp\//);
    const shown = authenticatorCode(secret, now());
    assert.equal(codeIn(await confirm({ code: otherCode(shown) })), 'wrong_code');
    const { recoveryCodes } = done(await confirm({ code: shown }));
    assert.equal(recoveryCodes.length, 10);
    assert.equal(auth.session?.user.twoFactorGoogleVerification, true);

    const other = stage.device(app);
    const asked = done(await other.auth.logIn({ handle: 'totp@example.com', password: PASSWORD }));
    assert.ok(asked.state === 'secondFactor' && asked.kind === 'totp');
    assert.equal(codeIn(await asked.finish('000000')), 'wrong_code');
    stage.host.clock.advance(30_000);
    assert.equal(done(await asked.finish(authenticatorCode(secret, now()))).user.handle, 'totp@example.com');
    const again = done(
      await stage.device(app).auth.logIn({ handle: 'totp@example.com', password: PASSWORD }),
    );
    assert.ok(again.state === 'secondFactor');
    done(await again.finish(String(recoveryCodes[0])));

    stage.host.clock.advance(30_000);
    const fresh = await auth.secondFactor.newRecoveryCodes({ code: authenticatorCode(secret, now()) });
    assert.equal(done(fresh).recoveryCodes.length, 10);
    stage.host.clock.advance(30_000);
    done(await auth.secondFactor.disable({ code: authenticatorCode(secret, now()) }));
    assert.equal(auth.session?.user.twoFactorGoogleVerification, false);
  });

  it('asks for a code by SMS once the phone is verified', async () => {
    const { app, auth } = await member('sms@example.com', { twoFactorVerification: 'phone' });
    assert.equal(codeIn(await auth.secondFactor.enableSms()), 'no_verified_phone');
    const invalid = await auth.user.setPhone({ phone: '12' });
    assert.ok(!invalid.ok);
    assert.equal(invalid.error.reason, 'invalid_phone');
    const begun = done(await auth.user.setPhone({ phone: '+12025550123' }));
    const code = await stage.codeTo('+12025550123');
    assert.equal(codeIn(await begun.finish(otherCode(code))), 'wrong_code');
    assert.equal(done(await begun.finish(code)).phoneVerified, true);
    done(await auth.secondFactor.enableSms());
    const asked = done(await stage.device(app).auth.logIn({ handle: 'sms@example.com', password: PASSWORD }));
    assert.ok(asked.state === 'secondFactor' && asked.kind === 'sms');
    done(await asked.finish(await stage.codeTo('+12025550123')));
    assert.equal(auth.session?.user.twoFactorPhoneVerification, true);
    done(await auth.secondFactor.disableSms());
    assert.equal(auth.session?.user.twoFactorPhoneVerification, false);
  });

  it('invites, and takes an invitation', async () => {
    const { app, auth } = await member('host@example.com', { invitationEnabled: true });
    done(await auth.invite({ handle: 'guest@example.com' }));
    const code = await stage.codeTo('guest@example.com');
    const guest = stage.device(app);
    const invitation = { handle: 'guest@example.com', password: PASSWORD };
    assert.equal(
      codeIn(await guest.auth.acceptInvite({ ...invitation, code: otherCode(code) })),
      'invalid_data',
    );
    const session = done(await guest.auth.acceptInvite({ ...invitation, code }));
    assert.equal(session.user.handle, 'guest@example.com');
    assert.equal(codeIn(await guest.auth.acceptInvite({ ...invitation, code })), 'handle_taken');
  });

  it('logs in anonymously, and again by the handle that was made up', async () => {
    const { auth } = stage.device(await appWith({ anonymousLoginEnabled: true }));
    const { user } = done(await auth.logInAnonymously());
    assert.match(user.handle, /^ANON_[\da-f]{32}$/);
    done(await auth.logOut());
    assert.equal(done(await auth.logInAnonymously({ handle: user.handle })).user.uid, user.uid);
  });

  it('logs in with Apple and Google, else signs up', async () => {
    const app = await appWith({
      signupFlow: 'none',
      appleLoginEnabled: true,
      appleBundleId: BUNDLE,
      googleLoginEnabled: true,
      googleClientId: CLIENT_ID,
    });
    const identity = (aud: string, email: string, claims = {}) =>
      provider.token(stage.host.clock.now(), {
        aud,
        sub: `of-${email}`,
        email,
        email_verified: true,
        ...claims,
      });
    const apple = stage.device(app);
    const token = identity(BUNDLE, 'apple@example.com');
    const made = done(await apple.auth.social.apple(token));
    assert.deepEqual([made.user.handle, made.user.loginProvider], ['apple@example.com', 'apple']);
    done(await apple.auth.logOut());
    assert.equal(done(await apple.auth.social.apple({ idToken: token })).user.uid, made.user.uid);
    const google = stage.device(app);
    const issued = { iss: 'https://accounts.google.com' };
    const other = identity(CLIENT_ID, 'google@example.com', issued);
    assert.equal(done(await google.auth.social.google({ idToken: other })).user.loginProvider, 'google');
    assert.equal(codeIn(await google.auth.social.google(`${other}x`)), 'invalid_identity_token');
    assert.equal(done(await apple.auth.user.delete({ idToken: token })), true);
    assert.deepEqual(apple.heard, ['loggedIn', 'loggedOut', 'loggedIn', 'loggedOut']);
  });

  it('deletes an account with its password alone', async () => {
    const { app, auth } = await member('gone@example.com');
    assert.equal(codeIn(await auth.user.delete()), 'missing_parameter');
    assert.equal(codeIn(await auth.user.delete({ password: 'Wrong-1' })), 'wrong_credentials');
    done(await auth.user.delete({ password: PASSWORD }));
    assert.equal(auth.session, undefined);
    const again = await stage.device(app).auth.logIn({ handle: 'gone@example.com', password: PASSWORD });
    assert.equal(codeIn(again), 'wrong_credentials');
  });

  it('knows the settings of its app, and what its passwords must have', async () => {
    const app = await appWith({ passwordFilter: true });
    const { auth, asked } = stage.device(app);
    assert.throws(() => auth.checkPassword('x'), TypeError);
    assert.equal(done(await auth.app()).name, app.name);
    assert.deepEqual(auth.checkPassword('<{é*'), ['length', 'upper', 'digit', 'special']);
    assert.deepEqual(auth.checkPassword('ÉÉÉÉéé1.'), []);
    for (const password of ['<{é*', 'short', 'NOLOWER-1', 'nodigits-A', 'NoSpecial1']) {
      const refused = await auth.signUp({ handle: 'rules@example.com', password });
      assert.ok(!refused.ok);
      assert.deepEqual(refused.error.unmet, auth.checkPassword(password), password);
    }
    assert.equal(asked.filter(({ route }) => route === 'getApplication').length, 1, 'asked once');
  });

  it('sends the MD5 where the host takes no passwords as typed', async () => {
    const sent: string[] = [];
    const auth = createAuth({
      url: stage.host.url,
      appToken: (await appWith({ signupFlow: 'none' })).appToken,
      async fetch(input, init) {
        if (String(input).endsWith('getApplication')) return Response.json({ signupFlow: 'none' });
        if (init?.body) sent.push(String(init.body));
        return fetch(input, init);
      },
    });
    done(await auth.signUp({ handle: 'hash@example.com', password: 'Grüße, Ada-1' }));
    done(await auth.logIn({ handle: 'hash@example.com', password: 'Grüße, Ada-1' }));
    assert.deepEqual(
      sent.map((body) => JSON.parse(body).password),
      Array(2).fill(createHash('md5').update('Grüße, Ada-1').digest('hex')),
    );
  });

  it('says what became of a request that got no answer', async () => {
    const app = await appWith({});
    const failing = (answer: () => unknown) => stage.device(app, { answer }).auth;
    const hanging = createAuth({
      url: stage.host.url,
      appToken: app.appToken,
      fetch: (_input, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    });
    const given = new AbortController();
    setTimeout(() => given.abort(), 20);
    const cases = [
      [hanging.app({ timeoutMs: 20 }), 'timeout'],
      [hanging.app({ signal: given.signal }), 'aborted'],
      [createAuth({ url: 'http://127.0.0.1:1', appToken: app.appToken }).app(), 'network'],
      [failing(() => new Response('<html>')).app(), 'bad_response'],
      [failing(() => new Response('<html>', { status: 404 })).app(), 'bad_response'],
      [failing(() => new Response('<html>', { status: 502 })).app(), 'unavailable'],
    ] as const;
    for (const [asked, code] of cases) assert.equal(codeIn(await asked), code);
    const limited = failing(() =>
      Response.json(
        { code: 429, message: 'too many requests', retryAfter: 7 },
        { status: 429, headers: { 'x-request-id': 'abc' } },
      ),
    );
    await assert.rejects(limited.orThrow.app(), (error) => {
      assert.ok(error instanceof AuthError);
      assert.deepEqual(
        [error.code, error.wire, error.retryAfter, error.requestId],
        ['too_many_requests', 429, 7, 'abc'],
      );
      return true;
    });
    assert.throws(() => createAuth({ url: stage.host.url, appToken: 'none' }), AuthError);
  });

  it('carries the JWT to other back ends', async () => {
    const { app: own, auth, storage } = await member('carrier@example.com');
    await storage.remove(`cosync.${own.id}.jwt`);
    const again = stage.device(own, { storage });
    assert.notEqual(await again.auth.token(), await auth.token());
    assert.deepEqual(again.heard, ['renewed']);
    let carried: string | null = null;
    const app = await appWith({});
    const fetching = createAuth({
      url: stage.host.url,
      appToken: app.appToken,
      fetch: async (input) => {
        carried = (input as Request).headers.get('authorization');
        return new Response('fine');
      },
    });
    assert.equal(await (await fetching.fetch('https://api.example.com/')).text(), 'fine');
    assert.equal(carried, null, 'nobody is logged in');
    const jwt = await auth.token();
    const { protocol } = new URL((await auth.fetch(`${stage.host.url}/openapi.json`)).url);
    assert.deepEqual([protocol, typeof jwt], ['http:', 'string']);
  });

  it('has a method for every route of users', () => {
    const ofUsers = Object.entries(stage.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security = [] }]) => security.some((way) => 'appToken' in way || 'accessToken' in way))
        .map(([method]) => `${method.toUpperCase()} ${path.replace('/api/appuser/', '')}`),
    );
    // That of back ends with a super-user token; files have a test of their own.
    const others = /^POST setAppData$|^\w+ \/api\/asset\b/;
    const missing = ofUsers.filter((route) => !stage.reached.has(route) && !others.test(route));
    assert.deepEqual(missing, []);
    assert.ok(ofUsers.length > 25);
  });
});
