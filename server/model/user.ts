export type UserStatus = 'active' | 'suspend' | 'pending';
export type LoginProvider = '' | 'apple' | 'google';
export type Metadata = { [name: string]: unknown };

/** A sent code at rest: only its keyed digest. Tries are counted in the store's counters under `id`. */
export interface StoredCode {
  /** Random, names this code in the counters. */
  id: string;
  digest: string;
  expiresAt: number;
  /** Keyed hash of the place that asked for it, which keeps tries of its own whatever others do. */
  asker?: string;
  /** An SMS log-in code is bound to the `jti` of its login token, a phone code to its number. */
  boundTo?: string;
}

/** A token of a session that counts. */
interface SessionToken {
  /** Of those of the session, in the order they were made; the log-in's own is number 0. */
  number: number;
  expiresAt: number;
  /** When it was renewed first: it counts for a moment longer. */
  renewedAt?: number;
  /** How often it was renewed. */
  successors?: number;
}

/** A session that was renewed, until its last token ends. */
export interface RenewedSession {
  /** The `jti` of the log-in's own token. */
  sid: string;
  /** The number of the newest token. */
  last: number;
  /** Epoch ms of the log-in. */
  authTime: number;
  /** When the log-in's own token ends: as long it must be known that it was renewed. */
  firstEndsAt: number;
  /** The last time. */
  renewedAt: number;
  /** By number; what is not here counts no more. */
  tokens: readonly SessionToken[];
}

/** A person's account in one app. */
export interface User {
  /** 24 hex digits; `_id` on the wire, `userId` in access tokens. */
  id: string;
  appId: string;
  revision: number;
  /** 32 hex digits, immutable; `sub` in the format `uid`. */
  uid: string;
  /**
   * The `sub` of the user's JWTs in this app; no two users of an app share one. Absent in rows of before
   * until it is filled in.
   */
  subject?: string;
  handle: string;
  userName?: string;
  /**
   * PHC string (Argon2id) or bcrypt of an imported user; absent for anonymous and social users, and until one
   * is chosen.
   */
  passwordHash?: string;
  status: UserStatus;
  locale: string;
  loginProvider: LoginProvider;
  /** The provider's `sub`. */
  socialUserId?: string;
  /** The number in force; kept while a new one is being verified. */
  phone?: string;
  phoneVerified: boolean;
  /** A number waiting for its code. */
  pendingPhone?: string;
  phoneCode?: StoredCode;
  /** SMS log-in code. */
  smsCode?: StoredCode;
  resetCode?: StoredCode;
  /** A handle waiting for its code. */
  pendingHandle?: string;
  handleCode?: StoredCode;
  twoFactorPhone: boolean;
  twoFactorTotp: boolean;
  /** Base32, upper case, no blanks. Present while TOTP is on. */
  totpSecret?: string;
  /** The last accepted time step; only a greater one is accepted (RFC 6238 §5.2). */
  totpLastStep?: number;
  /** A secret that waits for its first code; `proven`: by somebody who had whatever guarded the account. */
  pendingTotp?: { id: string; secret: string; startedAt: number; proven: boolean };
  /** Keyed digests of unused recovery codes. */
  recoveryCodes: string[];
  metaData: Metadata;
  /**
   * The account began without the fields of its app: until the user sets them, once and whichever they are,
   * tokens leave out what is missing.
   */
  metadataDue?: boolean;
  /** Moves to end every older access token. */
  epoch: number;
  /** Counts changes of the second factor: they end pending log-ins, not access tokens. Absent = 0. */
  factorChanges?: number;
  /** When every session was ended at once, the last time. */
  sessionsEndedAt?: number;
  /** Where the account came from, when it was moved in from elsewhere. */
  importedFrom?: string;
  /** Sessions that ended, by the `jti` of the log-in's own token, until that expires. */
  revokedTokens: { jti: string; expiresAt: number }[];
  /** Absent = none. */
  sessions?: RenewedSession[];
  /** Of sessions that began earlier only those in `sessions` count; absent = all do. */
  sessionsSince?: number;
  /** Set by `maxLoginAttempts`; blocks log-in only. */
  lockedAt?: number;
  /** Came with an import: nobody has logged in as this user before the first `lastLogin`. */
  waitsForPassword?: boolean;
  /** How often lock and waits were ended: what was counted before means nothing any more. Absent = 0. */
  waitsEnded?: number;
  /**
   * Where the user proved who they are, the latest first: at most eight networks as keyed hashes, each with
   * its last UTC day since 1970.
   */
  networks?: { network: string; day: number }[];
  /** Written only by `recordLogin`; `replace` leaves it alone. */
  lastLogin?: number;
  /** Last UTC day since 1970 the user was here, for figures; written only by `recordVisits`. */
  lastSeenDay?: number;
  createdAt: number;
  updatedAt: number;
}

/** Whether somebody who signed up has no password yet: a code by mail lets them choose one. */
export function lacksPassword(user: Pick<User, 'passwordHash' | 'loginProvider' | 'handle'>): boolean {
  return user.passwordHash === undefined && user.loginProvider === '' && !isAnonymous(user.handle);
}

/** What a login token must carry to count: moves with every password and factor change. */
export function loginEpoch(user: User): number {
  return user.epoch + (user.factorChanges ?? 0);
}

const ANONYMOUS_MARK = 'ANON_';
/** Whether a handle is that of an anonymous user (contract §7 step 4). */
export function isAnonymous(handle: string): boolean {
  return handle.includes(ANONYMOUS_MARK);
}
