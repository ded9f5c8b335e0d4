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
  userClient,
} from '../../support/appuser-client.ts';
import { otherCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const NEW = '0123456789abcdef0123456789abcdef';
const WRONG = 'f'.repeat(32);
/** MD5 of `123456`. */
const COMMON = 'e10adc3949ba59abbe56e057f20f883e';
const MINUTE = 60_000;

describe('passwords', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  async function account(settings: Partial<App> = {}, user: Partial<User> = {}) {
    const app = await host.createApp(settings);
    const created = await host.createUser(app, user);
    return { app, user: created, open: appClient(host, app), client: await loggedIn(host, app, created) };
  }
  const mails = async (app: App) => (await host.outbox()).filter((line) => line.appId === app.id);
  const codeOf = async (app: App) => (await mails(app)).at(-1)?.code ?? '';

  describe('forgotten', () => {
    it('are replaced with a mailed code, once', async () => {
      const { app, user, open } = await account();
      assertTrue(await open.post('forgotPassword', { handle: ' ADA@example.com ' }));
      const [mail] = await mails(app);
      assert.deepEqual([mail?.message, mail?.to], ['resetPassword', user.handle]);
      const code = await codeOf(app);
      const reset = { handle: user.handle, password: NEW, code };
      assertRefused(await open.post('resetPassword', { ...reset, code: otherCode(code) }), 602);
      assertTrue(await open.post('resetPassword', reset));
      assertRefused(await open.post('resetPassword', reset), 602, 'used');
      assertTokens(await open.post('login', { handle: user.handle, password: NEW }));
      assertRefused(await open.post('login', { handle: user.handle, password: PASSWORD }), 600);
    });

    it('can be asked for by user name and replaced by e-mail', async () => {
      const { app, user, open } = await account({ userNamesEnabled: true }, { userName: 'ada' });
      assertTrue(await open.post('forgotPassword', { handle: 'Ada' }));
      assert.equal((await mails(app))[0]?.to, user.handle);
      assertTrue(
        await open.post('resetPassword', { handle: user.handle, password: NEW, code: await codeOf(app) }),
      );
    });

    it('are replaced by a client that puts its app token into access-token', async () => {
      const { app, user, open } = await account();
      await open.post('forgotPassword', { handle: user.handle });
      const kotlin = userClient(host, app.appToken);
      assertTrue(
        await kotlin.post('resetPassword', { handle: user.handle, password: NEW, code: await codeOf(app) }),
      );
      assertRefused(await kotlin.post('changePassword', { password: NEW, newPassword: PASSWORD }), 405);
    });

    it('end access tokens and older codes with the reset, but not the second factor', async () => {
      const { app, user, open, client } = await account({ twoFactorVerification: 'google' });
      await client.post('setTwoFactorGoogleVerification', { twoFactor: true });
      await open.post('forgotPassword', { handle: user.handle });
      const first = await codeOf(app);
      await open.post('forgotPassword', { handle: user.handle });
      const reset = { handle: user.handle, password: NEW };
      assertRefused(await open.post('resetPassword', { ...reset, code: first }), 602, 'voided by the second');
      assertTrue(await open.post('resetPassword', { ...reset, code: await codeOf(app) }));
      assertRefused(await client.get('getUser'), 405);
      const login = await open.post('login', { handle: user.handle, password: NEW });
      assert.deepEqual(Object.keys(login.body), ['login-token']);
    });

    it('end the wait of the account with the reset', async () => {
      const { app, user, open } = await account();
      for (let guess = 0; guess < 6; guess++) {
        assertRefused(await open.post('login', { handle: user.handle, password: WRONG }), 600);
      }
      assertRefused(await open.post('login', { handle: user.handle, password: PASSWORD }), 600, 'waits');
      await open.post('forgotPassword', { handle: user.handle });
      await open.post('resetPassword', { handle: user.handle, password: NEW, code: await codeOf(app) });
      assertTokens(await open.post('login', { handle: user.handle, password: NEW }));
    });

    it('lift a lock by maxLoginAttempts with the reset', async () => {
      const { app, user, open } = await account({ maxLoginAttempts: 2 });
      for (let guess = 0; guess < 2; guess++) {
        await open.post('login', { handle: user.handle, password: WRONG });
      }
      assertRefused(await open.post('login', { handle: user.handle, password: PASSWORD }), 404, 'locked');
      await open.post('forgotPassword', { handle: user.handle });
      assertTrue(
        await open.post('resetPassword', { handle: user.handle, password: NEW, code: await codeOf(app) }),
      );
      assertTokens(await open.post('login', { handle: user.handle, password: NEW }));
    });

    it('need a code not older than an hour and not guessed at five times', async () => {
      const { app, user, open } = await account();
      await open.post('forgotPassword', { handle: user.handle });
      const reset = { handle: user.handle, password: NEW };
      const old = await codeOf(app);
      host.clock.advance(60 * MINUTE + 1000);
      assertRefused(await open.post('resetPassword', { ...reset, code: old }), 602, 'expired');
      await open.post('forgotPassword', { handle: user.handle });
      const code = await codeOf(app);
      for (let guess = 0; guess < 5; guess++) {
        assertRefused(await open.post('resetPassword', { ...reset, code: otherCode(code) }), 602);
      }
      assertRefused(await open.post('resetPassword', { ...reset, code }), 602, 'void');
    });

    it('are unknown to social, anonymous and absent accounts alike', async () => {
      const social = { loginProvider: 'google', socialUserId: '1' } as const;
      const { app, open } = await account({ userNamesEnabled: true }, social);
      await host.createUser(app, { handle: 'ANON_1', userName: 'somebody' });
      for (const handle of ['ada@example.com', 'ANON_1', 'somebody', 'nobody@example.com', 'nobody']) {
        assertRefused(await open.post('forgotPassword', { handle }), 603, handle);
      }
      const unnamed = await account();
      assertRefused(await unnamed.open.post('forgotPassword', { handle: 'ada' }), 606);
      assert.deepEqual(await mails(app), []);
    });

    it('tell nothing apart where the app hides accounts', async () => {
      const { app, user, open } = await account({ hideAccounts: true });
      assertTrue(await open.post('forgotPassword', { handle: 'nobody@example.com' }));
      assertTrue(await open.post('forgotPassword', { handle: user.handle }));
      assert.equal((await mails(app)).length, 1);
    });

    it('are mailed at most five codes an hour, ten a day', async () => {
      const { app, user, open } = await account();
      const ask = async (times: number) => {
        for (let call = 0; call < times; call++) {
          assertTrue(await open.post('forgotPassword', { handle: user.handle }));
        }
        return (await mails(app)).length;
      };
      assert.equal(await ask(7), 5);
      host.clock.advance(61 * MINUTE);
      assert.equal(await ask(7), 10);
      host.clock.advance(61 * MINUTE);
      assert.equal(await ask(7), 10);
    });

    it('answer an unknown account exactly like a wrong code', async () => {
      const { app, user, open } = await account();
      await open.post('forgotPassword', { handle: user.handle });
      const code = otherCode(await codeOf(app));
      const wrong = await open.post('resetPassword', { handle: user.handle, password: NEW, code });
      for (const handle of ['nobody@example.com', 'nobody']) {
        const unknown = await open.post('resetPassword', { handle, password: NEW, code });
        assert.deepEqual([unknown.status, unknown.text], [wrong.status, wrong.text], handle);
      }
    });

    it('are asked for and replaced by SMS in a phone app', async () => {
      const { app, user, open } = await account({ handleType: 'phone' }, { handle: '+15551230200' });
      assertTrue(await open.post('forgotPassword', { handle: '+1 (555) 123-0200' }));
      const [sms] = await mails(app);
      assert.deepEqual([sms?.channel, sms?.message, sms?.to], ['sms', 'resetPassword', user.handle]);
      assertTrue(await open.post('resetPassword', { handle: user.handle, password: NEW, code: sms?.code }));
    });
  });

  describe('changed', () => {
    it('end every access token, the own one too', async () => {
      const { app, user, open, client } = await account();
      const other = await loggedIn(host, app, user);
      assertTrue(await client.post('changePassword', { password: PASSWORD, newPassword: NEW }));
      assertRefused(await client.get('getUser'), 405);
      assertRefused(await other.get('getUser'), 405);
      assertTokens(await open.post('login', { handle: user.handle, password: NEW }));
    });

    it('count wrong current ones on their own, together with those of a deletion', async () => {
      const { user, open, client } = await account();
      for (let guess = 0; guess < 5; guess++) {
        assertRefused(await client.post('changePassword', { password: WRONG, newPassword: NEW }), 602);
      }
      assertRefused(await client.post('changePassword', { password: PASSWORD, newPassword: NEW }), 602);
      const mine = { handle: user.handle, password: PASSWORD };
      assertRefused(await client.post('deleteAccount', mine), 600, 'waits as well');
      assertTokens(await open.post('login', mine), 'a log-in does not');
      host.clock.advance(16 * MINUTE);
      assertTrue(await client.post('changePassword', { password: PASSWORD, newPassword: NEW }));
    });
  });

  it('refuses in the order of the contract', async () => {
    const { app, user, open, client } = await account({ refuseCommonPasswords: true });
    const change = (password: unknown, newPassword: unknown) =>
      client.post('changePassword', { password, newPassword });
    assertRefused(await client.post('changePassword', { password: PASSWORD }), 602, 'missing');
    assertRefused(
      await open.post('changePassword', { password: PASSWORD, newPassword: NEW }),
      602,
      'no user',
    );
    assertRefused(await change(PASSWORD, PASSWORD), 602, 'the same');
    assertRefused(await change(PASSWORD, 'short'), 602);
    assertRefused(await change(PASSWORD, 'x'.repeat(32)), 602, 'no hex digits');
    assertRefused(await change(PASSWORD, COMMON), 602, 'common');
    assertRefused(await change(WRONG, NEW), 602, 'wrong');
    const nobody = (route: string) => host.request('POST', `/api/appuser/${route}`, { json: {} });
    assertRefused(await nobody('forgotPassword'), 403);
    assertRefused(await nobody('resetPassword'), 403);
    assertRefused(await open.post('forgotPassword'), 403);
    assertRefused(await open.post('forgotPassword', { handle: 7 }), 602);
    assertRefused(await open.post('resetPassword', { handle: user.handle, password: NEW }), 403);
    const reset = { handle: user.handle, password: NEW, code: '123456' };
    assertRefused(await open.post('resetPassword', { ...reset, password: 'short' }), 602);
    assertRefused(await open.post('resetPassword', { ...reset, code: 'abcdef' }), 602);
    assertRefused(await open.post('resetPassword', reset), 602, 'no code was sent');
    await open.post('forgotPassword', { handle: user.handle });
    const code = await codeOf(app);
    assertRefused(await open.post('resetPassword', { ...reset, code, password: COMMON }), 602);
    assertTrue(await open.post('resetPassword', { ...reset, code }), 'the code was not burnt');
    for (const [status, refused] of [
      ['blocked', 402],
      ['migrated', 413],
    ] as const) {
      const stopped = await account({ status });
      assertRefused(await stopped.open.post('forgotPassword', { handle: 'ada' }), refused);
      assertRefused(await stopped.open.post('resetPassword', reset), refused);
      assertRefused(
        await stopped.client.post('changePassword', { password: PASSWORD, newPassword: NEW }),
        refused,
      );
    }
    const suspended = await account({}, { status: 'suspend' });
    assertRefused(
      await suspended.client.post('changePassword', { password: PASSWORD, newPassword: NEW }),
      404,
    );
  });
});
