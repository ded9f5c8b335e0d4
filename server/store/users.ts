import { isAnonymous, type User } from '../model/user.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { UserFilter, UserStore } from '../ports/store/users.ts';
import type { Engine, Filter } from './engine.ts';
import { createMarks, type Mark } from './marks.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { prefixesOf, search } from './search.ts';
import { signupRecords } from './signups.ts';
import { createTotals } from './totals.ts';
import { listUsers, marksOf, type UserListDeps } from './user-list.ts';

export const USER_FIELDS: SealedFields<User> = {
  secret: ['passwordHash', 'totpSecret'],
  // A phone code names the number it was sent to.
  personal: [
    'handle',
    'userName',
    'subject',
    'socialUserId',
    'phone',
    'pendingPhone',
    'phoneCode',
    'metaData',
    'networks',
  ],
  whole: true,
};

/**
 * Users as rows. Where a user has no user name, social id or verified number, the unique key is `-` and the
 * row's own id; a row of an earlier version lacks its subject until that is filled in.
 */
function mapping(lookups: Lookups, mark: Mark): RecordMapping<User> {
  return {
    table: 'users',
    sealed: USER_FIELDS,
    conflicts: { userName: 'user_name_taken', phone: 'phone_taken' },
    toRow({ lastLogin, lastSeenDay, ...user }) {
      const { id, appId, revision, createdAt, ...fields } = user;
      const { handle, userName, subject, loginProvider, socialUserId, phone } = user;
      const none = `-${id}`;
      return {
        id,
        appId,
        revision,
        createdAt,
        touchedAt: lastLogin,
        seenDay: lastSeenDay,
        fields,
        keys: {
          handle: lookups.key(appId, 'handle', handle),
          userName: userName ? lookups.key(appId, 'userName', userName) : none,
          social: socialUserId ? socialKey(lookups, appId, loginProvider, socialUserId) : none,
          phone: phone && user.phoneVerified ? lookups.key(appId, 'phone', phone) : none,
          ...(subject !== undefined && { subject: lookups.key(appId, 'subject', subject) }),
        },
        prefixes: [
          ...prefixesOf(lookups, appId, [handle, userName]),
          ...marksOf(mark, { ...user, lastLogin }),
        ],
        tags: { anonymous: isAnonymous(handle) ? 'yes' : 'no' },
      };
    },
    toRecord: ({ id, appId, revision, createdAt, touchedAt, seenDay }, fields) =>
      ({
        ...fields,
        id,
        appId,
        revision,
        createdAt,
        ...(touchedAt !== undefined && { lastLogin: touchedAt }),
        ...(seenDay !== undefined && { lastSeenDay: seenDay }),
      }) as User,
  };
}
function socialKey(lookups: Lookups, appId: string, provider: string, subject: string): string {
  return lookups.key(appId, 'social', `${provider} ${subject}`);
}

/** Users opened at most because their mark is that of another: far more than there are. */
const SAME_MARK = 5;

/** `UserStore` over an engine. `isMarked`: whether every row is found by its marks. */
export function createUserStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
  { clock, isMarked }: { clock: Clock; isMarked: () => Promise<boolean> },
): UserStore {
  const mark = createMarks(lookups);
  const records = new Records(engine, mapping(lookups, mark), sealing);
  const signups = signupRecords(engine, lookups, sealing);
  const filterOf = (appId: string, hideAnonymous = false): Filter & { appId: string } =>
    hideAnonymous ? { appId, tags: { anonymous: 'no' } } : { appId };
  const findByHandle = (appId: string, handle: string) =>
    records.findByKey(
      appId,
      'handle',
      lookups.key(appId, 'handle', handle),
      (user) => user.handle === handle,
    );
  const findByUserName = (appId: string, userName: string) =>
    records.findByKey(
      appId,
      'userName',
      lookups.key(appId, 'userName', userName),
      (user) => user.userName === userName,
    );
  const findByUid = async (appId: string, uid: string) => {
    const bySubject = await records.findIntact(appId, 'subject', lookups.key(appId, 'subject', uid));
    if (bySubject?.uid === uid) return bySubject;
    const marked = await records.list(
      { appId, prefix: mark(appId, 'uid', uid) },
      { order: 'newest', limit: SAME_MARK },
    );
    return marked.find((user) => user.uid === uid);
  };
  const findNamed = (appId: string, by: NonNullable<UserFilter['search']>['by'], value: string) => {
    const handle = () => records.findIntact(appId, 'handle', lookups.key(appId, 'handle', value));
    const userName = () => records.findIntact(appId, 'userName', lookups.key(appId, 'userName', value));
    switch (by) {
      case 'any':
        return [handle(), userName()];
      case 'handle':
        return [handle()];
      case 'userName':
        return [userName()];
      case 'id':
        return [records.tryFind(appId, value), findByUid(appId, value)];
      case 'phone':
        return [records.findIntact(appId, 'phone', lookups.key(appId, 'phone', value))];
    }
  };
  const named: UserListDeps['named'] = async (appId, { by, values }) => {
    const found = await Promise.all(values.flatMap((value) => findNamed(appId, by, value)));
    return [...new Map(found.flatMap((user) => (user ? [[user.id, user] as const] : []))).values()];
  };

  return {
    insert: (user) => records.insert(user),
    insertSettling: (user, signup) => records.insertAndReplace(user, signups, signup),
    insertMany: (users) => records.insertMany(users),
    insertNew: (users) => records.insertNew(users),
    find: (appId, userId) => records.find(appId, userId),
    findLately: (appId, userId) => records.findLately(appId, userId),
    findByHandle,
    findByUserName,
    findBySocialId: (appId, provider, subject) =>
      records.findByKey(
        appId,
        'social',
        socialKey(lookups, appId, provider, subject),
        (user) => user.loginProvider === provider && user.socialUserId === subject,
      ),
    findBySubject: (appId, subject) =>
      records.findByKey(
        appId,
        'subject',
        lookups.key(appId, 'subject', subject),
        (user) => user.subject === subject,
      ),
    async findKnown(appId, { handles, origins, uids }) {
      const [wanted, from, of] = [new Set(handles), new Set(origins), new Set(uids)];
      const keys = (name: string, values: readonly string[]) =>
        values.map((value) => lookups.key(appId, name, value));
      const marks = (name: string, values: readonly string[]) =>
        values.map((value) => mark(appId, name, value));
      const [named, subjects, marked] = await Promise.all([
        records.findAny(appId, { key: 'handle' }, keys('handle', handles)),
        records.findAny(appId, { key: 'subject' }, keys('subject', uids)),
        records.findAny(appId, 'prefix', [...marks('importedFrom', origins), ...marks('uid', uids)]),
      ]);
      return [
        ...named.filter(({ handle }) => wanted.has(handle)),
        ...subjects.filter(({ uid }) => of.has(uid)),
        ...marked.filter(({ importedFrom = '', uid }) => from.has(importedFrom) || of.has(uid)),
      ];
    },
    async findByVerifiedPhone(appId, phone) {
      const user = await records.findByKey(
        appId,
        'phone',
        lookups.key(appId, 'phone', phone),
        (user) => user.phone === phone,
      );
      return user ? [user] : [];
    },
    replace: (user) => records.replace(user),
    note: (user) => records.note(user),
    recordLogin({ appId, id, revision, lastSeenDay }, at, changed, seenDay) {
      const seen = seenDay === undefined ? undefined : { day: seenDay, before: lastSeenDay };
      return changed
        ? records.rewriteTouched(changed, at, seen)
        : engine.touch('users', { appId, id, revision, seen }, at);
    },
    async recordVisits(visits) {
      const rows = visits.map(({ appId, userId, day }) => ({ appId, id: userId, day }));
      const moved = await engine.see('users', rows);
      return moved.map(({ appId, id, day, before }) => ({ appId, userId: id, day, lastSeenDay: before }));
    },
    remove: (appId, userId) => records.remove(appId, userId),
    page: (appId, { hideAnonymous, ...page }) => records.page(filterOf(appId, hideAnonymous), page),
    size: (appId) => records.count({ appId }),
    countSince: (appId, from) => records.count({ appId, createdFrom: from }),
    async count(appId) {
      const [total, anonymous] = await Promise.all([
        records.count({ appId }),
        records.count({ appId, tags: { anonymous: 'yes' } }),
      ]);
      return { total, anonymous };
    },
    async search(appId, { hideAnonymous = false, ...query }) {
      const named = await Promise.all(
        ['handle', 'userName'].map((kind) =>
          records.findIntact(appId, kind, lookups.key(appId, kind, query.value)),
        ),
      );
      return search({ records, lookups }, query, {
        filter: filterOf(appId, hideAnonymous),
        names: ({ handle, userName }) => [handle, userName],
        exact: named.filter((user) => user && !(hideAnonymous && isAnonymous(user.handle))),
      });
    },
    list: (appId, filter, page) =>
      listUsers({ records, lookups, mark, isMarked, named }, appId, filter, page),
    total: createTotals(clock, (appId) => records.count({ appId })),
    relist: (appId, isStopped) => records.relist(appId, isStopped),
    stream: (appId) => records.stream({ appId }),
    streamWithoutSubject: (appId) => records.stream({ appId, lacking: 'subject' }),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}
