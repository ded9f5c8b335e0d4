import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recountSeats } from '../../../server/domain/users/seats.ts';
import type { App } from '../../../server/model/app.ts';
import { appClient, assertRefused, assertTokens, loggedIn } from '../../support/appuser-client.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';

const AUDIENCE = 'com.example.app';
const HANDLE = 'ada@example.com';

describe('log-in with Apple and Google', () => {
  let host: TestHost;
  let providers: Record<'apple' | 'google', IdentityProvider>;
  before(async () => {
    const [apple, google] = [await startIdentityProvider(), await startIdentityProvider()];
    providers = { apple, google };
    host = await startTestHost({
      config: {
        appleIssuer: apple.issuer,
        appleJwksUrl: apple.jwksUrl,
        googleIssuer: google.issuer,
        googleJwksUrl: google.jwksUrl,
      },
    });
  });
  after(async () => {
    await host?.stop();
    await Promise.all([providers.apple.close(), providers.google.close()]);
  });

  const socialApp = (settings: Partial<App> = {}) =>
    host.createApp({
      appleLoginEnabled: true,
      appleBundleId: `com.example.web, ${AUDIENCE}`,
      googleLoginEnabled: true,
      googleClientId: AUDIENCE,
      ...settings,
    });
  const identity = (provider: 'apple' | 'google', claims: Record<string, unknown> = {}) =>
    providers[provider].token(host.clock.now(), {
      aud: AUDIENCE,
      sub: `${provider}-1`,
      email: HANDLE,
      email_verified: true,
      ...claims,
    });
  const signUp = (app: App, provider: 'apple' | 'google', more: Record<string, unknown> = {}) =>
    appClient(host, app).post('socialSignup', {
      provider,
      token: identity(provider),
      handle: HANDLE,
      ...more,
    });
  const logIn = (app: App, provider: 'apple' | 'google', token = identity(provider)) =>
    appClient(host, app).post('socialLogin', { provider, token });

  it('tells only whose mailbox it is that a handle is taken, in an app that hides accounts', async () => {
    const app = await socialApp({ hideAccounts: true });
    await host.createUser(app, { handle: HANDLE });
    assertRefused(await signUp(app, 'google', { token: 'x.y.z' }), 613, 'of somebody');
    assertRefused(
      await signUp(app, 'google', { token: 'x.y.z', handle: 'bo@example.com' }),
      613,
      'of nobody',
    );
    assertRefused(await signUp(app, 'google'), 610, 'of the owner');
  });

  it('leaves nothing of what others asked for with that address', async () => {
    const app = await socialApp();
    const client = appClient(host, app);
    for (const digit of ['e', 'f']) {
      await client.post('signup', { handle: HANDLE, password: digit.repeat(32), metaData: '{}' });
    }
    const code = (await host.outbox()).findLast(({ appId }) => appId === app.id)?.code;
    assertTokens(await signUp(app, 'google'));
    const signup = await host.deps.store.signups.findByHandle(app.id, HANDLE);
    assert.deepEqual(
      [signup?.status, signup?.code, signup?.requests, signup?.passwordHash],
      ['active', undefined, undefined, undefined],
    );
    assertRefused(await client.post('completeSignup', { handle: HANDLE, code }), 602);
    assertRefused(await client.post('login', { handle: HANDLE, password: 'e'.repeat(32) }), 600);
    assertTokens(await logIn(app, 'google'));
  });

  for (const provider of ['apple', 'google'] as const) {
    it(`signs up and logs in with ${provider}, by subject even when the e-mail changed`, async () => {
      const app = await socialApp();
      assertRefused(await logIn(app, provider), 603);
      assertTokens(await signUp(app, provider, { handle: ' Ada@Example.com ' }));
      const user = await host.deps.store.users.findByHandle(app.id, HANDLE);
      assert.deepEqual([user?.loginProvider, user?.socialUserId], [provider, `${provider}-1`]);
      const signup = await host.deps.store.signups.findByHandle(app.id, HANDLE);
      assert.deepEqual([signup?.status, signup?.signupProvider], ['active', provider]);
      assertTokens(await logIn(app, provider));
      assertTokens(await logIn(app, provider, identity(provider, { email: 'new@example.com' })));
      assertTokens(await logIn(app, provider, identity(provider, { email: undefined })));
      const mails = (await host.outbox()).filter((line) => line.appId === app.id);
      assert.deepEqual(
        mails.map(({ message, to }) => [message, to]),
        [['signUpSuccess', HANDLE]],
      );
    });
  }

  it('makes an account in the first language of an app that has not the one asked for', async () => {
    const app = await socialApp({ locales: ['DE', 'PT', 'EN'] });
    const made = async (locale: string, handle: string) => {
      const claims = { sub: `google-${handle}`, email: handle };
      const token = identity('google', claims);
      assertTokens(await signUp(app, 'google', { locale, handle, token }));
      return (await host.deps.store.users.findByHandle(app.id, handle))?.locale;
    };
    assert.equal(await made('fr-CA', 'fr@example.com'), 'DE');
    assert.equal(await made('pt_BR', 'pt@example.com'), 'PT');
  });

  it('counts the text "true" as a verified e-mail, as Apple writes it', async () => {
    const app = await socialApp();
    assertTokens(await signUp(app, 'apple', { token: identity('apple', { email_verified: 'true' }) }));
  });

  it('takes a handle that Swift did not escape', async () => {
    const app = await socialApp({
      metaData: [{ id: '1', path: 'user_data.name.first', fieldName: 'first', required: true }],
    });
    const token = identity('google', { email: 'ada+news@example.com' });
    const body = `token=${token}&handle=ada+news@example.com&provider=google&metaData={"user_data":{"name":{"first":"Ada"}}}&locale=EN`;
    assertTokens(await appClient(host, app).postRaw('/api/appuser/socialSignup', body));
    assert.ok(await host.deps.store.users.findByHandle(app.id, 'ada+news@example.com'));
  });

  it('never takes over an account of another kind', async () => {
    const app = await socialApp();
    await host.createUser(app, { handle: HANDLE });
    assertRefused(await logIn(app, 'google'), 610);
    assertRefused(await signUp(app, 'google'), 610);
    const google = await socialApp();
    await signUp(google, 'google');
    assertRefused(await logIn(google, 'apple'), 612);
    assertRefused(await signUp(google, 'apple'), 612);
    const apple = await socialApp();
    await signUp(apple, 'apple');
    assertRefused(await logIn(apple, 'google'), 611);
    assertRefused(await signUp(apple, 'google'), 611);
  });

  it('does not match by an e-mail that is not verified, or was somebody else’s', async () => {
    const app = await socialApp();
    await signUp(app, 'google');
    const unverified = { sub: 'google-2', email_verified: false };
    assertRefused(await logIn(app, 'google', identity('google', unverified)), 603);
    assertRefused(
      await logIn(app, 'google', identity('google', { sub: 'google-2' })),
      603,
      'recycled address',
    );
    const another = { handle: 'bo@example.com', token: identity('google', { email: 'bo@example.com' }) };
    assertRefused(await signUp(app, 'google', another), 612, 'the subject has an account');
    const stranger = {
      handle: 'cy@example.com',
      token: identity('google', { ...unverified, email: 'cy@example.com' }),
    };
    assertRefused(await signUp(app, 'google', stranger), 613);
  });

  it('refuses identity tokens that are not for this app, not now or not from the provider', async () => {
    const app = await socialApp();
    await signUp(app, 'google');
    const seconds = Math.floor(host.clock.now() / 1000);
    const tokens = {
      'other audience': identity('google', { aud: 'com.example.other' }),
      'other issuer': identity('google', { iss: 'https://accounts.example.com' }),
      expired: identity('google', { exp: seconds - 3600, iat: seconds - 7200 }),
      'no subject': identity('google', { sub: undefined }),
      'no expiry': identity('google', { exp: undefined }),
      'key of the other provider': identity('apple', { iss: providers.google.issuer, sub: 'google-1' }),
      'no token': 'nonsense',
    };
    for (const [name, token] of Object.entries(tokens)) {
      assertRefused(await logIn(app, 'google', token), 613, name);
    }
  });

  it('checks a nonce when the client sends one', async () => {
    const app = await socialApp();
    await signUp(app, 'google');
    const token = identity('google', { nonce: 'n-1' });
    const withNonce = (nonce: string) =>
      appClient(host, app).post('socialLogin', { provider: 'google', token, nonce });
    assertTokens(await withNonce('n-1'));
    assertRefused(await withNonce('n-2'), 613);
  });

  it('hides whether an account exists where the app says so', async () => {
    const app = await socialApp({ hideAccounts: true });
    assertRefused(await logIn(app, 'google'), 600);
  });

  it('is a factor of its own, but lets no suspended user in', async () => {
    const app = await socialApp({ twoFactorVerification: 'google' });
    await signUp(app, 'google');
    const user = await host.deps.store.users.findByHandle(app.id, HANDLE);
    assert.ok(user);
    await (await loggedIn(host, app, user)).post('setTwoFactorGoogleVerification', { twoFactor: true });
    assertTokens(await logIn(app, 'google'));
    const current = await host.deps.store.users.find(app.id, user.id);
    if (current) await host.deps.store.users.replace({ ...current, status: 'suspend' });
    assertRefused(await logIn(app, 'google'), 404);
  });

  it('makes one account of simultaneous sign-ups', async () => {
    const app = await socialApp();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signUp(app, 'google')));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal((await host.deps.store.users.count(app.id)).total, 1);
  });

  it('refuses in the order of the contract', async () => {
    const required = [{ id: '1', path: 'name', fieldName: 'name', required: true }];
    const app = await socialApp({ metaData: required });
    const off = await host.createApp({ appleLoginEnabled: true, googleClientId: AUDIENCE });
    const closed = await socialApp({ signupEnabled: false, appleLoginEnabled: false });
    const full = await socialApp({ maxUsers: 1 });
    await host.createUser(full, { handle: 'first@example.com' });
    await recountSeats(host.deps, full);
    const nobody = (route: string) => host.request('POST', `/api/appuser/${route}`, { json: {} });
    assertRefused(await nobody('socialSignup'), 400);
    assertRefused(await nobody('socialLogin'), 403);
    assertRefused(await appClient(host, app).post('socialLogin', { provider: 'google' }), 403);
    assertRefused(await signUp(app, 'google', { handle: undefined }), 403);
    assertRefused(await signUp(app, 'google', { provider: 'github' }), 602);
    assertRefused(await signUp(closed, 'apple'), 407, 'before the provider');
    assertRefused(await logIn(off, 'apple', 'x'), 415);
    assertRefused(await logIn(off, 'google', 'x'), 416);
    assertRefused(await signUp(off, 'google', { handle: 'nonsense' }), 416, 'before the handle');
    assertRefused(await signUp(app, 'google', { handle: 'nonsense' }), 602);
    assertRefused(await signUp(app, 'google', { metaData: '{' }), 602, 'no JSON');
    assertRefused(await signUp(app, 'google', { token: 'x' }), 604, 'required path absent, before the token');
    assertRefused(await signUp(app, 'google', { token: 'x', metaData: '{"name":"Ada"}' }), 613);
    assertRefused(await signUp(full, 'google'), 407, 'full');
    for (const [status, code] of [
      ['suspended', 402],
      ['migrated', 413],
    ] as const) {
      const stopped = await socialApp({ status });
      assertRefused(await logIn(stopped, 'google'), code);
      assertRefused(await signUp(stopped, 'google'), code);
    }
  });
});
