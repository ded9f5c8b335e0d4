import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { aRowId, aUser } from '../../support/records.ts';

const DAY_MS = 86_400_000;
type Query = Record<string, string | number>;

describeOnBothStores('lists that page by key', (host) => {
  const get = (list: string, app: App, query: Query = {}) => {
    const text = new URLSearchParams({ appId: app.id, ...query } as Record<string, string>);
    return host().portal('GET', `/api/app/${list}?${text}`);
  };
  const rows = async (list: string, app: App, query: Query = {}) => {
    const { status, body, text } = await get(list, app, query);
    assert.equal(status, 200, text);
    return body.rows.map((row: { handle: string }) => row.handle);
  };
  const post = async (route: string, json: unknown) => {
    const answer = await host().portal('POST', `/api/app/${route}`, { json });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const asClient = (app: App, route: string, json: unknown) =>
    host().request('POST', `/api/appuser/${route}`, { headers: { 'app-token': app.appToken }, json });
  const assertRefused = async (answer: Promise<{ status: number; body: unknown }>, because: object) => {
    const { status, body } = await answer;
    assert.equal(status, 400);
    const { status: word, reason, field } = body as Record<string, unknown>;
    assert.deepEqual({ word, reason, field }, { word: 'Fails', ...because });
  };
  const addUsers = async (app: App, count: number) => {
    const now = host().clock.now();
    const users = Array.from({ length: count }, (_, n) =>
      aUser({ appId: app.id, handle: `user${n}@example.com`, createdAt: now + n }),
    );
    await host().deps.store.users.insertMany(users);
    return users;
  };

  it('answers pages of 25 with the cursor of the next one and how many there are', async () => {
    const app = await host().createApp();
    const users = await addUsers(app, 60);
    const first = await get('users', app);
    assert.deepEqual([first.body.rows.length, first.body.total, first.body.totalIsExact], [25, 60, true]);
    const second = await get('users', app, { after: first.body.next });
    assert.deepEqual([second.body.rows.length, second.body.total, second.body.totalIsExact], [25, 60, false]);
    const last = await get('users', app, { after: second.body.next });
    assert.deepEqual([last.body.rows.length, 'next' in last.body], [10, false]);
    const seen = [first, second, last].flatMap(({ body }) =>
      body.rows.map(({ _id }: { _id: string }) => _id),
    );
    assert.deepEqual(seen, users.map(({ id }) => id).reverse());
    assert.deepEqual(await rows('users', app, { limit: 3, sort: 'created' }), [
      'user0@example.com',
      'user1@example.com',
      'user2@example.com',
    ]);
    assert.equal('total' in (await get('users', app, { status: 'active' })).body, false);
  });

  it('counts anew after a minute', async () => {
    const app = await host().createApp();
    await addUsers(app, 2);
    const total = async () => {
      const { body } = await get('users', app);
      return [body.total, body.totalIsExact];
    };
    assert.deepEqual(await total(), [2, true]);
    await addUsers(app, 0);
    await host().createUser(app, { handle: 'one-more@example.com' });
    assert.deepEqual(await total(), [2, false]);
    host().clock.advance(60_000);
    assert.deepEqual(await total(), [3, true]);
  });

  it('refuses a cursor that is forged, of another app, list, filter or order', async () => {
    const app = await host().createApp();
    const other = await host().createApp();
    await addUsers(app, 5);
    const { next } = (await get('users', app, { limit: 2, status: 'active' })).body;
    const because = { reason: 'unknown_value', field: 'after' };
    assert.equal((await get('users', app, { limit: 2, status: 'active', after: next })).status, 200);
    assert.equal((await get('users', app, { limit: 3, status: 'active', after: next })).status, 200);
    const query = { limit: 2, status: 'active', after: next };
    await assertRefused(get('users', other, query), because);
    await assertRefused(get('users', app, { ...query, status: '' }), because);
    await assertRefused(get('users', app, { ...query, locale: 'EN' }), because);
    await assertRefused(get('users', app, { ...query, sort: 'created' }), because);
    await assertRefused(get('users', app, { ...query, after: `${next}A` }), because);
    await assertRefused(get('users', app, { ...query, after: 'x' }), because);
    await assertRefused(get('signups', app, { after: next }), because);
    await assertRefused(get('logs', app, { after: next }), because);
  });

  const unknown: [string, string, string][] = [
    ...['0', '101', '1.5'].map((limit) => ['users', 'limit', limit] as [string, string, string]),
    ['users', 'status', 'gone'],
    ['users', 'provider', 'facebook'],
    ['users', 'factor', 'sms'],
    ['users', 'locale', '12'],
    ['users', 'lastLogin', '7d'],
    ['users', 'waitsForPassword', 'perhaps'],
    ['users', 'sort', 'handle'],
    ['users', 'createdFrom', 'yesterday'],
    ['signups', 'state', 'active'],
    ['invites', 'state', 'verified'],
    ['invites', 'limit', '101'],
  ];
  for (const [list, field, value] of unknown) {
    it(`refuses ${list} with ${field}=${value}`, async () => {
      const app = await host().createApp();
      await assertRefused(get(list, app, { [field]: value }), { reason: 'unknown_value', field });
      assert.equal((await get(list, app, { [field]: '' })).status, 200, 'empty is absent');
    });
  }

  it('refuses more than 100 rows of a log by key', async () => {
    const app = await host().createApp();
    const because = { reason: 'unknown_value', field: 'limit' };
    await assertRefused(get('logs', app, { after: '', limit: 101 }), because);
    assert.equal((await get('logs', app, { limit: 500 })).status, 200);
  });

  it('answers 403 for an app that is gone', async () => {
    for (const list of ['users', 'signups', 'invites', 'logs']) {
      assert.equal((await get(list, { id: 'a'.repeat(32) } as App, { after: '' })).status, 403);
    }
  });

  describe('of users', () => {
    it('follows the life of an account', async () => {
      const app = await host().createApp();
      const ada = await host().createUser(app, { handle: 'ada@example.com', locale: 'DE' });
      await host().createUser(app, { handle: 'bob@example.com' });
      assert.deepEqual(await rows('users', app, { lastLogin: 'never' }), [
        'bob@example.com',
        'ada@example.com',
      ]);
      assert.equal(
        (await asClient(app, 'login', { handle: 'ada@example.com', password: PASSWORD })).status,
        200,
      );
      assert.deepEqual(await rows('users', app, { lastLogin: 'never' }), ['bob@example.com']);
      assert.deepEqual(await rows('users', app, { sort: '-lastLogin' }), [
        'ada@example.com',
        'bob@example.com',
      ]);
      assert.deepEqual(await rows('users', app, { lastLogin: '30d' }), []);
      host().clock.advance(31 * DAY_MS);
      assert.deepEqual(await rows('users', app, { lastLogin: '30d' }), ['ada@example.com']);
      assert.deepEqual(await rows('users', app, { lastLogin: '90d' }), []);
      assert.deepEqual(await rows('users', app, { locale: 'de-AT' }), ['ada@example.com']);
      await post('user', { appId: app.id, userId: ada.id, status: 'suspend' });
      assert.deepEqual(await rows('users', app, { status: 'suspend' }), ['ada@example.com']);
      assert.deepEqual(await rows('users', app, { status: 'active', locale: 'EN' }), ['bob@example.com']);
    });

    it('carries the revision of each, which a log-in does not move', async () => {
      const app = await host().createApp();
      await host().createUser(app, { handle: 'ada@example.com' });
      const revision = async () => (await get('users', app)).body.rows[0].revision;
      const before = await revision();
      await asClient(app, 'login', { handle: 'ada@example.com', password: PASSWORD });
      assert.equal(await revision(), before);
      await post('updateAppUserMetaData', { appId: app.id, handle: 'ada@example.com', metaData: { a: 1 } });
      assert.notEqual(await revision(), before);
    });

    it('says how far a search went', async () => {
      const app = await host().createApp();
      const phone = '+4366012345678';
      const ada = await host().createUser(app, { handle: 'ada@example.com', phone, phoneVerified: true });
      await host().createUser(app, { handle: 'adam@example.com', userName: 'first' });
      const search = async (text: string) => {
        const { body } = await get('users', app, { search: text });
        return [body.searched, ...body.rows.map(({ handle }: { handle: string }) => handle)];
      };
      assert.deepEqual(await search(' ADA@example.com'), ['exact', 'ada@example.com']);
      assert.deepEqual(await search('handle:ada@example.com'), ['exact', 'ada@example.com']);
      assert.deepEqual(await search(`id:${ada.id}`), ['exact', 'ada@example.com']);
      assert.deepEqual(await search(`id:${ada.uid}`), ['exact', 'ada@example.com']);
      assert.deepEqual(await search('phone:0043 660 12345678'.replace('00', '+')), [
        'exact',
        'ada@example.com',
      ]);
      assert.deepEqual(await search('user:First'), ['exact', 'adam@example.com']);
      assert.deepEqual(await search('user:fir'), ['beginning', 'adam@example.com']);
      assert.deepEqual(await search('Ada'), ['beginning', 'adam@example.com', 'ada@example.com']);
      assert.deepEqual(await search('am@'), ['newest 1000', 'adam@example.com']);
      assert.deepEqual(await search('phone:+43'), ['exact']);
      assert.equal('searched' in (await get('users', app, { search: ' ' })).body, false);
    });
  });

  it('lists signups with what became of them', async () => {
    const app = await host().createApp({ signupFlow: 'link' });
    const signUp = (name: string) =>
      asClient(app, 'signup', { handle: `${name}@example.com`, password: PASSWORD });
    await signUp('ada');
    host().clock.advance(1_000);
    await signUp('bob');
    await signUp('bob');
    const link = (await host().outbox()).findLast(({ to }) => to === 'ada@example.com')?.link ?? '';
    const path = new URL(link).pathname + new URL(link).search;
    await host().request('HEAD', path);
    const ada = async () => (await get('signups', app, { search: 'ada@example.com' })).body.rows[0];
    assert.equal('openedAt' in (await ada()), false);
    await host().request('GET', path);
    const { openedAt, startedAt, ...opened } = await ada();
    assert.ok(openedAt > startedAt);
    assert.deepEqual(
      { ...opened, _id: '' },
      { _id: '', handle: 'ada@example.com', state: 'waiting', requests: 1, locale: 'EN', flow: 'link' },
    );
    host().clock.advance(1_000);
    assert.equal((await host().request('POST', path)).status, 200);
    const done = await ada();
    assert.deepEqual([done.state, done.openedAt, done.verifiedAt > openedAt], ['verified', openedAt, true]);
    const [bob] = (await get('signups', app, { state: 'waiting' })).body.rows;
    assert.deepEqual([bob.handle, bob.requests, 'openedAt' in bob], ['bob@example.com', 2, false]);
    assert.deepEqual(await rows('signups', app), ['bob@example.com', 'ada@example.com']);
    assert.deepEqual(await rows('signups', app, { state: 'verified' }), ['ada@example.com']);
    host().clock.advance(3 * DAY_MS);
    assert.deepEqual(await rows('signups', app, { state: 'waiting' }), []);
    assert.deepEqual(await rows('signups', app, { state: 'expired' }), ['bob@example.com']);
  });

  it('lists invites with what became of them, withdrawn ones for themselves', async () => {
    const app = await host().createApp();
    const handle = 'ada@example.com';
    await post('createAppInvite', { appId: app.id, handle });
    const { code } = (await host().outbox()).findLast(({ to }) => to === handle) ?? {};
    host().clock.advance(DAY_MS);
    await post('resendAppInvite', { appId: app.id, handle });
    const resent = (await host().outbox()).findLast(({ to }) => to === handle)?.code;
    const [waiting] = (await get('invites', app, { state: 'waiting' })).body.rows;
    assert.deepEqual([waiting.senderHandle, waiting.sentCount], ['superuser', 2]);
    assert.equal(Date.parse(waiting.lastSentAt), host().clock.now());
    assert.ok(waiting.expiresAt > waiting.lastSentAt);

    host().clock.advance(1_000);
    const withdrawn = await post('removeAppInvite', { appId: app.id, handle });
    assert.deepEqual([withdrawn.handle, withdrawn.status], [handle, 'pending']);
    for (const dead of [code, resent]) {
      const answer = await asClient(app, 'register', { handle, password: PASSWORD, code: dead });
      assert.equal(answer.body.code, 602);
    }
    const [row] = (await get('invites', app)).body.rows;
    assert.deepEqual([row.state, Date.parse(row.withdrawnAt)], ['withdrawn', host().clock.now()]);
    const { body } = await host().portal('GET', `/api/app/searchInvite?appId=${app.id}&value=ada`);
    assert.deepEqual(body, [], 'the old route knows nothing of it');
    const again = await host().portal('POST', '/api/app/removeAppInvite', {
      json: { appId: app.id, handle },
    });
    assert.equal(again.status, 403);

    const { invites } = await post('createAppInvite', { appId: app.id, handle });
    assert.equal(invites.length, 1, 'invited again');
    const fresh = (await host().outbox()).findLast(({ to }) => to === handle)?.code;
    assert.equal((await asClient(app, 'register', { handle, password: PASSWORD, code: fresh })).status, 200);
    const states = async (query: Query = {}) =>
      (await get('invites', app, query)).body.rows.map(({ state }: { state: string }) => state).sort();
    assert.deepEqual(await states(), ['accepted', 'withdrawn']);
    assert.deepEqual(await states({ state: 'accepted' }), ['accepted']);
    assert.deepEqual(await states({ sender: 'superuser', state: 'withdrawn' }), ['withdrawn']);
    assert.deepEqual(await states({ sender: 'ada@example.com' }), []);
    await post('removeUser', { appId: app.id, handle });
    assert.deepEqual(await states(), [], 'nothing of a handle outlives its user');
  });

  it('lists the log of one user', async () => {
    const app = await host().createApp();
    const ada = await host().createUser(app, { handle: 'ada@example.com' });
    await host().createUser(app, { handle: 'bob@example.com' });
    for (const handle of ['Ada@example.com', 'bob@example.com', 'ada@example.com', 'ada@example.com']) {
      await asClient(app, 'login', { handle, password: PASSWORD });
      host().clock.advance(10);
    }
    const first = (await get('logs', app, { after: '', limit: 2, handle: 'ada@example.com' })).body;
    assert.deepEqual(Object.keys(first).sort(), ['next', 'rows']);
    const query = { handle: 'ada@example.com', limit: 2 };
    const second = (await get('logs', app, { ...query, after: first.next })).body;
    assert.deepEqual(
      [...first.rows, ...second.rows].map(({ handle, action }) => [handle.toLowerCase(), action]),
      Array(3).fill(['ada@example.com', 'login']),
    );
    const whose = async (asked: Query) => (await get('logs', app, { after: '', ...asked })).body.rows.length;
    assert.equal(await whose({ userId: ada.id }), 3);
    assert.equal(await whose({ userId: ada.id, handle: 'bob@example.com' }), 0);
    assert.equal(await whose({ userId: aRowId() }), 0);
    assert.equal(await whose({ userId: ada.id, status: 'error' }), 0);
    const old = (await get('logs', app, { handle: 'ada@example.com' })).body;
    assert.deepEqual([old.totalLog, old.logs.length], [3, 3]);
    assert.equal((await get('logs', app)).body.totalLog, 4);
  });
});
