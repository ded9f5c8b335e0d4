import { type Signup, signupEnd } from '../model/signup.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { SignupStore } from '../ports/store/signups.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { prefixesOf, search } from './search.ts';
import { listSignups } from './signup-list.ts';
import { HOST_SCOPE } from './tables.ts';
import { createTotals } from './totals.ts';

export const SIGNUP_FIELDS: SealedFields<Signup> = {
  secret: ['passwordHash', 'requests'],
  personal: ['handle', 'metaData'],
  whole: true,
};

function mapping(lookups: Lookups): RecordMapping<Signup> {
  return {
    table: 'signups',
    sealed: SIGNUP_FIELDS,
    toRow: ({ id, appId, revision, createdAt, ...fields }) => ({
      id,
      appId,
      revision,
      createdAt,
      fields,
      keys: { handle: lookups.key(appId, 'handle', fields.handle), link: linkKey(lookups, id) },
      prefixes: prefixesOf(lookups, appId, [fields.handle]),
      dueAt: fields.status === 'pending' ? signupEnd(fields) : undefined,
    }),
    toRecord: ({ id, appId, revision, createdAt }, fields) =>
      ({ ...fields, id, appId, revision, createdAt }) as Signup,
  };
}

function linkKey(lookups: Lookups, signupId: string): string {
  return lookups.key(HOST_SCOPE, 'signupLink', signupId);
}

/** Signups as rows. */
export function signupRecords(engine: Engine, lookups: Lookups, sealing: SealingDeps): Records<Signup> {
  return new Records(engine, mapping(lookups), sealing);
}

/** `SignupStore` over an engine. */
export function createSignupStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
  clock: Clock,
): SignupStore {
  const records = signupRecords(engine, lookups, sealing);
  const findByHandle = (appId: string, handle: string) =>
    records.findByKey(appId, 'handle', lookups.key(appId, 'handle', handle));

  return {
    insert: (signup) => records.insert(signup),
    insertMany: (signups) => records.insertMany(signups),
    find: (appId, signupId) => records.find(appId, signupId),
    findByHandle,
    findByLink: (signupId) =>
      records.findEverywhere('link', linkKey(lookups, signupId), ({ id }) => id === signupId),
    replace: (signup) => records.replace(signup),
    remove: (appId, signupId, revision) => records.remove(appId, signupId, revision),
    removeByHandle: (appId, handle) =>
      records.removeByKey(appId, 'handle', lookups.key(appId, 'handle', handle)),
    page: (appId, page) => records.page({ appId }, page),
    async search(appId, query) {
      return search({ records, lookups }, query, {
        filter: { appId },
        names: ({ handle }) => [handle],
        exact: [await records.findIntact(appId, 'handle', lookups.key(appId, 'handle', query.value))],
      });
    },
    list: (appId, filter, page) =>
      listSignups(
        {
          records,
          lookups,
          ofHandle: (_, handle) => records.findIntact(appId, 'handle', lookups.key(appId, 'handle', handle)),
        },
        appId,
        filter,
        page,
      ),
    total: createTotals(clock, (appId) => records.count({ appId })),
    countWaiting: (appId, now) => records.count({ appId, due: { from: now + 1 } }),
    stream: (appId) => records.stream({ appId }),
    removeExpired: (before, limit) => records.removeWhere({ due: { before } }, limit),
    ending: (from, before) => records.due({ due: { from, before } }),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}
