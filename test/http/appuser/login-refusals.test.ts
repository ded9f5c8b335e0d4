import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { appClient, assertRefused } from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

describe('a log-in that app or account forbids is an event (threats §6)', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const failures = () => host.events.filter(({ event }) => event === 'login_failed').splice(-1);
  const closed = { anonymousLoginEnabled: true, googleLoginEnabled: true, googleClientId: 'client' };
  const ways: [route: string, body: Record<string, unknown>, expected: Record<string, unknown>][] = [
    ['login', { handle: 'Ada@example.com', password: PASSWORD }, { method: 'password', named: true }],
    ['loginAnonymous', { handle: 'ANON_1' }, { method: 'anonymous', named: true }],
    ['socialLogin', { provider: 'google', token: 'x.y.z' }, { method: 'google', named: false }],
  ];
  for (const [status, code, reason] of [
    ['inactive', 402, 'app_suspended'],
    ['migrated', 413, 'app_migrated'],
  ] as const) {
    for (const [route, body, { method, named }] of ways) {
      it(`${route} in an app that is ${status}`, async () => {
        const app = await host.createApp({ ...closed, status });
        const before = host.events.length;
        assertRefused(await appClient(host, app).post(route, body), code);
        const events = host.events.slice(before);
        assert.deepEqual(
          events.map((line) => [line.event, line.method, line.reason, line.handleRef !== undefined]),
          [['login_failed', method, reason, named]],
        );
      });
    }
  }

  const interrupted = async () => {
    const app = await host.createApp({ twoFactorVerification: 'google' });
    const user = await host.createUser(app, { twoFactorTotp: true, totpSecret: 'A'.repeat(32) });
    const client = appClient(host, app);
    const { body } = await client.post('login', { handle: user.handle, password: PASSWORD });
    const complete = () => client.post('loginComplete', { loginToken: body['login-token'], code: '123456' });
    return { app, user, complete };
  };

  it('loginComplete in an app that was suspended meanwhile', async () => {
    const { app, user, complete } = await interrupted();
    await host.deps.store.apps.replace({ ...app, status: 'inactive' });
    assertRefused(await complete(), 402);
    const [last] = failures();
    assert.deepEqual([last?.userId, last?.method, last?.reason], [user.id, 'totp', 'app_suspended']);
  });

  it('loginComplete of a user who was suspended meanwhile', async () => {
    const { user, complete } = await interrupted();
    await host.deps.store.users.replace({ ...user, status: 'suspend' });
    assertRefused(await complete(), 404);
    const [last] = failures();
    assert.deepEqual([last?.userId, last?.method, last?.reason], [user.id, 'totp', 'suspend']);
  });
});
