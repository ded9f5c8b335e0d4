import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { figuresNamed } from '../../support/figures.ts';
import { PASSWORD } from '../../support/host.ts';

const OTHER = '155ba8e102f3beb97892c3400b65031c';

describeOnBothStores('figures of accounts', (host) => {
  const call = (app: App, route: string, json: Record<string, unknown>, agent = '') =>
    host().request('POST', `/api/appuser/${route}`, {
      headers: { 'app-token': app.appToken, 'user-agent': agent },
      json,
    });
  const asUser = (token: string, route: string, json: Record<string, unknown>) =>
    host().request('POST', `/api/appuser/${route}`, { headers: { 'access-token': token }, json });
  const portal = async (route: string, json: Record<string, unknown>) => {
    const answer = await host().portal('POST', `/api/app/${route}`, { json });
    assert.equal(answer.status, 200, `${route}: ${answer.text}`);
  };
  const setStatus = (app: App, status: App['status']) =>
    host().deps.store.apps.replace({ ...app, status, revision: app.revision });

  it('tell log-ins by method and client', async () => {
    const app = await host().createApp({ anonymousLoginEnabled: true, twoFactorVerification: 'google' });
    const user = await host().createUser(app, { password: PASSWORD });
    const agents = ['Sample/1 CFNetwork/1490.0.4 Darwin/23.2.0', 'ktor-client okhttp/4.12', 'okhttp/4.12.0'];
    for (const agent of [...agents, 'Mozilla/5.0 (X11)', '']) {
      await call(app, 'login', { handle: user.handle, password: PASSWORD }, agent);
    }
    await call(app, 'loginAnonymous', { handle: 'ANON_1' }, 'ReactNative');
    assert.deepEqual(await figuresNamed(host(), app, /^(login|client)/), {
      'login password': 5,
      'login anonymous': 1,
      'client swift login': 1,
      'client kotlin login': 1,
      'client react-native login': 2,
      'client web login': 1,
      'client other login': 1,
    });
  });

  it('tell second steps, and factors that come and go', async () => {
    const app = await host().createApp({ twoFactorVerification: 'google' });
    const user = await host().createUser(app, { password: PASSWORD });
    const token = await host().accessToken(app, user);
    const begun = await asUser(token, 'setTwoFactorGoogleVerification', { twoFactor: true });
    assert.equal(begun.status, 200);
    const secret = String(begun.body.googleSecretKey);
    const login = await call(app, 'login', { handle: user.handle, password: PASSWORD });
    const loginToken = login.body['login-token'];
    const code = authenticatorCode(secret, host().clock.now());
    await call(app, 'loginComplete', { loginToken, code: otherCode(code) });
    assert.equal((await call(app, 'loginComplete', { loginToken, code })).status, 200);
    await call(app, 'loginComplete', { loginToken: 'spent', code });
    await portal('disableSecondFactor', { appId: app.id, userId: user.id, why: 'lost' });
    assert.deepEqual(await figuresNamed(host(), app, /^(login|factor)/), {
      'login totp': 1,
      'login_failed code': 2,
      'factor_on totp': 1,
      'factor_off totp': 1,
    });
  });

  it('tell why log-ins were refused, and nothing of who is logged in already', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app, { password: PASSWORD });
    const wrong = () => call(app, 'login', { handle: user.handle, password: OTHER });
    for (let n = 0; n < host().deps.config.passwordWaitAfter; n++) await wrong();
    await wrong();
    await call(app, 'signup', { handle: 'waits@example.com', password: PASSWORD });
    await call(app, 'login', { handle: 'waits@example.com', password: PASSWORD });
    const suspended = await host().createUser(app, {
      handle: 's@example.com',
      status: 'suspend',
      password: PASSWORD,
    });
    const locked = await host().createUser(app, { handle: 'l@example.com', lockedAt: 1, password: PASSWORD });
    for (const { handle } of [suspended, locked]) await call(app, 'login', { handle, password: PASSWORD });
    const token = await host().accessToken(app, user);
    await asUser(token, 'changePassword', { password: OTHER, newPassword: OTHER.replace('1', '2') });
    await setStatus(app, 'suspended');
    await call(app, 'login', { handle: user.handle, password: PASSWORD });
    assert.deepEqual(await figuresNamed(host(), app, /^login/), {
      'login_failed password': host().deps.config.passwordWaitAfter,
      'login_failed waiting': 1,
      'login_failed pending': 1,
      'login_failed suspended': 1,
      'login_failed locked': 1,
      'login_failed app': 1,
    });
  });

  it('tell messages by outcome, resets and deletions by who did them', async () => {
    const app = await host().createApp();
    const [ada, bob] = await Promise.all(
      ['a@example.com', 'b@example.com'].map((handle) =>
        host().createUser(app, { handle, password: PASSWORD }),
      ),
    );
    assert.ok(ada && bob);
    const sendable = host().deps.config.codesPerHour;
    for (let n = 0; n <= sendable; n++) {
      await call(app, 'forgotPassword', { handle: ada.handle });
      // One by one: of several that wait the last may go out before the others.
      await host().outbox();
    }
    const sent = (await host().outbox()).filter(({ to }) => to === ada.handle);
    const code = sent.at(-1)?.code;
    const reset = await call(app, 'resetPassword', { handle: ada.handle, password: OTHER, code });
    assert.equal(reset.status, 200, reset.text);
    await portal('resetUserPassword', {
      appId: app.id,
      userId: bob.id,
      rawValue: 'long word',
      hashValue: OTHER,
    });
    await host().outbox();
    await portal('removeUser', { appId: app.id, handle: bob.handle });
    const { epoch } = (await host().deps.store.users.find(app.id, ada.id)) ?? ada;
    const token = await host().accessToken(app, { ...ada, epoch });
    await asUser(token, 'deleteAccount', { handle: ada.handle, password: OTHER });
    assert.deepEqual(await figuresNamed(host(), app, /^(message|password|user)/), {
      'message email sent': sendable + 1,
      'message email limited': 1,
      'password_reset user': 1,
      'password_reset portal': 1,
      'user_deleted user': 1,
      'user_deleted portal': 1,
    });
  });
});
