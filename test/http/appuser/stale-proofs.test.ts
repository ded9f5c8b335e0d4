import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, assertRefused, assertTrue, loggedIn } from '../../support/appuser-client.ts';
import { authenticatorCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { beforeNext } from '../../support/patched.ts';

const OTHER_PASSWORD = 'f'.repeat(32);

describe('a proof that something overtook', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const changePassword = async (app: App, user: User) =>
    assertTrue(
      await (await loggedIn(host, app, user)).post('changePassword', {
        password: PASSWORD,
        newPassword: OTHER_PASSWORD,
      }),
    );

  it('gives no tokens for a password that was changed while it was judged', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    // The gate notes the log-in of the very user that was judged: the old password has been judged by then.
    const answer = await beforeNext(host.deps.store.users, 'recordLogin', {
      meanwhile: () => changePassword(app, user),
      work: () => appClient(host, app).post('login', { handle: user.handle, password: PASSWORD }),
    });
    assertRefused(answer, 600);
  });

  it('gives no tokens for a code of a log-in whose password was changed meanwhile', async () => {
    const app = await host.createApp({ twoFactorVerification: 'google' });
    const user = await host.createUser(app);
    const own = await loggedIn(host, app, user);
    const { body } = await own.post('setTwoFactorGoogleVerification', { twoFactor: true });
    const { body: challenge } = await appClient(host, app).post('login', {
      handle: user.handle,
      password: PASSWORD,
    });
    const code = authenticatorCode(body.googleSecretKey, host.clock.now());
    const answer = await beforeNext(host.deps.totp, 'verify', {
      meanwhile: () => changePassword(app, user),
      work: () => appClient(host, app).post('loginComplete', { loginToken: challenge['login-token'], code }),
    });
    assertRefused(answer, 600);
  });

  it('lets no number wait that was asked for before SMS guarded the account', async () => {
    const app = await host.createApp({ twoFactorVerification: 'phone' });
    const user = await host.createUser(app, { phone: '+15552000001', phoneVerified: true });
    const own = await loggedIn(host, app, user);
    const { users } = host.deps.store;
    const answer = await beforeNext(users, 'replace', {
      async meanwhile() {
        const current = await users.find(app.id, user.id);
        assert.ok(current && (await users.replace({ ...current, twoFactorPhone: true })));
      },
      work: () => own.post('setPhone', { phone: '+15552000002' }),
    });
    assertRefused(answer, 602);
    assert.equal((await users.find(app.id, user.id))?.pendingPhone, undefined);
  });
});
