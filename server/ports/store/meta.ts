/** A few named texts of the host itself: schema, wrapped data key, server secret generation. */
export interface MetaStore {
  get(name: string): Promise<string | undefined>;
  /** Writes only if the stored value still is `expected` (undefined = absent); one step. */
  compareAndSet(name: string, expected: string | undefined, value: string): Promise<boolean>;
}

/** Names used in `meta`. */
export const META = {
  /** Wrapped data key and its salt, JSON. */
  dataKey: 'dataKey',
  /** Generation of the server secret, decimal text. */
  serverSecretGeneration: 'serverSecretGeneration',
  /**
   * What the server secret of a generation says beside it, JSON, so that it is one text however often it is
   * printed.
   */
  serverSecret: 'serverSecret',
  /** `yes` while tokens without `gen`, made by an older installation with this key pair, are accepted. */
  adoptedHostKey: 'adoptedHostKey',
  /**
   * `yes` once the `subject` of every user is recorded under its unique key, `no` while two users share one;
   * absent until looked at.
   */
  subjectsRecorded: 'subjectsRecorded',
  /**
   * `yes` once every row is found by what it is listed by, `once` while an older host may have written some
   * since; absent until looked at.
   */
  rowsListed: 'rowsListed',
  /** Kinds of password hashes that users of this host have or had, a JSON list. */
  passwordKinds: 'passwordKinds',
  /** Why all clients may have one address, JSON; see `client-addresses.ts`. */
  addressDoubt: 'addressDoubt',
  /** Ids of owners who entered and are not limited, a JSON list; at least one once there was one. */
  owners: 'owners',
  /** When `--backup` last wrote one, epoch milliseconds. */
  lastBackupAt: 'lastBackupAt',
  /** Until when signups and invites that ended are counted, epoch milliseconds. */
  endsCounted: 'endsCounted',
  schema: 'schema',
} as const;
