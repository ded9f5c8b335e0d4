import type { Signup } from '../../model/signup.ts';
import type { User, UserStatus } from '../../model/user.ts';
import type { KeyPageRequest, ListedRows, Page, PageRequest, Total } from './page.ts';

/** All must fit. Times are epoch ms. */
export interface UserFilter {
  /**
   * `id`: row id or `uid`; `phone`: a verified number; else the handle or user name is one of `values`, or
   * else begins with one (from 3 characters on), or else contains one (the newest 1,000 users).
   */
  search?: { by: 'any' | 'handle' | 'userName' | 'id' | 'phone'; values: readonly string[] };
  /** `locked`: whatever the status. */
  status?: UserStatus | 'locked';
  provider?: 'password' | 'apple' | 'google' | 'anonymous';
  factor?: 'none' | 'totp' | 'phone';
  locale?: string;
  /** Inclusive. */
  createdFrom?: number;
  /** Exclusive. */
  createdBefore?: number;
  /** Logged in, but not since then. */
  lastLogin?: 'never' | number;
  waitsForPassword?: boolean;
}
/** Descending with `-`; those who never logged in come last in both directions of `lastLogin`. */
export type UserListSort = 'created' | '-created' | 'lastLogin' | '-lastLogin';

/** A user was here on a UTC day, counted since 1970. */
export interface Visit {
  appId: string;
  userId: string;
  day: number;
}

export interface UserStore {
  /**
   * Check and write are one step: of two racing inserts one rejects with `handle_taken` (handle),
   * `user_name_taken` or `handle_taken` (same social id, same `subject`). Inserting the same id and handle
   * again also rejects.
   */
  insert(user: User): Promise<void>;
  /**
   * As `insert`, and replaces the signup that becomes the user: in one step on the embedded database, the
   * user first elsewhere. Answers what `SignupStore.replace` does; the user is there either way.
   */
  insertSettling(user: User, signup: Signup): Promise<Signup | undefined>;
  /** Many at once, for an import. Not atomic; rejects at the first conflict as `insert` does. */
  insertMany(users: readonly User[]): Promise<void>;
  /**
   * The same, but whoever meets another is left out; answers which were inserted. Noted: they
   * outlive a killed process, and the power with the next write that does.
   */
  insertNew(users: readonly User[]): Promise<boolean[]>;
  find(appId: string, userId: string): Promise<User | undefined>;
  /**
   * As `find`, but may answer a user as they were up to two seconds ago, where another process wrote them
   * meanwhile: for what only reads.
   */
  findLately(appId: string, userId: string): Promise<User | undefined>;
  findByHandle(appId: string, handle: string): Promise<User | undefined>;
  findByUserName(appId: string, userName: string): Promise<User | undefined>;
  findBySocialId(appId: string, provider: 'apple' | 'google', subject: string): Promise<User | undefined>;
  /** Whom the app's JWTs mean by this `sub`; finds only users whose `subject` is recorded. */
  findBySubject(appId: string, subject: string): Promise<User | undefined>;
  /**
   * Who has one of these handles, `importedFrom` or uids, in no order; one who fits twice may come twice.
   * Some thousands at most.
   */
  findKnown(
    appId: string,
    known: { handles: readonly string[]; origins: readonly string[]; uids: readonly string[] },
  ): Promise<User[]>;
  /** Users of the app whose verified number this is; a look-up, not a uniqueness promise. */
  findByVerifiedPhone(appId: string, phone: string): Promise<User[]>;
  /**
   * See `Store`. Rejects with `user_name_taken`, `handle_taken`, or `phone_taken` (unique per app over
   * verified numbers). `lastLogin` and `lastSeenDay` are left alone.
   */
  replace(user: User): Promise<User | undefined>;
  /**
   * As `replace`, for what no user is found or listed by, and what may be as it was before when the machine
   * loses its power within a second: where somebody was.
   */
  note(user: User): Promise<User | undefined>;
  /**
   * Sets `lastLogin` without moving the revision; false when the user is gone or was written since.
   * `changed`: the user with other `networks`, stored in the same write, which moves it. `seenDay` becomes
   * `lastSeenDay` in the same write; false when that was moved meanwhile.
   */
  recordLogin(user: User, at: number, changed?: User, seenDay?: number): Promise<boolean>;
  /**
   * Moves `lastSeenDay` ahead without moving the revision; answers the visits that were the first of their
   * day, each once whatever number of processes tell of it, and rejects only when there is none to answer. A
   * few hundred at most.
   */
  recordVisits(visits: readonly Visit[]): Promise<(Visit & { lastSeenDay: number | undefined })[]>;
  remove(appId: string, userId: string): Promise<boolean>;
  page(appId: string, page: PageRequest & { hideAnonymous?: boolean }): Promise<Page<User>>;
  /** How many the app has: half the work of `count`. */
  size(appId: string): Promise<number>;
  count(appId: string): Promise<{ total: number; anonymous: number }>;
  /**
   * Handles and user names that are `value`, begin with it (from 3 characters on, over all users), or contain
   * it (among the newest 1,000 users), case-sensitive, by handle.
   */
  search(
    appId: string,
    query: { value: string; hideAnonymous?: boolean; limit: number; offset?: number },
  ): Promise<User[]>;
  /**
   * A page by key: one filter is served by its index, the one that fewest users fit, further ones are checked
   * on at most 1,000 users a page, which may then come back short.
   */
  list(
    appId: string,
    filter: UserFilter,
    page: KeyPageRequest & { sort: UserListSort },
  ): Promise<ListedRows<User>>;
  /** Renews what the users of an app are listed by; answers of how many that was missing or another. */
  relist(appId: string, isStopped: () => boolean): Promise<number>;
  total(appId: string): Promise<Total>;
  /** How many were made at that time or later. */
  countSince(appId: string, from: number): Promise<number>;
  /** All users in batches by id, for an export. */
  stream(appId: string): AsyncIterable<User>;
  /** Those whose `subject` is not recorded, or not under its unique key; by id, each once. */
  streamWithoutSubject(appId: string): AsyncIterable<User>;
  removeAll(appId: string): Promise<number>;
}
