import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { META } from '../../server/ports/store/meta.ts';
import type { Store } from '../../server/ports/store/store.ts';
import type { UserFilter, UserListSort } from '../../server/ports/store/users.ts';
import type { Engine, Filter, WalkOptions } from '../../server/store/engine.ts';
import type { TableName } from '../../server/store/tables.ts';
import { anId, MADE_AT } from '../support/records.ts';
import { type OpenEngine, storeOver } from './stage.ts';

export interface Walk {
  table: TableName;
  filter: Filter;
  options: WalkOptions;
}
/** Index entries and rows that a database would look at, and which index it takes. */
export interface Plan {
  index: string;
  /** Whether it sorts what the index did not. */
  sorts: boolean;
}

const SORTS: readonly UserListSort[] = ['created', '-created', 'lastLogin', '-lastLogin'];
/** The index that each filter by itself is served by, in the order of age. */
const USERS: [UserFilter, 'newest' | 'prefix' | 'used'][] = [
  [{}, 'newest'],
  [{ status: 'active' }, 'newest'],
  [{ status: 'suspend' }, 'prefix'],
  [{ status: 'pending' }, 'prefix'],
  [{ status: 'locked' }, 'prefix'],
  [{ provider: 'password' }, 'prefix'],
  [{ provider: 'apple' }, 'prefix'],
  [{ provider: 'google' }, 'prefix'],
  [{ provider: 'anonymous' }, 'prefix'],
  [{ factor: 'none' }, 'newest'],
  [{ factor: 'totp' }, 'prefix'],
  [{ factor: 'phone' }, 'prefix'],
  [{ locale: 'DE' }, 'prefix'],
  [{ createdFrom: MADE_AT, createdBefore: MADE_AT + 1 }, 'newest'],
  [{ lastLogin: 'never' }, 'used'],
  [{ lastLogin: MADE_AT }, 'newest'],
  [{ waitsForPassword: true }, 'prefix'],
  [{ waitsForPassword: false }, 'newest'],
  [{ search: { by: 'any', values: ['beginning'] } }, 'prefix'],
  [{ locale: 'DE', createdFrom: MADE_AT }, 'prefix'],
];

/**
 * Every list goes along an index, from wherever a page begins. `names`: what the engine calls the index of a
 * kind.
 */
export function describePlans(
  openEngine: OpenEngine,
  planOf: (walk: Walk) => Promise<Plan[]>,
  names: Readonly<Record<string, string>>,
): void {
  let engine: Engine;
  let store: Store;
  let walks: Walk[] = [];
  before(async () => {
    engine = await openEngine();
    const walk: Engine['walk'] = (table, filter, options) => {
      walks.push({ table, filter, options });
      return engine.walk(table, filter, options);
    };
    store = storeOver({ ...engine, walk });
    await store.meta.compareAndSet(META.rowsListed, undefined, 'yes');
  });
  after(() => store.close());

  async function assertServed(expected: readonly string[], list: () => Promise<unknown>): Promise<void> {
    walks = [];
    await list();
    const used = new Set<string>();
    const first = walks;
    for (const walk of first) {
      const { by } = walk.options;
      const place = by === 'createdAt' ? [MADE_AT, 1] : [MADE_AT, MADE_AT, 'f'.repeat(24)];
      const after =
        walk.filter.prefix === undefined && by === 'createdAt' ? [MADE_AT, 'f'.repeat(24)] : place;
      for (const behind of [undefined, after]) {
        for (const { index, sorts } of await planOf({
          ...walk,
          options: { ...walk.options, after: behind },
        })) {
          assert.equal(sorts, false, `sorts after ${JSON.stringify(walk)}`);
          used.add(index);
        }
      }
    }
    assert.deepEqual([...used].sort(), expected.map((kind) => names[kind] ?? kind).sort());
  }

  for (const [filter, kind] of USERS) {
    for (const sort of SORTS) {
      it(`goes along an index for users with ${JSON.stringify(filter)} by ${sort}`, () => {
        const isByLogin = sort.endsWith('lastLogin');
        const kinds = isByLogin ? ['used'] : [kind];
        // A search looks whether anybody's name begins so, and in the end among the newest.
        if (filter.search) kinds.splice(0, 1, 'prefix', 'newest');
        return assertServed(kinds, () => store.users.list(anId(), filter, { sort, limit: 25 }));
      });
    }
  }

  const at = { now: MADE_AT };
  for (const [state, kind] of [
    [undefined, 'signups newest'],
    ...(['waiting', 'expired', 'verified'] as const).map((each) => [each, 'signups ending'] as const),
  ] as const) {
    it(`goes along an index for signups ${state ?? 'of every state'}`, () =>
      assertServed([kind], () => store.signups.list(anId(), { ...at, state }, { limit: 25 })));
  }
  for (const [filter, kind] of [
    [{}, 'invites newest'],
    ...(['waiting', 'expired', 'withdrawn'] as const).map((state) => [{ state }, 'invites ending'] as const),
    [{ state: 'accepted' }, 'invites ending'],
    [{ senderHandle: 'ada@example.com' }, 'invites prefix'],
  ] as const) {
    it(`goes along an index for invites with ${JSON.stringify(filter)}`, () =>
      assertServed([kind], () => store.invites.list(anId(), { ...at, ...filter }, { limit: 25 })));
  }
  for (const [filter, kind] of [
    [{}, 'activity newest'],
    [{ logType: 'app' }, 'activity newest'],
    [{ actions: ['login'], from: MADE_AT, to: MADE_AT + 1 }, 'activity newest'],
    [{ status: 'success' }, 'activity newest'],
    [{ status: 'error' }, 'activity errors'],
    [{ handle: 'ada@example.com' }, 'activity handle'],
  ] as const) {
    it(`goes along an index for a log with ${JSON.stringify(filter)}`, () =>
      assertServed([kind], () => store.activity.list(anId(), filter, { limit: 25 })));
  }
}
