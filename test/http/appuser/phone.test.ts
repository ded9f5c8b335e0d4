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
import { otherCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const SWITCH = 'setTwoFactorPhoneVerification';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let numbers = 0;
/** A number nobody has yet. */
const aNumber = () => `+1555123${String(1000 + numbers++)}`;

describe('phone numbers and the SMS factor', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const phoneApp = (settings: Partial<App> = {}) =>
    host.createApp({ twoFactorVerification: 'phone', ...settings });
  const stored = (user: User) => host.deps.store.users.find(user.appId, user.id);
  const sentTo = async (phone: string) => (await host.outbox()).filter(({ to }) => to === phone);
  const lastCode = async (phone: string) => (await sentTo(phone)).at(-1)?.code ?? '';
  async function guarded(settings: Partial<User> = {}) {
    const app = await phoneApp();
    const phone = aNumber();
    const user = await host.createUser(app, {
      phone,
      phoneVerified: true,
      twoFactorPhone: true,
      ...settings,
    });
    return { app, phone, user, client: await loggedIn(host, app, user) };
  }
  async function startLogin(app: App, user: User): Promise<string> {
    const { body } = await appClient(host, app).post('login', { handle: user.handle, password: PASSWORD });
    return body['login-token'];
  }

  it('puts a number in force with the code that was sent to it, once', async () => {
    const app = await phoneApp();
    const user = await host.createUser(app);
    const client = await loggedIn(host, app, user);
    const phone = aNumber();
    assertTrue(await client.post('setPhone', { phone }));
    assert.notEqual((await stored(user))?.phone, phone);
    const code = await lastCode(phone);
    assert.match(code, /^[1-9]\d{5}$/);
    assertRefused(await client.post('verifyPhone', { code: otherCode(code) }), 602, 'wrong');
    assertTrue(await client.post('verifyPhone', { code: Number(code) }));
    const after = await stored(user);
    assert.deepEqual([after?.phone, after?.phoneVerified, after?.pendingPhone], [phone, true, undefined]);
    assertRefused(await client.post('verifyPhone', { code }), 602, 'used');
    assertRefused(await client.post('verifyPhone', { code: 0 }), 602, 'zero');
  });

  it('forgets the number that waits when another one is asked for but no more codes may be sent', async () => {
    const app = await phoneApp();
    const user = await host.createUser(app);
    const client = await loggedIn(host, app, user);
    const [first, second] = [aNumber(), aNumber()];
    for (let sent = 0; sent < 5; sent++) assertTrue(await client.post('setPhone', { phone: first }));
    const code = await lastCode(first);
    assertTrue(await client.post('setPhone', { phone: first }));
    assert.equal(
      (await stored(user))?.pendingPhone,
      first,
      'what was mailed to the same number still counts',
    );
    assertTrue(await client.post('setPhone', { phone: second }));
    assert.deepEqual(await sentTo(second), []);
    assertRefused(await client.post('verifyPhone', { code }), 602);
    assert.equal((await stored(user))?.phone, undefined);
  });

  it('reads the spellings of shipped clients as one number', async () => {
    const spellings = [
      ['form with a raw plus', 'phone=+15551230001', '+15551230001'],
      ['blanks and dashes', 'phone=%2B1 (555) 123-0002', '+15551230002'],
      ['no plus', 'phone=15551230003', '+15551230003'],
    ] as const;
    for (const [name, body, phone] of spellings) {
      const app = await phoneApp();
      const client = await loggedIn(host, app, await host.createUser(app));
      assertTrue(await client.postRaw('/api/appuser/setPhone', body), name);
      assert.equal((await sentTo(phone)).length, 1, name);
    }
    const app = await phoneApp();
    const client = await loggedIn(host, app, await host.createUser(app));
    for (const phone of ['12345', 'call me', `+${'1'.repeat(16)}`, 15551230001, ['+15551230001']]) {
      assertRefused(await client.post('setPhone', { phone }), 602, String(phone));
    }
  });

  it('lets a code live for ten minutes and five tries', async () => {
    const app = await phoneApp();
    const user = await host.createUser(app);
    const phone = aNumber();
    await (await loggedIn(host, app, user)).post('setPhone', { phone });
    host.clock.advance(10 * MINUTE + 1000);
    const client = await loggedIn(host, app, user);
    assertRefused(await client.post('verifyPhone', { code: await lastCode(phone) }), 602, 'expired');
    await client.post('setPhone', { phone });
    const code = await lastCode(phone);
    for (let guess = 0; guess < 5; guess++) {
      assertRefused(await client.post('verifyPhone', { code: otherCode(code) }), 602);
    }
    assertRefused(await client.post('verifyPhone', { code }), 602, 'void after five tries');
  });

  it('gives a number to one user of an app', async () => {
    const app = await phoneApp();
    const [ada, bo] = [
      await host.createUser(app, { handle: 'ada@example.com' }),
      await host.createUser(app, { handle: 'bo@example.com' }),
    ];
    const [adas, bos] = [await loggedIn(host, app, ada), await loggedIn(host, app, bo)];
    const phone = aNumber();
    await adas.post('setPhone', { phone });
    const adasCode = await lastCode(phone);
    assertTrue(await bos.post('setPhone', { phone }), 'not verified by anybody yet');
    assertTrue(await bos.post('verifyPhone', { code: await lastCode(phone) }));
    assertRefused(await adas.post('verifyPhone', { code: adasCode }), 412, 'somebody was first');
    assertRefused(await adas.post('setPhone', { phone }), 412);
    assertTrue(await bos.post('setPhone', { phone }), 'the own number');
  });

  it('keeps the number in force, and its factor, until a new one is verified', async () => {
    const { app, phone, user, client } = await guarded();
    const next = aNumber();
    assertTrue(await client.post('setPhone', { phone: next }));
    assert.ok(await startLogin(app, user), 'a code is still due');
    assert.equal((await sentTo(phone)).length, 1);
    assertTrue(await client.post('verifyPhone', { code: await lastCode(next) }));
    assert.equal((await stored(user))?.phone, next);
    const notices = (await host.outbox()).filter(({ message }) => message === 'factorChanged');
    assert.ok(notices.some(({ appId }) => appId === app.id));
  });

  it('replaces the number while SMS guards the account only with proof', async () => {
    const { app, phone, user, client } = await guarded();
    host.clock.advance(10 * MINUTE + 1000);
    const next = aNumber();
    assertRefused(await client.post('setPhone', { phone: next }), 602);
    await startLogin(app, user);
    const code = await lastCode(phone);
    assertRefused(await client.post('setPhone', { phone: next, code: otherCode(code) }), 602);
    assertTrue(await client.post('setPhone', { phone: next, code }));
    assert.equal((await sentTo(next)).length, 1);
    assertRefused(await client.post('setPhone', { phone: aNumber(), code }), 602, 'used');
  });

  it('switches the factor on with a verified number and off with proof', async () => {
    const app = await phoneApp();
    const user = await host.createUser(app);
    const client = await loggedIn(host, app, user);
    assertRefused(await client.post(SWITCH, { twoFactor: true }), 410);
    const phone = aNumber();
    await client.post('setPhone', { phone });
    await client.post('verifyPhone', { code: await lastCode(phone) });
    // Byte for byte as Swift clients send it.
    assertTrue(await client.postRaw(`//api/appuser/${SWITCH}`, 'twoFactor=true'));
    assert.ok(await startLogin(app, user));
    host.clock.advance(10 * MINUTE + 1000);
    assertRefused(await client.post(SWITCH, { twoFactor: false }), 602);
    assertTrue(await client.post(SWITCH, { twoFactor: false, code: await freshCode(app, user, phone) }));
    assert.equal(await startLogin(app, user), undefined);
  });
  async function freshCode(app: App, user: User, phone: string): Promise<string> {
    await startLogin(app, user);
    return lastCode(phone);
  }

  it('drops a number that waits when SMS begins to guard the account', async () => {
    const app = await phoneApp();
    const phone = aNumber();
    const user = await host.createUser(app, { phone, phoneVerified: true });
    const client = await loggedIn(host, app, user);
    const strangers = aNumber();
    await client.post('setPhone', { phone: strangers });
    assertTrue(await client.post(SWITCH, { twoFactor: true }));
    assertRefused(await client.post('verifyPhone', { code: await lastCode(strangers) }), 602);
    assert.equal((await stored(user))?.phone, phone);
  });

  it('can be switched off in an app that is no longer in mode phone', async () => {
    const { app, client } = await guarded();
    const current = await host.deps.store.apps.read(app.id);
    if (current) await host.deps.store.apps.replace({ ...current, twoFactorVerification: 'none' });
    assertRefused(await client.post(SWITCH, { twoFactor: true }), 409);
    assertRefused(await client.post('setPhone', { phone: aNumber() }), 409);
    assertTrue(await client.post(SWITCH, { twoFactor: 'false' }));
  });

  it('binds the code of a log-in to its login token', async () => {
    const { app, phone, user } = await guarded();
    const first = await startLogin(app, user);
    const firstCode = await lastCode(phone);
    const second = await startLogin(app, user);
    const secondCode = await lastCode(phone);
    const complete = (loginToken: string, code: unknown) =>
      appClient(host, app).post('loginComplete', { loginToken, code });
    assertRefused(await complete(first, secondCode), 600);
    assertRefused(await complete(first, firstCode), 600, 'voided by the second');
    for (const code of [[], '', {}]) {
      const { status } = await complete(second, code);
      assert.equal(status, 400);
    }
    assertTokens(await complete(second, secondCode));
    assertRefused(await complete(second, secondCode), 600, 'used');
  });

  it('sends at most five codes an hour to a user or a number and acts as if it had sent more', async () => {
    const { app, user, client } = await guarded();
    const budget = async (phone: string) => {
      for (let call = 0; call < 7; call++) assertTrue(await client.post('setPhone', { phone }));
      return (await sentTo(phone)).length;
    };
    const phone = aNumber();
    assert.equal(await budget(phone), 5);
    const other = await host.createUser(app, { handle: 'other@example.com' });
    assertTrue(await (await loggedIn(host, app, other)).post('setPhone', { phone }));
    assert.equal((await sentTo(phone)).length, 5, 'the number has had its codes');
    assert.ok(host.events.some((line) => line.event === 'code_limited'));

    for (let login = 0; login < 5; login++) assert.ok(await startLogin(app, user));
    host.clock.advance(MINUTE);
    const refused = await appClient(host, app).post('login', { handle: user.handle, password: PASSWORD });
    assertRefused(refused, 600, 'no code can be sent');
    host.clock.advance(HOUR);
    assert.ok(await startLogin(app, user));
  });

  it('answers 500 and keeps the number in force when the SMS cannot be sent', async () => {
    const mute = await startTestHost({ config: { sms: 'none' } });
    try {
      const app = await mute.createApp({ twoFactorVerification: 'phone' });
      const user = await mute.createUser(app, { phone: '+15551239999', phoneVerified: true });
      const client = await loggedIn(mute, app, user);
      assertRefused(await client.post('setPhone', { phone: aNumber() }), 500);
      assert.equal((await mute.deps.store.users.find(app.id, user.id))?.phone, '+15551239999');
    } finally {
      await mute.stop();
    }
  });

  it('refuses in the order of the contract', async () => {
    const app = await host.createApp();
    const client = await loggedIn(host, app, await host.createUser(app));
    const application = appClient(host, app);
    assertRefused(await application.post('setPhone', { phone: aNumber() }), 602, 'no user');
    assertRefused(await application.post('verifyPhone', {}), 602, 'no user');
    assertRefused(await client.post('setPhone'), 403, 'no number');
    assertRefused(await client.post('verifyPhone', { code: '' }), 403, 'no code');
    assertRefused(await client.post('verifyPhone', { code: '12 345' }), 602, 'no digits');
    assertRefused(await client.post('setPhone', { phone: 'nonsense' }), 409, 'mode goes before format');
    assertRefused(await client.post('verifyPhone', { code: '123456' }), 602, 'nothing to verify');
  });
});
