import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { User } from '../../../server/model/user.ts';
import { META } from '../../../server/ports/store/meta.ts';
import type { KeyPage, KeyPageRequest, Place } from '../../../server/ports/store/page.ts';
import type { UserFilter, UserListSort } from '../../../server/ports/store/users.ts';
import { aCode, anActivity, anId, anInvite, aRowId, aSignup, aUser, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

const DAY_MS = 86_400_000;
const running = () => false;

/** Reads a list to its end, page by page. */
export async function readAll<T>(
  read: (page: KeyPageRequest) => Promise<KeyPage<T>>,
  limit: number,
): Promise<T[]> {
  const all: T[] = [];
  let after: Place | undefined;
  do {
    const { rows, next }: KeyPage<T> = await read({ after, limit });
    assert.ok(rows.length <= limit);
    all.push(...rows);
    after = next;
  } while (after);
  return all;
}

/** Users of every kind, the oldest first; the name says what is special. */
const KINDS: Record<string, Partial<User>> = {
  plain: {},
  suspended: { status: 'suspend' },
  pending: { status: 'pending', locale: 'DE' },
  locked: { lockedAt: MADE_AT, lastLogin: MADE_AT + 5 },
  apple: { loginProvider: 'apple', socialUserId: 'a', lastLogin: MADE_AT + DAY_MS },
  google: { loginProvider: 'google', socialUserId: 'g', twoFactorTotp: true, locale: 'DE' },
  anonymous: { handle: 'ANON_1', lastLogin: MADE_AT + 3 * DAY_MS },
  totp: { twoFactorTotp: true, twoFactorPhone: true },
  phone: { twoFactorPhone: true, phone: '+4366012345678', phoneVerified: true, userName: 'phoney' },
  waiting: { waitsForPassword: true },
  come: { waitsForPassword: true, lastLogin: MADE_AT + 2 * DAY_MS },
};
const NAMES = Object.keys(KINDS);
const newestFirst = (names: readonly string[]) => NAMES.filter((name) => names.includes(name)).reverse();
const others = (...names: string[]) => NAMES.filter((name) => !names.includes(name));

const FILTERS: [UserFilter, string[]][] = [
  [{}, NAMES],
  [{ status: 'active' }, others('suspended', 'pending')],
  [{ status: 'suspend' }, ['suspended']],
  [{ status: 'pending' }, ['pending']],
  [{ status: 'locked' }, ['locked']],
  [{ provider: 'password' }, others('apple', 'google', 'anonymous')],
  [{ provider: 'apple' }, ['apple']],
  [{ provider: 'google' }, ['google']],
  [{ provider: 'anonymous' }, ['anonymous']],
  [{ factor: 'none' }, others('google', 'totp', 'phone')],
  [{ factor: 'totp' }, ['google', 'totp']],
  [{ factor: 'phone' }, ['totp', 'phone']],
  [{ locale: 'DE' }, ['pending', 'google']],
  [{ locale: 'EN' }, others('pending', 'google')],
  [{ locale: 'ZH' }, []],
  [{ createdFrom: MADE_AT + 1, createdBefore: MADE_AT + 3 }, ['suspended', 'pending']],
  [{ lastLogin: 'never' }, others('locked', 'apple', 'anonymous', 'come')],
  [{ lastLogin: MADE_AT + 2 * DAY_MS }, ['locked', 'apple']],
  [{ waitsForPassword: true }, ['waiting']],
  [{ waitsForPassword: false }, others('waiting')],
  [{ factor: 'totp', locale: 'DE' }, ['google']],
  [{ status: 'active', provider: 'google', factor: 'totp', locale: 'DE', lastLogin: 'never' }, ['google']],
  [{ status: 'suspend', locale: 'DE' }, []],
];

async function people({ users }: Stage['store']): Promise<{ appId: string; nameOf(user: User): string }> {
  const appId = anId();
  const names = new Map<string, string>();
  for (const [n, [name, fields]] of Object.entries(KINDS).entries()) {
    const user = aUser({ appId, handle: `${name}@example.com`, createdAt: MADE_AT + n, ...fields });
    names.set(user.id, name);
    await users.insert(user);
  }
  await users.insert(aUser({ appId: anId(), handle: 'totp@example.com', twoFactorTotp: true }));
  return { appId, nameOf: ({ id }) => names.get(id) ?? id };
}

export function describeLists(stage: () => Stage): void {
  for (const listed of [false, true]) {
    const when = listed ? 'off its index' : 'before it is marked';
    for (const [filter, expected] of FILTERS) {
      it(`lists users by ${JSON.stringify(filter)} ${when}, in both directions and in pages of every size`, async () => {
        const { store } = stage();
        if (listed) await store.meta.compareAndSet(META.rowsListed, undefined, 'yes');
        const { appId, nameOf } = await people(store);
        for (const limit of [1, 2, 100]) {
          for (const sort of ['-created', 'created'] as const) {
            const all = await readAll((page) => store.users.list(appId, filter, { ...page, sort }), limit);
            const wanted = newestFirst(expected);
            assert.deepEqual(
              all.map(nameOf),
              sort === 'created' ? wanted.reverse() : wanted,
              `${sort} ${limit}`,
            );
          }
        }
      });
    }
  }

  it('lists users by their last log-in, those without one last in both directions', async () => {
    const { users } = stage().store;
    const { appId, nameOf } = await people(stage().store);
    const list = async (sort: UserListSort, filter: UserFilter = {}) =>
      (await readAll((page) => users.list(appId, filter, { ...page, sort }), 2)).map(nameOf);
    const never = others('locked', 'apple', 'anonymous', 'come');
    assert.deepEqual(await list('-lastLogin'), [
      'anonymous',
      'come',
      'apple',
      'locked',
      ...newestFirst(never),
    ]);
    assert.deepEqual(await list('lastLogin'), ['locked', 'apple', 'come', 'anonymous', ...never]);
    assert.deepEqual(await list('lastLogin', { lastLogin: MADE_AT + 2 * DAY_MS }), ['locked', 'apple']);
    assert.deepEqual(await list('-lastLogin', { lastLogin: 'never', factor: 'phone' }), ['phone', 'totp']);
    const search = (value: string) => ({ search: { by: 'any', values: [value] } }) as const;
    assert.deepEqual(await list('lastLogin', search('pho')), ['phone']);
    const named = ['come', 'apple', 'locked', ...newestFirst(never)];
    assert.deepEqual(await list('-lastLogin', search('@example.com')), named);
  });

  it('finds who was moved in by where they came from, and by their uid', async () => {
    const { users } = stage().store;
    const appId = anId();
    const moved = aUser({ appId, importedFrom: 'firebase:fb1' });
    await users.insertMany([moved, aUser({ appId, importedFrom: 'firebase:fb2' })]);
    await users.insert(aUser({ appId: anId(), importedFrom: 'firebase:fb3' }));
    const named = aUser({ appId });
    await users.insert(named);
    const found = async (origins: string[], handles: string[] = [], uids: string[] = []) =>
      (await users.findKnown(appId, { handles, origins, uids })).map(({ id }) => id).sort();
    assert.deepEqual(await found(['firebase:fb1']), [moved.id]);
    assert.deepEqual(await found(['firebase:fb3', 'firebase:fb', 'auth0:fb1'], ['nobody@x.io']), []);
    const many = Array.from({ length: 1_000 }, (_, n) => `firebase:x${n}`);
    const wanted = [moved.id, named.id].sort();
    assert.deepEqual(await found([...many, 'firebase:fb1'], [...many, named.handle]), wanted);
    const bySubject = aUser({ appId, uid: 'c'.repeat(32), subject: 'c'.repeat(32) });
    await users.insert(bySubject);
    const uids = [named.uid, bySubject.uid];
    assert.deepEqual(await found([], [], [...uids, 'd'.repeat(32)]), [named.id, bySubject.id].sort());
    await users.remove(appId, moved.id);
    assert.deepEqual(await found(['firebase:fb1']), []);
  });

  it('follows a log-in and every change of a user', async () => {
    const { users } = stage().store;
    const appId = anId();
    const [one, two] = [aUser({ appId, lastLogin: MADE_AT }), aUser({ appId, createdAt: MADE_AT + 1 })];
    await users.insertMany([one, two]);
    const ids = async (filter: UserFilter, sort: UserListSort = '-created') =>
      (await users.list(appId, filter, { sort, limit: 5 })).rows.map(({ id }) => id);
    assert.deepEqual(await ids({}, '-lastLogin'), [one.id, two.id]);
    await users.recordLogin(two, MADE_AT + 1);
    assert.deepEqual(await ids({}, '-lastLogin'), [two.id, one.id]);
    assert.deepEqual(await ids({ lastLogin: 'never' }), []);
    assert.ok(await users.replace({ ...one, status: 'suspend', locale: 'FR' }));
    assert.deepEqual(await ids({ status: 'suspend' }), [one.id]);
    assert.deepEqual(await ids({ locale: 'FR' }), [one.id]);
    assert.deepEqual(await ids({ locale: 'EN' }), [two.id]);
    await users.remove(appId, one.id);
    assert.deepEqual(await ids({ status: 'suspend' }), []);
  });

  it('finds users by id, uid, number, handle and name: that very one, else beginnings, else among the newest', async () => {
    const { users } = stage().store;
    const { appId, nameOf } = await people(stage().store);
    const all = await readAll((page) => users.list(appId, {}, { ...page, sort: 'created' }), 50);
    const [first = assert.fail()] = all;
    type Search = NonNullable<UserFilter['search']>;
    const find = async (by: Search['by'], value: string, filter: UserFilter = {}) => {
      const values = [...new Set([value, value.toLowerCase()])];
      const page = { sort: 'created', limit: 50 } as const;
      const { rows, searched } = await users.list(appId, { ...filter, search: { by, values } }, page);
      return [searched, ...rows.map(nameOf)];
    };
    assert.deepEqual(await find('id', first.id), ['exact', 'plain']);
    assert.deepEqual(await find('id', first.uid.toUpperCase()), ['exact', 'plain']);
    assert.deepEqual(await find('id', anId()), ['exact']);
    assert.deepEqual(await find('phone', '+4366012345678'), ['exact', 'phone']);
    assert.deepEqual(await find('phone', '+43660'), ['exact']);
    assert.deepEqual(await find('any', 'phoney'), ['exact', 'phone']);
    assert.deepEqual(await find('handle', 'phoney'), ['newest 1000']);
    assert.deepEqual(await find('userName', 'phone@example.com'), ['newest 1000']);
    assert.deepEqual(await find('handle', 'Phone@Example.com'), ['exact', 'phone']);
    assert.deepEqual(await find('any', 'ANON_1'), ['exact', 'anonymous']);
    assert.deepEqual(await find('any', 'pho'), ['beginning', 'phone']);
    assert.deepEqual(await find('any', 'phone@e', { factor: 'totp' }), ['beginning']);
    assert.deepEqual(await find('any', 'to'), ['newest 1000', 'totp']);
    assert.deepEqual(await find('any', '@example', { locale: 'DE' }), ['newest 1000', 'pending', 'google']);
  });

  it('pages through beginnings, also of users that were made in the same moment', async () => {
    const { users } = stage().store;
    const appId = anId();
    const crowd = Array.from({ length: 60 }, (_, n) => aUser({ appId, handle: `crowd${n}@example.com` }));
    await users.insertMany([...crowd, aUser({ appId, handle: 'other@example.com' })]);
    for (const sort of ['created', '-created'] as const) {
      const search = { by: 'any', values: ['crowd'] } as const;
      const all = await readAll((page) => users.list(appId, { search }, { ...page, sort }), 7);
      assert.deepEqual(all.map(({ id }) => id).sort(), crowd.map(({ id }) => id).sort());
    }
  });

  it('checks a further filter on 1,000 users a page, and goes on from there', async () => {
    const { users } = stage().store;
    const appId = anId();
    const crowd = Array.from({ length: 1_500 }, (_, n) => aUser({ appId, createdAt: MADE_AT + n }));
    await users.insertMany([aUser({ appId, createdAt: MADE_AT - 1, twoFactorTotp: true }), ...crowd]);
    const filter = { factor: 'totp', createdFrom: MADE_AT - 5 } as const;
    const page = { sort: '-lastLogin', limit: 5 } as const;
    const first = await users.list(appId, filter, page);
    assert.deepEqual([first.rows.length, first.next === undefined], [0, false]);
    const second = await users.list(appId, filter, { ...page, after: first.next });
    assert.deepEqual([second.rows.length, second.next], [1, undefined]);
  });

  it('shows none twice and misses none that stayed while users come and go', async () => {
    const { users } = stage().store;
    const appId = anId();
    const count = 10_000;
    const crowd = Array.from({ length: count }, (_, n) =>
      aUser({ appId, createdAt: MADE_AT + Math.floor(n / 7) }),
    );
    await users.insertMany(crowd);
    const seen: string[] = [];
    const gone = new Set<string>();
    let after: Place | undefined;
    for (let page = 0; ; page++) {
      const read = await users.list(appId, {}, { sort: '-created', limit: 100, after });
      seen.push(...read.rows.map(({ id }) => id));
      if (!read.next) break;
      after = read.next;
      if (page >= 100) continue;
      const leaving = crowd[(page * 7_919) % count];
      if (leaving) {
        await users.remove(appId, leaving.id);
        if (!seen.includes(leaving.id)) gone.add(leaving.id);
      }
      await users.insert(aUser({ appId, createdAt: MADE_AT + ((page * 31) % 1_400) }));
    }
    assert.equal(new Set(seen).size, seen.length, 'none twice');
    const missed = crowd.filter(({ id }) => !seen.includes(id) && !gone.has(id));
    assert.deepEqual(missed, []);
  });

  it('renews what rows are listed by, and says of how many that was missing', async () => {
    const { store, engine } = stage();
    const appId = anId();
    const user = aUser({ appId, status: 'suspend' });
    const invite = anInvite({ appId });
    await store.users.insertMany([user, aUser({ appId })]);
    await store.invites.insert(invite);
    assert.equal(await store.users.relist(appId, running), 0);
    assert.equal(await store.invites.relist(appId, running), 0);
    const row = (table: 'users' | 'invites', id: string) => ({
      appId,
      id,
      revision: 1,
      createdAt: MADE_AT,
      table,
    });
    for (const { table, ...bare } of [row('users', user.id), row('invites', invite.id)]) {
      assert.equal(await engine.relist(table, { ...bare, prefixes: [], dueAt: undefined }), true);
      assert.equal(await engine.relist(table, { ...bare, revision: 9, prefixes: ['x'], dueAt: 1 }), false);
    }
    await store.meta.compareAndSet(META.rowsListed, undefined, 'yes');
    const listed = async () => [
      (await store.users.list(appId, { status: 'suspend' }, { sort: 'created', limit: 5 })).rows.length,
      (await store.invites.list(appId, { state: 'waiting', now: MADE_AT }, { limit: 5 })).rows.length,
    ];
    assert.deepEqual(
      await stage().another().users.list(appId, { status: 'suspend' }, { sort: 'created', limit: 5 }),
      { rows: [] },
    );
    assert.equal(await store.users.relist(appId, running), 1);
    assert.equal(await store.invites.relist(appId, running), 1);
    assert.deepEqual(await listed(), [1, 1]);
    assert.deepEqual(await store.users.find(appId, user.id), user, 'the revision stays');
  });

  it('lists signups by state and handle', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const now = MADE_AT + 1_000;
    const ending = (expiresAt: number) => aCode({ expiresAt });
    const rows = {
      waiting: aSignup({ appId, handle: 'waiting@example.com', code: ending(now + 1) }),
      waitsLonger: aSignup({
        appId,
        handle: 'longer@example.com',
        code: ending(now - 5),
        expiresAt: now + 2,
      }),
      expired: aSignup({ appId, handle: 'expired@example.com', code: ending(now), createdAt: MADE_AT + 1 }),
      verified: aSignup({
        appId,
        handle: 'verified@example.com',
        status: 'verified',
        createdAt: MADE_AT + 2,
      }),
      active: aSignup({ appId, handle: 'active@example.com', status: 'active', createdAt: MADE_AT + 3 }),
    };
    await signups.insertMany(Object.values(rows));
    const nameOf = ({ handle }: { handle: string }) => handle.split('@')[0];
    const list = async (filter: { state?: 'waiting' | 'verified' | 'expired'; search?: string[] }) =>
      (await readAll((page) => signups.list(appId, { ...filter, now }, page), 1)).map(nameOf);
    assert.deepEqual(await list({ state: 'waiting' }), ['longer', 'waiting']);
    assert.deepEqual(await list({ state: 'expired' }), ['expired']);
    assert.deepEqual(await list({ state: 'verified' }), ['active', 'verified']);
    assert.deepEqual((await list({})).slice(0, 3), ['active', 'verified', 'expired']);
    assert.equal((await list({})).length, 5);
    assert.deepEqual(await list({ search: ['verified@example.com'] }), ['verified']);
    assert.deepEqual(await list({ search: ['verif'], state: 'waiting' }), []);
    assert.deepEqual(await list({ search: ['@example'], state: 'expired' }), ['expired']);
  });

  for (const listed of [false, true]) {
    it(`lists invites by state, sender and handle ${listed ? 'off their index' : 'before they are marked'}`, async () => {
      const { store } = stage();
      const { invites, meta } = store;
      if (listed) await meta.compareAndSet(META.rowsListed, undefined, 'yes');
      const appId = anId();
      const now = MADE_AT + 1_000;
      const of = (name: string, n: number) => ({
        appId,
        handle: `${name}@example.com`,
        createdAt: MADE_AT + n,
      });
      const withdrawn = anInvite({ ...of('withdrawn', 3), status: 'withdrawn', updatedAt: MADE_AT + 9 });
      await invites.insertMany([
        anInvite({ ...of('waiting', 0), code: aCode({ expiresAt: now + 1 }) }),
        anInvite({ ...of('expired', 1), code: aCode({ expiresAt: now }), senderHandle: 'eve@example.com' }),
        anInvite({ ...of('accepted', 2), status: 'verified' }),
        withdrawn,
      ]);
      const list = async (filter: object) =>
        (await readAll((page) => invites.list(appId, { ...filter, now }, page), 1)).map(
          ({ handle }) => handle.split('@')[0],
        );
      for (const state of ['waiting', 'expired', 'accepted', 'withdrawn']) {
        assert.deepEqual(await list({ state }), [state]);
      }
      assert.deepEqual(await list({}), ['withdrawn', 'accepted', 'expired', 'waiting']);
      assert.deepEqual(await list({ senderHandle: 'eve@example.com' }), ['expired']);
      assert.deepEqual(await list({ senderHandle: 'eve@example.com', state: 'waiting' }), []);
      assert.deepEqual(await list({ search: ['withdrawn@example.com'] }), ['withdrawn']);
      assert.deepEqual(await list({ search: ['acc'] }), ['accepted']);
      assert.deepEqual(await list({ search: ['zzz'] }), []);

      // For everybody else it is gone, and the same sender may invite again.
      assert.deepEqual(await invites.listByHandle(appId, withdrawn.handle), []);
      assert.equal(await invites.findBySender(appId, withdrawn.handle, withdrawn.senderHandle), undefined);
      assert.equal((await invites.page(appId, { offset: 0, limit: 9 })).total, 3);
      assert.deepEqual(await invites.search(appId, { value: 'withdrawn', limit: 5 }), []);
      const again = anInvite({ appId, handle: withdrawn.handle });
      await invites.insert(again);
      assert.equal(await invites.removeWithdrawn(appId, MADE_AT + 9, 10), 0);
      assert.equal(await invites.removeWithdrawn(appId, MADE_AT + 10, 10), 1);
      assert.equal(await invites.find(appId, withdrawn.id), undefined);
      assert.ok(await invites.find(appId, again.id));
      await invites.insert(anInvite({ appId, handle: 'x@example.com', status: 'withdrawn' }));
      assert.equal(await invites.removeByHandle(appId, 'x@example.com'), 1);
    });
  }

  it('lists the rows of a log by handle, however it was typed, and by what they say', async () => {
    const { activity } = stage().store;
    const appId = anId();
    const rows = Array.from({ length: 20 }, (_, n) =>
      anActivity({
        appId,
        createdAt: MADE_AT + n,
        id: aRowId(),
        handle: n % 5 === 0 ? ' Ada@Example.com' : `${n}@example.com`,
        status: n % 4 === 0 ? 'error' : 'success',
        action: n % 2 === 0 ? 'login' : 'signup',
      }),
    );
    await activity.insertMany(rows);
    const list = async (filter: object) =>
      (await readAll((page) => activity.list(appId, filter, page), 3)).map(
        ({ createdAt }) => createdAt - MADE_AT,
      );
    assert.deepEqual(
      await list({}),
      Array.from({ length: 20 }, (_, n) => 19 - n),
    );
    assert.deepEqual(await list({ handle: 'ada@example.com' }), [15, 10, 5, 0]);
    assert.deepEqual(await list({ handle: 'ada@example.com', status: 'error' }), [0]);
    assert.deepEqual(await list({ handle: 'nobody@example.com' }), []);
    assert.deepEqual(await list({ status: 'error' }), [16, 12, 8, 4, 0]);
    assert.deepEqual(await list({ actions: ['signup'], from: MADE_AT + 5, to: MADE_AT + 9 }), [7, 5]);
    assert.deepEqual(await list({ logType: 'app' }), []);
  });
}
