import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const NEW_PASSWORD = '0123456789abcdef0123456789abcdef';

describe('users managed by the portal', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const post = (route: string, json: unknown) => host.portal('POST', `/api/app/${route}`, { json });
  const asClient = (app: App, path: string, json: unknown) =>
    host.request('POST', `/api/appuser/${path}`, { headers: { 'app-token': app.appToken }, json });
  const logIn = (app: App, handle = 'ada@example.com', password = PASSWORD) =>
    asClient(app, 'login', { handle, password });
  const getUser = async (app: App, user: User) =>
    host.request('GET', '/api/appuser/getUser', {
      headers: { 'access-token': await host.accessToken(app, user) },
    });

  it('adds a user who can log in at once, whatever the case of the handle', async () => {
    const app = await host.createApp();
    const { status, body } = await post('addUser', {
      appId: app.id,
      handle: ' Bob@Example.com ',
      password: NEW_PASSWORD,
    });
    assert.equal(status, 200);
    assert.deepEqual([body.handle, body.status, body.locale], ['bob@example.com', 'active', 'EN']);
    assert.match(body._id, /^[0-9a-f]{24}$/);
    assert.ok(!('password' in body));
    assert.ok((await logIn(app, 'BOB@example.com', NEW_PASSWORD)).body.jwt);
    const { body: signups } = await host.portal('GET', `/api/app/searchSingUp?appId=${app.id}&value=bob`);
    assert.deepEqual(
      signups.map(({ status }: { status: string }) => status),
      ['active'],
    );
  });

  it('takes a waiting signup along, so that its code opens nothing', async () => {
    const app = await host.createApp();
    await asClient(app, 'signup', { handle: 'eve@example.com', password: PASSWORD });
    const code = (await host.outbox()).findLast(({ to }) => to === 'eve@example.com')?.code;
    assert.equal(
      (await post('addUser', { appId: app.id, handle: 'eve@example.com', password: NEW_PASSWORD })).status,
      200,
    );
    const completed = await asClient(app, 'completeSignup', { handle: 'eve@example.com', code });
    assert.equal(completed.status, 400);
    assert.equal((await logIn(app, 'eve@example.com', PASSWORD)).body.code, 600);
    const { body: rows } = await host.portal('GET', `/api/app/searchSingUp?appId=${app.id}&value=eve`);
    assert.deepEqual(
      rows.map(({ status }: { status: string }) => status),
      ['active'],
    );
  });

  it('refuses to add a user with 403 when the handle is taken or the app is full', async () => {
    const app = await host.createApp({ maxUsers: 2 });
    const add = (handle: string) => post('addUser', { appId: app.id, handle, password: NEW_PASSWORD });
    assert.equal((await add('one@example.com')).status, 200);
    const taken = await add('ONE@example.com');
    assert.deepEqual([taken.status, taken.body.status], [403, 'Fails']);
    assert.equal((await add('two@example.com')).status, 200);
    const full = await add('three@example.com');
    assert.deepEqual([full.status, full.body.status], [403, 'Fails']);
  });

  it('refuses bad handles and passwords with 400, and apps that are not active with code 402', async () => {
    const app = await host.createApp();
    const bad = [
      { handle: 'no-address', password: NEW_PASSWORD },
      { handle: 'a@b.co', password: 'clear text' },
      { handle: 'a@b.co', password: NEW_PASSWORD.slice(1) },
    ];
    for (const each of bad) assert.equal((await post('addUser', { appId: app.id, ...each })).status, 400);
    for (const status of ['inactive', 'migrated'] as const) {
      const stopped = await host.createApp({ status });
      const answer = await post('addUser', { appId: stopped.id, handle: 'a@b.co', password: NEW_PASSWORD });
      assert.deepEqual([answer.status, answer.body], [403, { code: 402, message: 'app is suspended' }]);
    }
  });

  it('removes a user with signup and invites, and tells who it was', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app, { handle: 'gone@example.com' });
    const { body } = await post('removeUser', { appId: app.id, handle: 'gone@example.com' });
    assert.deepEqual([body._id, body.handle], [user.id, 'gone@example.com']);
    assert.equal((await getUser(app, user)).body.code, 405);
    const again = await post('removeUser', { appId: app.id, handle: 'gone@example.com' });
    assert.deepEqual([again.status, again.body.status], [403, 'Fails']);
  });

  it('removes anonymous users by their handle as it is written', async () => {
    const app = await host.createApp();
    await host.createUser(app, { handle: 'ANON_AbC', passwordHash: undefined });
    assert.equal((await post('removeUser', { appId: app.id, handle: 'ANON_AbC' })).status, 200);
  });

  it('suspends a user: no log-in, no token works; reinstating lets log in again but revives no token', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    const before = await host.accessToken(app, user);
    const setStatus = (status: string) => post('user', { appId: app.id, userId: user.id, status });
    const withOld = () =>
      host.request('GET', '/api/appuser/getUser', { headers: { 'access-token': before } });
    assert.equal((await setStatus('suspend')).text, 'true');
    assert.equal((await withOld()).body.code, 404);
    assert.equal((await logIn(app)).body.code, 404);
    assert.equal((await setStatus('active')).text, 'true');
    assert.equal((await withOld()).body.code, 405);
    assert.ok((await logIn(app)).body.jwt);
    const changes = host.events.filter(
      ({ event, userId }) => event === 'user_status_changed' && userId === user.id,
    );
    assert.deepEqual(
      changes.map(({ from, to }) => [from, to]),
      [
        ['active', 'suspend'],
        ['suspend', 'active'],
      ],
    );
  });

  it('lifts the lock of an account when it is reinstated', async () => {
    const app = await host.createApp({ maxLoginAttempts: 2 });
    const user = await host.createUser(app);
    for (let i = 0; i < 2; i++) await logIn(app, user.handle, NEW_PASSWORD);
    assert.equal((await logIn(app)).body.code, 404);
    await post('user', { appId: app.id, userId: user.id, status: 'active' });
    assert.ok((await logIn(app)).body.jwt);
    const unlocked = host.events.filter(
      ({ event, userId }) => event === 'account_unlocked' && userId === user.id,
    );
    assert.deepEqual(
      unlocked.map(({ by }) => by),
      ['portal'],
    );
  });

  it('takes ids of another app for unknown', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    const user = await host.createUser(other);
    const ids = { appId: app.id, userId: user.id };
    assert.equal((await post('user', { ...ids, status: 'suspend' })).status, 403);
    assert.equal(
      (await post('resetUserPassword', { ...ids, rawValue: 'x', hashValue: NEW_PASSWORD })).status,
      403,
    );
    assert.deepEqual(await host.deps.store.users.find(other.id, user.id), user);
  });

  it('sets a password, ends every token, mails the new one and never logs it', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app, { handle: 'reset@example.com' });
    const before = await getUser(app, user);
    assert.equal(before.status, 200);
    const json = { appId: app.id, userId: user.id, rawValue: 'Planted-Clear-1', hashValue: NEW_PASSWORD };
    assert.equal((await post('resetUserPassword', json)).text, 'true');
    assert.equal((await getUser(app, user)).body.code, 405);
    assert.equal((await logIn(app, user.handle)).body.code, 600);
    assert.ok((await logIn(app, user.handle, NEW_PASSWORD)).body.jwt);
    const mail = (await host.outbox()).findLast(({ to }) => to === user.handle);
    assert.equal(mail?.message, 'passwordSetByPortal');
    assert.ok(mail?.text.includes('Planted-Clear-1'));
    const { body: logs } = await host.portal('GET', `/api/app/logs?appId=${app.id}`);
    assert.ok(logs.logs.some(({ action }: { action: string }) => action === 'resetUserPassword'));
    assert.ok(!JSON.stringify([logs, host.lines]).includes('Planted-Clear-1'));
  });

  it('replaces metadata: trimmed, without empty invite values, with values beside the fields', async () => {
    const field = { id: '1', required: false, canEdit: true };
    const app = await host.createApp({
      metaData: [{ ...field, path: 'user_data.first', fieldName: 'first' }],
      metaDataInvite: [{ ...field, path: 'invite_data.team', fieldName: 'team' }],
    });
    const user = await host.createUser(app, { metaData: { old: 'value' } });
    const metaData = { user_data: { first: ' Ada ' }, invite_data: { team: ' ' } };
    const addedMetadata = [
      {},
      null,
      { path: '', value: 'x' },
      { path: 'extra.role', value: ' admin ' },
      { path: 'n', value: 3 },
    ];
    const { text } = await post('updateAppUserMetaData', {
      appId: app.id,
      handle: user.handle,
      metaData,
      addedMetadata,
    });
    assert.equal(text, 'true');
    assert.deepEqual((await host.deps.store.users.find(app.id, user.id))?.metaData, {
      user_data: { first: 'Ada' },
      extra: { role: 'admin' },
      n: 3,
    });
  });

  it('refuses metadata under names that mean something to JavaScript or to JWTs', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    const put = (more: string) =>
      host.portal('POST', '/api/app/updateAppUserMetaData', {
        raw: `{"appId":"${app.id}","handle":"${user.handle}",${more}}`,
        headers: { 'content-type': 'application/json' },
      });
    const refused = [
      '"metaData":{"a":{"__proto__":{"x":1}}}',
      '"metaData":{"constructor":{"prototype":{"x":1}}}',
      '"metaData":{},"addedMetadata":[{"path":"__proto__.x","value":"1"}]',
      '"metaData":{},"addedMetadata":[{"path":"sub","value":"1"}]',
      '"metaData":{},"addedMetadata":[{"path":"exp.x","value":"1"}]',
      `"metaData":{"a":"${'x'.repeat(9000)}"}`,
      '"metaData":{"a":"\\u0000"}',
    ];
    for (const each of refused) assert.equal((await put(each)).status, 400, each.slice(0, 60));
    assert.deepEqual((await host.deps.store.users.find(app.id, user.id))?.metaData, {});
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });

  it('finds users by what their handle or user name holds, taken literally, by handle', async () => {
    const app = await host.createApp({ userNamesEnabled: true });
    for (const handle of ['c.d@example.com', 'b@example.com', 'ANON_b'])
      await host.createUser(app, { handle });
    await host.createUser(app, { handle: 'z@example.org', userName: 'bobby' });
    const find = async (query: string) => {
      const { body } = await host.portal('GET', `/api/app/searchUser?appId=${app.id}&${query}`);
      return body.map(({ handle }: { handle: string }) => handle);
    };
    assert.deepEqual(await find('value=b'), ['ANON_b', 'b@example.com', 'z@example.org']);
    assert.deepEqual(await find('value=b&hideAnonUser=true'), ['b@example.com', 'z@example.org']);
    assert.deepEqual(await find(`value=${encodeURIComponent('.*')}`), []);
    assert.deepEqual(await find(`value=${encodeURIComponent('((((')}`), []);
    assert.deepEqual(await find('value=B@'), []);
    assert.deepEqual(await find('value=example.com&limit=1&offset=1'), ['c.d@example.com']);
    assert.deepEqual((await host.portal('GET', '/api/app/searchUser?appId=none&value=b')).body, []);
  });
});
