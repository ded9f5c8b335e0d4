import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { appClient, assertTrue, atOnce, loggedIn } from '../../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../../support/mongod.ts';

const TIMES = 200;
const NEW = '0123456789abcdef0123456789abcdef';

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`simultaneous uses on ${store}`, { skip }, () => {
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let host: TestHost;
    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      const mongoUrl = mongod?.url(`races_${process.pid}`);
      host = await startTestHost({ store, ...(mongoUrl && { mongoUrl }) });
    });
    after(async () => {
      await host?.stop();
      await mongod?.stop();
    });

    async function enrolled() {
      const app = await host.createApp({ twoFactorVerification: 'google' });
      const user = await host.createUser(app);
      const client = await loggedIn(host, app, user);
      const { body } = await client.post('setTwoFactorGoogleVerification', { twoFactor: true });
      const open = appClient(host, app);
      const startLogin = async () => {
        const login = await open.post('login', { handle: user.handle, password: PASSWORD });
        return login.body['login-token'] as string;
      };
      const code = () => authenticatorCode(body.googleSecretKey, host.clock.now());
      return { app, user, client, open, startLogin, code, recoveryCodes: body.recoveryCodes as string[] };
    }
    const lastCode = async (app: App) =>
      (await host.outbox()).findLast((line) => line.appId === app.id)?.code ?? '';

    it('lets one of 200 uses of a login token through', async () => {
      const { open, startLogin, code } = await enrolled();
      const loginToken = await startLogin();
      const { successes, refusals } = await atOnce(TIMES, () =>
        open.post('loginComplete', { loginToken, code: code() }),
      );
      assert.equal(successes.length, 1);
      assert.deepEqual(new Set(refusals.map(({ body }) => body.code)), new Set([600]));
    });

    it('lets one of many login tokens use a time step, and one a recovery code', async () => {
      const { open, startLogin, code, recoveryCodes } = await enrolled();
      for (const proof of [code(), recoveryCodes[0]]) {
        const tokens = await Promise.all(Array.from({ length: 20 }, startLogin));
        const { successes } = await atOnce(tokens.length, (index) =>
          open.post('loginComplete', { loginToken: tokens[index], code: proof }),
        );
        assert.equal(successes.length, 1);
        host.clock.advance(16 * 60_000);
      }
    });

    it('judges at most five of 500 guesses at a login token', async () => {
      const { user, open, startLogin, code } = await enrolled();
      const loginToken = await startLogin();
      const judged = () =>
        host.events.filter((e) => e.event === 'login_failed' && e.userId === user.id && e.reason === 'code')
          .length;
      const { successes } = await atOnce(500, () =>
        open.post('loginComplete', { loginToken, code: otherCode(code()) }),
      );
      assert.deepEqual([successes.length, judged()], [0, 5]);
    });

    it('makes one account of 200 uses of an invite', async () => {
      const app = await host.createApp();
      const sender = await host.createUser(app, { handle: 'sender@example.com' });
      await (await loggedIn(host, app, sender)).post('invite', { handle: 'bo@example.com' });
      const invited = { handle: 'bo@example.com', password: PASSWORD, code: await lastCode(app) };
      const { successes } = await atOnce(TIMES, () => appClient(host, app).post('register', invited));
      assert.equal(successes.length, 1);
      assert.equal((await host.deps.store.users.count(app.id)).total, 2);
    });

    it('resets a password once with one code, and judges at most five of 500 guesses', async () => {
      const app = await host.createApp();
      const user = await host.createUser(app);
      const open = appClient(host, app);
      const reset = { handle: user.handle, password: NEW };
      await open.post('forgotPassword', { handle: user.handle });
      const code = await lastCode(app);
      const { successes } = await atOnce(TIMES, () => open.post('resetPassword', { ...reset, code }));
      assert.equal(successes.length, 1);
      assert.equal((await host.deps.store.users.find(app.id, user.id))?.epoch, user.epoch + 1);

      await open.post('forgotPassword', { handle: user.handle });
      const wrong = otherCode(await lastCode(app));
      const guesses = await atOnce(500, () => open.post('resetPassword', { ...reset, code: wrong }));
      assert.equal(guesses.successes.length, 0);
      const judged = host.events.filter(
        (e) => e.event === 'code_failed' && e.userId === user.id && e.reason === 'wrong',
      );
      assert.equal(judged.length, 5);
    });

    it('lets one of simultaneous password changes through', async () => {
      const app = await host.createApp();
      const user = await host.createUser(app);
      const client = await loggedIn(host, app, user);
      const { successes } = await atOnce(10, (index) =>
        client.post('changePassword', { password: PASSWORD, newPassword: String(index).repeat(32) }),
      );
      assert.equal(successes.length, 1);
      assert.equal((await host.deps.store.users.find(app.id, user.id))?.epoch, user.epoch + 1);
    });

    it('verifies a phone number once with one code', async () => {
      const app = await host.createApp({ twoFactorVerification: 'phone' });
      const client = await loggedIn(host, app, await host.createUser(app));
      assertTrue(await client.post('setPhone', { phone: '+15551230300' }));
      const code = await lastCode(app);
      const { successes } = await atOnce(50, () => client.post('verifyPhone', { code }));
      assert.equal(successes.length, 1);
    });

    it('deletes an account once', async () => {
      const app = await host.createApp();
      const user = await host.createUser(app);
      const client = await loggedIn(host, app, user);
      const own = { handle: user.handle, password: PASSWORD };
      await atOnce(20, () => client.post('deleteAccount', own));
      assert.equal(host.events.filter((e) => e.event === 'user_deleted' && e.userId === user.id).length, 1);
      assert.equal(await host.deps.store.users.find(app.id, user.id), undefined);
    });
  });
}
