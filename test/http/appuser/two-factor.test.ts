import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  loggedIn,
} from '../../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const GOOGLE = 'setTwoFactorGoogleVerification';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Enrolled {
  app: App;
  user: User;
  secret: string;
  recoveryCodes: string[];
}

describe('TOTP', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  async function enrolled(settings: Partial<App> = {}): Promise<Enrolled> {
    const app = await host.createApp({ twoFactorVerification: 'google', ...settings });
    const user = await host.createUser(app);
    const { body } = await (await loggedIn(host, app, user)).post(GOOGLE, { twoFactor: true });
    return { app, user, secret: body.googleSecretKey, recoveryCodes: body.recoveryCodes };
  }
  async function loginToken({ app, user }: Enrolled): Promise<string> {
    const { body } = await appClient(host, app).post('login', { handle: user.handle, password: PASSWORD });
    assert.deepEqual(Object.keys(body), ['login-token']);
    return body['login-token'];
  }
  const complete = async (enrolment: Enrolled, code: string | number, token?: string) =>
    appClient(host, enrolment.app).post('loginComplete', {
      loginToken: token ?? (await loginToken(enrolment)),
      code,
    });
  const codeOf = ({ secret }: Enrolled, offset = 0) => authenticatorCode(secret, host.clock.now() + offset);
  const stored = ({ app, user }: Enrolled) => host.deps.store.users.find(app.id, user.id);
  const mailsTo = async (handle: string, message: string) =>
    (await host.outbox()).filter((line) => line.to === handle && line.message === message);

  it('fills no mailbox, however often somebody who has just logged in sets it up', async () => {
    const app = await host.createApp({ twoFactorVerification: 'google' });
    const user = await host.createUser(app, { handle: 'flooded@example.com' });
    const client = await loggedIn(host, app, user);
    for (let n = 0; n < 30; n++) {
      const { body } = await client.post(GOOGLE, { twoFactor: true });
      assert.ok(body.googleSecretKey, 'it is set up all the same');
    }
    const mails = async () => (await host.outbox()).filter(({ to }) => to === user.handle).length;
    assert.equal(await mails(), 20);
    host.clock.advance(60 * MINUTE);
    const again = await loggedIn(host, app, user);
    await again.post(GOOGLE, { twoFactor: true });
    assert.equal(await mails(), 22, 'the next hour tells anew');
  });

  it('answers the secret in groups of four, its QR code and ten recovery codes, and mails the QR code', async () => {
    const app = await host.createApp({ twoFactorVerification: 'google' });
    const user = await host.createUser(app, { handle: 'qr@example.com' });
    const { body } = await (await loggedIn(host, app, user)).post(GOOGLE, { twoFactor: 'true' });
    assert.deepEqual(Object.keys(body).sort(), [
      'QRDataImage',
      'googleSecretKey',
      'otpauth',
      'recoveryCodes',
    ]);
    assert.match(body.googleSecretKey, /^([a-z2-7]{4} ){7}[a-z2-7]{4}$/);
    assert.match(body.QRDataImage, /^data:image\/png;base64,iVBORw0KGgo/);
    assert.equal(new Set(body.recoveryCodes).size, 10);
    for (const code of body.recoveryCodes) assert.match(code, /^\d{10}$/);
    const [mail] = await mailsTo('qr@example.com', 'qrCode');
    assert.deepEqual(mail?.attachments, [
      { filename: 'QRCode.png', contentType: 'image/png', content: body.QRDataImage.split(',')[1] },
    ]);
  });

  it('asks for a code at log-in and takes it as text or number', async () => {
    const enrolment = await enrolled();
    assertTokens(await complete(enrolment, codeOf(enrolment)));
    host.clock.advance(30_000);
    const code = codeOf(enrolment);
    assertTokens(await complete(enrolment, code.startsWith('0') ? code : Number(code)));
  });

  it('accepts a time step once', async () => {
    const enrolment = await enrolled();
    const code = codeOf(enrolment);
    assertTokens(await complete(enrolment, code));
    assertRefused(await complete(enrolment, code), 600);
    assert.equal(
      host.events.filter((e) => e.event === 'totp_replayed' && e.userId === enrolment.user.id).length,
      1,
    );
    assertRefused(await complete(enrolment, codeOf(enrolment, -30_000)), 600, 'a step before the last one');
  });

  it('takes codes one step off, not three', async () => {
    for (const [offset, right] of [
      [-30_000, true],
      [30_000, true],
      [-90_000, false],
      [90_000, false],
    ] as const) {
      const enrolment = await enrolled();
      const answer = await complete(enrolment, codeOf(enrolment, offset));
      if (right) assertTokens(answer, `${offset}`);
      else assertRefused(answer, 600, `${offset}`);
    }
  });

  it('voids a login token with its first use, its fifth wrong code and after five minutes', async () => {
    const used = await enrolled();
    const token = await loginToken(used);
    assertTokens(await complete(used, codeOf(used), token));
    host.clock.advance(30_000);
    assertRefused(await complete(used, codeOf(used), token), 600, 'used');

    const guessed = await enrolled();
    const target = await loginToken(guessed);
    for (let guess = 0; guess < 5; guess++) {
      assertRefused(await complete(guessed, otherCode(codeOf(guessed)), target), 600);
    }
    host.clock.advance(MINUTE);
    assertRefused(await complete(guessed, codeOf(guessed), target), 600, 'guessed');
    assert.equal(
      host.events.filter((e) => e.event === 'code_exhausted' && e.userId === guessed.user.id).length,
      1,
    );

    const late = await enrolled();
    const old = await loginToken(late);
    host.clock.advance(5 * MINUTE + 1000);
    assertRefused(await complete(late, codeOf(late), old), 600, 'expired');
  });

  it('takes no other token for a login token', async () => {
    const enrolment = await enrolled();
    const { app, user } = enrolment;
    const other = await enrolled();
    const strangers = {
      text: 'no token',
      'access token': await host.accessToken(app, user),
      'app token': app.appToken,
      'server secret': host.serverSecret,
      "other app's login token": await loginToken(other),
    };
    for (const [name, token] of Object.entries(strangers)) {
      assertRefused(await complete(enrolment, codeOf(enrolment), token), 600, name);
    }
  });

  it('checks the factor the login token remembers, whatever the mode of the app became', async () => {
    const enrolment = await enrolled();
    const token = await loginToken(enrolment);
    const app = await host.deps.store.apps.read(enrolment.app.id);
    if (app) await host.deps.store.apps.replace({ ...app, twoFactorVerification: 'phone' });
    assertRefused(await complete(enrolment, otherCode(codeOf(enrolment)), token), 600);
    assertTokens(await complete(enrolment, codeOf(enrolment), token));
  });

  it('lets a recovery code pass once', async () => {
    const enrolment = await enrolled();
    const [first = '', second = ''] = enrolment.recoveryCodes;
    assertTokens(await complete(enrolment, first));
    assertRefused(await complete(enrolment, first), 600);
    assertTokens(await complete(enrolment, second));
    assert.equal((await stored(enrolment))?.recoveryCodes.length, 8);
  });

  it('replaces the secret only with a current code or a fresh log-in', async () => {
    const enrolment = await enrolled();
    const client = await loggedIn(host, enrolment.app, enrolment.user);
    assert.notEqual((await client.post(GOOGLE, { twoFactor: true })).body.googleSecretKey, enrolment.secret);
    const { totpSecret } = (await stored(enrolment)) ?? {};
    enrolment.secret = totpSecret ?? '';
    host.clock.advance(10 * MINUTE + 1000);
    assertRefused(await client.post(GOOGLE, { twoFactor: true }), 602, 'no code');
    const wrong = otherCode(codeOf(enrolment));
    assertRefused(await client.post(GOOGLE, { twoFactor: true, code: wrong }), 602, 'wrong code');
    assert.equal((await stored(enrolment))?.totpSecret, totpSecret);
    const replaced = await client.post(GOOGLE, { twoFactor: true, code: codeOf(enrolment) });
    assert.equal(replaced.status, 200);
    assert.notEqual((await stored(enrolment))?.totpSecret, totpSecret);
  });

  it('switches off with proof only, erases the secret and tells the owner by mail', async () => {
    const enrolment = await enrolled();
    const client = await loggedIn(host, enrolment.app, enrolment.user);
    host.clock.advance(10 * MINUTE + 1000);
    assertRefused(await client.post(GOOGLE, { twoFactor: false }), 602);
    const before = (await mailsTo(enrolment.user.handle, 'factorChanged')).length;
    assertTrue(await client.post(GOOGLE, { twoFactor: false, code: enrolment.recoveryCodes[0] }));
    const user = await stored(enrolment);
    assert.deepEqual(
      [user?.twoFactorTotp, user?.totpSecret, user?.totpLastStep, user?.recoveryCodes],
      [false, undefined, undefined, []],
    );
    assert.equal((await mailsTo(enrolment.user.handle, 'factorChanged')).length, before + 1);
    const login = { handle: enrolment.user.handle, password: PASSWORD };
    assertTokens(await appClient(host, enrolment.app).post('login', login));
    assertTrue(await client.post(GOOGLE, { twoFactor: false }), 'once more');
  });

  it('can be switched off in an app that is no longer in mode google', async () => {
    const enrolment = await enrolled();
    const app = await host.deps.store.apps.read(enrolment.app.id);
    if (app) await host.deps.store.apps.replace({ ...app, twoFactorVerification: 'none' });
    const client = await loggedIn(host, enrolment.app, enrolment.user);
    assertRefused(await client.post(GOOGLE, { twoFactor: true }), 408);
    assertTrue(await client.post(GOOGLE, { twoFactor: 'no' }));
  });

  it('ends pending log-ins with every change of factor or password, and keeps access tokens on a factor change', async () => {
    const changes: Record<string, (enrolment: Enrolled) => Promise<unknown>> = {
      'new secret': async ({ app, user }) =>
        (await loggedIn(host, app, user)).post(GOOGLE, { twoFactor: true }),
      'new password': async ({ app, user }) =>
        (await loggedIn(host, app, user)).post('changePassword', {
          password: PASSWORD,
          newPassword: '0'.repeat(32),
        }),
      'log out everywhere': async ({ app, user }) =>
        (await loggedIn(host, app, user)).post('logout', { everywhere: true }),
    };
    for (const [name, change] of Object.entries(changes)) {
      const enrolment = await enrolled();
      const token = await loginToken(enrolment);
      await change(enrolment);
      const { totpSecret } = (await stored(enrolment)) ?? {};
      const code = authenticatorCode(totpSecret ?? '', host.clock.now());
      assertRefused(await complete(enrolment, code, token), 600, name);
    }
    const enrolment = await enrolled();
    const client = await loggedIn(host, enrolment.app, enrolment.user);
    await client.post(GOOGLE, { twoFactor: true });
    assert.equal((await client.get('getUser')).status, 200);
  });

  it('refuses a user or app that stopped being active with its code', async () => {
    const suspended = await enrolled();
    const token = await loginToken(suspended);
    const user = await stored(suspended);
    if (user) await host.deps.store.users.replace({ ...user, status: 'suspend' });
    for (const code of [otherCode(codeOf(suspended)), codeOf(suspended)]) {
      assertRefused(await complete(suspended, code, token), 404);
    }
    for (const [status, code] of [
      ['inactive', 402],
      ['suspended', 402],
      ['blocked', 402],
      ['migrated', 413],
    ] as const) {
      const enrolment = await enrolled();
      const pending = await loginToken(enrolment);
      const app = await host.deps.store.apps.read(enrolment.app.id);
      if (app) await host.deps.store.apps.replace({ ...app, status });
      for (const sent of [otherCode(codeOf(enrolment)), codeOf(enrolment)]) {
        assertRefused(await complete(enrolment, sent, pending), code, status);
      }
    }
  });

  it('judges at most twenty wrong codes per user and day', async () => {
    const enrolment = await enrolled();
    for (let wrong = 0; wrong < 20; wrong++) {
      // Waits of the account pass, so that only the daily budget can refuse.
      host.clock.advance(16 * MINUTE);
      assertRefused(await complete(enrolment, otherCode(codeOf(enrolment))), 600);
    }
    host.clock.advance(16 * MINUTE);
    assertRefused(await complete(enrolment, codeOf(enrolment)), 600, 'right, but over the budget');
    host.clock.advance(DAY);
    assertTokens(await complete(enrolment, codeOf(enrolment)));
  });

  it('replaces recovery codes against a current code', async () => {
    const enrolment = await enrolled();
    const client = await loggedIn(host, enrolment.app, enrolment.user);
    assertRefused(await client.post('newRecoveryCodes'), 403);
    assertRefused(await client.post('newRecoveryCodes', { code: otherCode(codeOf(enrolment)) }), 602);
    const { body } = await client.post('newRecoveryCodes', { code: codeOf(enrolment) });
    assert.equal(new Set([...body.recoveryCodes, ...enrolment.recoveryCodes]).size, 20);
    assertRefused(await complete(enrolment, enrolment.recoveryCodes[0] ?? ''), 600, 'old one');
    assertTokens(await complete(enrolment, body.recoveryCodes[0]));
  });

  it('refuses in the order of the contract', async () => {
    const app = await host.createApp({ twoFactorVerification: 'none' });
    const user = await host.createUser(app);
    const client = await loggedIn(host, app, user);
    const application = appClient(host, app);
    assertRefused(await client.post('newRecoveryCodes', { code: '123456' }), 602, 'no factor is on');
    for (const route of [GOOGLE, 'setTwoFactorPhoneVerification']) {
      const mode = route === GOOGLE ? 408 : 409;
      assertRefused(await application.post(route, { twoFactor: true }), 602, 'no user');
      assertRefused(await client.post(route), 602, 'no switch');
      assertRefused(await client.post(route, { twoFactor: 1 }), 602, 'wrong type');
      assertRefused(await client.post(route, { twoFactor: true }), mode, 'mode of the app');
    }
    assertRefused(await client.post('loginComplete', { code: '123456' }), 403, 'no login token');
    for (const code of ['12345', '0x1234', [], true]) {
      assertRefused(await client.post('loginComplete', { loginToken: 'x', code }), 602, String(code));
    }
    assertRefused(await client.post('loginComplete', { loginToken: ['x'], code: '123456' }), 602, 'a list');
  });
});
