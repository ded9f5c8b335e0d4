import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sweep } from '../../server/domain/housekeeping.ts';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { appClient, assertTokens, assertTrue, loggedIn, userClient } from '../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { type Answer, PASSWORD } from '../support/host.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SECOND_MS = 1_000;
const GOOGLE = 'setTwoFactorGoogleVerification';

describeOnBothStores('a host whose clock jumps', (host) => {
  const now = () => host().clock.now();

  async function enrolled(): Promise<{ app: App; user: User; secret: string; recoveryCodes: string[] }> {
    const app = await host().createApp({ twoFactorVerification: 'google' });
    const user = await host().createUser(app);
    const { body } = await (await loggedIn(host(), app, user)).post(GOOGLE, { twoFactor: true });
    return { app, user, secret: body.googleSecretKey, recoveryCodes: body.recoveryCodes };
  }
  async function loginToken(app: App, user: User): Promise<string> {
    const { body } = await appClient(host(), app).post('login', { handle: user.handle, password: PASSWORD });
    return body['login-token'];
  }
  async function codeFor(handle: string, message: string): Promise<string> {
    const lines = (await host().outbox()).filter((line) => line.to === handle && line.message === message);
    return String(lines.at(-1)?.code);
  }

  const drifts = { 30: true, '-30': true, 90: false, '-90': false };
  for (const [seconds, fits] of Object.entries(drifts)) {
    it(`${fits ? 'takes' : 'refuses'} the code of an authenticator that is ${seconds} s off`, async () => {
      const { app, user, secret } = await enrolled();
      const code = authenticatorCode(secret, now() + Number(seconds) * SECOND_MS);
      const answer = await appClient(host(), app).post('loginComplete', {
        loginToken: await loginToken(app, user),
        code,
      });
      assert.equal(answer.status, fits ? 200 : 400);
    });
  }

  /** What can be used once: uses it up, and answers how somebody would try it again. */
  const spent: Record<string, () => Promise<() => Promise<Answer>>> = {
    async 'the code of a signup'() {
      const app = await host().createApp();
      const client = appClient(host(), app);
      const handle = 'signup@example.com';
      assertTrue(await client.post('signup', { handle, password: PASSWORD }));
      const complete = { handle, code: await codeFor(handle, 'signUp') };
      assertTokens(await client.post('completeSignup', complete));
      return () => client.post('completeSignup', complete);
    },
    async 'the code of a reset'() {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const client = appClient(host(), app);
      assertTrue(await client.post('forgotPassword', { handle: user.handle }));
      const code = await codeFor(user.handle, 'resetPassword');
      const reset = { handle: user.handle, password: PASSWORD, code };
      assertTrue(await client.post('resetPassword', reset));
      return () => client.post('resetPassword', reset);
    },
    async 'a code that five wrong tries voided'() {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const client = appClient(host(), app);
      assertTrue(await client.post('forgotPassword', { handle: user.handle }));
      const code = await codeFor(user.handle, 'resetPassword');
      const reset = { handle: user.handle, password: PASSWORD, code };
      for (let n = 0; n < 5; n++) await client.post('resetPassword', { ...reset, code: otherCode(code) });
      return () => client.post('resetPassword', reset);
    },
    async 'a login token'() {
      const { app, user, recoveryCodes } = await enrolled();
      const client = appClient(host(), app);
      const token = await loginToken(app, user);
      assertTokens(await client.post('loginComplete', { loginToken: token, code: recoveryCodes.pop() }));
      return () => client.post('loginComplete', { loginToken: token, code: recoveryCodes.pop() });
    },
    async 'a login token that five wrong codes voided'() {
      const { app, user, recoveryCodes } = await enrolled();
      const client = appClient(host(), app);
      const token = await loginToken(app, user);
      for (let n = 0; n < 5; n++)
        await client.post('loginComplete', { loginToken: token, code: '0000000000' });
      return () => client.post('loginComplete', { loginToken: token, code: recoveryCodes.pop() });
    },
    async 'a time step of an authenticator'() {
      const { app, user, secret } = await enrolled();
      const client = appClient(host(), app);
      const code = authenticatorCode(secret, now());
      const use = async () => client.post('loginComplete', { loginToken: await loginToken(app, user), code });
      assertTokens(await use());
      return use;
    },
    async 'an access token that was renewed'() {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const mine = await host().accessToken(app, user);
      const renewed = assertTokens(await userClient(host(), mine).post('renew'));
      host().clock.advance(MINUTE_MS);
      return async () => {
        assert.equal((await userClient(host(), renewed).get('getUser')).status, 200);
        return userClient(host(), mine).get('getUser');
      };
    },
    async 'an access token that was logged out'() {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const mine = await host().accessToken(app, user);
      host().clock.advance(host().deps.config.accessTokenDays * 24 * HOUR_MS - HOUR_MS / 2);
      assertTrue(await userClient(host(), mine).post('logout'));
      return async () => {
        // Each log-out may tidy the list of those before it.
        assertTrue(await (await loggedIn(host(), app, user)).post('logout'));
        return userClient(host(), mine).get('getUser');
      };
    },
  };
  for (const [what, use] of Object.entries(spent)) {
    it(`never takes ${what} again`, async () => {
      const again = await use();
      const assertStillSpent = async (when: string) => {
        await sweep(host().deps);
        assert.equal((await again()).status, 400, when);
      };
      await assertStillSpent('at once');
      host().clock.advance(HOUR_MS);
      await assertStillSpent('an hour ahead');
      host().clock.advance(-HOUR_MS);
      await assertStillSpent('back again');
      host().clock.advance(-HOUR_MS);
      await assertStillSpent('an hour behind');
      host().clock.advance(HOUR_MS);
    });
  }

  it('keeps refusing a code that it has refused as expired', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app);
    const client = appClient(host(), app);
    assertTrue(await client.post('forgotPassword', { handle: user.handle }));
    const code = await codeFor(user.handle, 'resetPassword');
    const reset = () => client.post('resetPassword', { handle: user.handle, password: PASSWORD, code });
    for (const jump of [HOUR_MS, -HOUR_MS]) {
      host().clock.advance(jump);
      assert.equal((await reset()).body.code, 602);
    }
  });

  it('goes on serving everybody who is logged in, an hour ahead and an hour behind', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app);
    const client = await loggedIn(host(), app, user);
    for (const jump of [HOUR_MS, -2 * HOUR_MS, HOUR_MS]) {
      host().clock.advance(jump);
      assert.equal((await client.get('getUser')).status, 200);
      const login = { handle: user.handle, password: PASSWORD };
      const fresh = assertTokens(await appClient(host(), app).post('login', login));
      assert.equal((await userClient(host(), fresh).get('getUser')).status, 200);
    }
  });
});
