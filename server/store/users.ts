import { isAnonymous, type User } from '../model/user.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { UserStore } from '../ports/store/users.ts';
import type { Engine, Filter } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { prefixesOf, search } from './search.ts';

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
function mapping(lookups: Lookups): RecordMapping<User> {
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
        prefixes: prefixesOf(lookups, appId, [handle, userName]),
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

/** `UserStore` over an engine. */
export function createUserStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): UserStore {
  const records = new Records(engine, mapping(lookups), sealing);
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

  return {
    insert: (user) => records.insert(user),
    insertMany: (users) => records.insertMany(users),
    find: (appId, userId) => records.find(appId, userId),
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
    recordLogin: (appId, userId, at) => engine.touch('users', appId, userId, at),
    async recordVisits(visits) {
      const rows = visits.map(({ appId, userId, day }) => ({ appId, id: userId, day }));
      const moved = await engine.see('users', rows);
      return moved.map(({ appId, id, day, before }) => ({ appId, userId: id, day, lastSeenDay: before }));
    },
    remove: (appId, userId) => records.remove(appId, userId),
    page: (appId, { hideAnonymous, ...page }) => records.page(filterOf(appId, hideAnonymous), page),
    size: (appId) => records.count({ appId }),
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
    stream: (appId) => records.stream({ appId }),
    streamWithoutSubject: (appId) => records.stream({ appId, lacking: 'subject' }),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}
