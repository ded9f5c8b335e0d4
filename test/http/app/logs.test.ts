import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const DAY_MS = 86_400_000;

describe('logs and statistics', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const logs = async (app: App, query = '') =>
    (await host.portal('GET', `/api/app/logs?appId=${app.id}${query}`)).body;
  const stat = async (app: App, query = '') =>
    (await host.portal('GET', `/api/app/stat?appId=${app.id}${query}`)).body;
  const iso = (at: number) => encodeURIComponent(new Date(at).toISOString());
  const set = (app: App, value: boolean) =>
    host.portal('POST', '/api/app/updateAppSetting', {
      json: { appId: app.id, setting: 'jwtEnabled', jwtEnabled: value },
    });

  async function insertRows(app: App, count: number): Promise<void> {
    const now = host.clock.now();
    const row = { appId: app.id, action: 'login', value: '{}', logType: 'user', status: 'success' } as const;
    const rows = Array.from({ length: count }, () => ({
      ...row,
      id: host.deps.codes.newRowId(now),
      createdAt: now,
    }));
    await host.deps.store.activity.insertMany(rows);
  }

  it('logs outcomes with action and status, and at once', async () => {
    const app = await host.createApp();
    await set(app, false);
    await host.portal('POST', '/api/app/updateAppSetting', {
      json: { appId: app.id, setting: 'jwtEnabled' },
    });
    const { totalLog, logs: rows } = await logs(app);
    assert.equal(totalLog, 2);
    const { _id, createdAt, ...rest } = rows.find(({ status }: { status: string }) => status === 'success');
    assert.match(_id, /^[0-9a-f]{24}$/);
    assert.equal(createdAt, new Date(host.clock.now()).toISOString());
    assert.deepEqual(rest, {
      appId: app.id,
      action: 'updateAppSetting',
      value: 'jwtEnabled',
      logType: 'app',
      status: 'success',
    });
    assert.equal(rows.filter(({ status }: { status: string }) => status === 'error').length, 1);
  });

  it('logs each failure at a user, however the name is written, and of strangers the first and a number', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app, { handle: 'ada@example.com' });
    const logIn = (handle: string) =>
      host.request('POST', '/api/appuser/login', {
        headers: { 'app-token': app.appToken },
        json: { handle, password: 'f'.repeat(32) },
      });
    host.clock.advance(60_000 - (host.clock.now() % 60_000));
    for (let n = 0; n < 20; n++) assert.equal((await logIn(`u${n}@example.com`)).body.code, 600);
    for (const handle of [user.handle, 'ADA@example.com', ' ada@example.com']) await logIn(handle);
    const failures = async () =>
      (await logs(app, '&status=error&limit=100')).logs.map((row: { handle?: string; value: string }) => [
        row.handle,
        JSON.parse(row.value).count,
      ]);
    assert.equal((await failures()).length, 4);
    host.clock.advance(60_000);
    const rows = await failures();
    assert.equal(rows.length, 5);
    assert.deepEqual(
      rows.filter(([handle]: [string?]) => handle === undefined),
      [[undefined, 19]],
    );
  });

  it('logs the creation of an app under the new app', async () => {
    const { body: app } = await host.portal('POST', '/api/app', { json: { name: 'Logged' } });
    const { body } = await host.portal('GET', `/api/app/logs?appId=${app.appId}`);
    assert.deepEqual(
      body.logs.map(({ action }: { action: string }) => action),
      ['create'],
    );
  });

  it('does not log what was refused before it was judged', async () => {
    const app = await host.createApp();
    await host.portal('POST', '/api/app/updateAppSetting', { json: { appId: app.id } });
    await host.request('POST', '/api/app/updateAppSetting', {
      json: { appId: app.id, setting: 'jwtEnabled' },
    });
    assert.equal((await logs(app)).totalLog, 0);
  });

  it('filters by type, status, action and both dates', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    const headers = { 'app-token': app.appToken };
    const logIn = (password: string) =>
      host.request('POST', '/api/appuser/login', { headers, json: { handle: 'ada@example.com', password } });
    const start = host.clock.now();
    await logIn(PASSWORD);
    host.clock.advance(DAY_MS);
    await logIn('0'.repeat(32));
    host.clock.advance(DAY_MS);
    await set(app, false);
    const count = async (query: string) => (await logs(app, query)).totalLog;
    assert.deepEqual(
      await Promise.all(
        [
          '',
          '&type=all&status=all&filterAction=all',
          '&type=user',
          '&type=app',
          '&status=error',
          '&filterAction=login,reset',
          '&filterAction=reset',
        ].map(count),
      ),
      [3, 3, 2, 1, 1, 2, 0],
    );
    assert.equal(await count(`&fromDate=${iso(start + DAY_MS)}`), 2);
    assert.equal(await count(`&toDate=${iso(start + DAY_MS)}`), 1, 'the end is not included');
    assert.equal(await count(`&fromDate=${iso(start + 1)}&toDate=${iso(start + 2 * DAY_MS)}`), 1);
    const day = encodeURIComponent(new Date(start + DAY_MS).toUTCString());
    assert.equal(await count(`&fromDate=${day}`), 2);
    assert.equal((await logs(app, '&fromDate=&toDate=&type=&status=')).totalLog, 3);
    for (const date of [
      '2027-02-30',
      '2027-13-01T00:00:00Z',
      'Mon, 31 Apr 2026 09:00:00 GMT',
      'Mon x 2026',
    ]) {
      const path = `/api/app/logs?appId=${app.id}&toDate=${encodeURIComponent(date)}`;
      const { status, body } = await host.portal('GET', path);
      assert.deepEqual([status, body.status], [400, 'Fails'], date);
    }
  });

  it('pages by page number, 25 rows at least and 500 at most, newest first', async () => {
    const app = await host.createApp();
    await insertRows(app, 530);
    const page = async (query: string) =>
      (await logs(app, query)).logs.map(({ _id }: { _id: string }) => _id);
    const all = [...(await page('&limit=500')), ...(await page('&limit=500&offset=1'))];
    assert.equal(new Set(all).size, 530);
    assert.deepEqual(all, [...all].sort().reverse());
    assert.deepEqual(await page('&limit=10'), all.slice(0, 25));
    assert.deepEqual(await page('&offset=-3&limit=many'), all.slice(0, 25));
    assert.deepEqual(await page('&offset=2&limit=30'), all.slice(60, 90));
    assert.equal((await page('&limit=9999')).length, 500);
    assert.deepEqual(await page('&offset=99'), []);
  });

  it('counts users, invites and signups, with a first page of each', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    await host.createUser(app, { handle: 'ANON_1', passwordHash: undefined });
    const headers = { 'app-token': app.appToken };
    await host.request('POST', '/api/appuser/signup', {
      headers,
      json: { handle: 'b@example.com', password: PASSWORD },
    });
    await host.portal('POST', '/api/app/createAppInvite', {
      json: { appId: app.id, handle: 'c@example.com' },
    });
    const all = await stat(app);
    assert.deepEqual(Object.keys(all).sort(), [
      'invites',
      'signups',
      'totalAnonUser',
      'totalInvite',
      'totalSignup',
      'totalUser',
      'users',
    ]);
    assert.deepEqual([all.totalUser, all.totalAnonUser, all.totalInvite, all.totalSignup], [2, 1, 1, 1]);
    const users = await stat(app, '&target=users&hideAnonUser=true');
    assert.deepEqual(Object.keys(users).sort(), ['totalAnonUser', 'totalUser', 'users']);
    assert.deepEqual([users.users.length, users.totalUser, users.totalAnonUser], [1, 1, 1]);
    assert.deepEqual(Object.keys(await stat(app, '&target=invites')).sort(), ['invites', 'totalInvite']);
    assert.deepEqual(Object.keys(await stat(app, '&target=signups')).sort(), ['signups', 'totalSignup']);
    assert.deepEqual(await stat(app, '&target=apps'), {});
  });

  it('shows an app that is not active, and pages only with a target', async () => {
    const app = await host.createApp({ status: 'inactive' });
    const users = Array.from({ length: 30 }, (_, index) => `user${index}@example.com`);
    for (const handle of users) await host.createUser(app, { handle });
    assert.equal((await stat(app, '&target=users&offset=1&limit=25')).users.length, 5);
    assert.equal((await stat(app, '&offset=1')).users.length, 25);
  });
});
