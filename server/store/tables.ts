export interface TableShape {
  keys: readonly string[];
  /**
   * Which of `keys`, `lookups` and `tags` a row may lack. A key, because an earlier version made the row: as
   * long as it does, its values are unique to the rest only.
   */
  sparse: readonly string[];
  /** Which of `keys` finds a row without its app id, because it says nothing but the row's own id. */
  everywhere: readonly string[];
  lookups: readonly string[];
  tags: readonly string[];
  prefixes: boolean;
  due: boolean;
  /** Rows have a `seenDay`. */
  seen: boolean;
  /** Times that an app's rows are walked by, behind what they share; an index each. */
  walks: readonly (readonly string[])[];
}
const NONE: TableShape = {
  keys: [],
  sparse: [],
  everywhere: [],
  lookups: [],
  tags: [],
  prefixes: false,
  due: false,
  seen: false,
  walks: [],
};

/**
 * Every table. All unique indexes begin with `appId`, so that a cluster can be sharded by it; rows of `apps`,
 * `messages`, `jobs` and what belongs to operators have the app id `host`.
 */
export const TABLES = {
  apps: { ...NONE, keys: ['name'], tags: ['lifecycle'] },
  users: {
    ...NONE,
    keys: ['handle', 'userName', 'social', 'phone', 'subject'],
    sparse: ['subject'],
    tags: ['anonymous'],
    prefixes: true,
    seen: true,
    walks: [['touchedAt']],
  },
  signups: {
    ...NONE,
    keys: ['handle', 'link'],
    sparse: ['link'],
    everywhere: ['link'],
    prefixes: true,
    due: true,
    walks: [['dueAt']],
  },
  invites: {
    ...NONE,
    keys: ['handleAndSender'],
    sparse: ['withdrawn'],
    lookups: ['handle'],
    tags: ['withdrawn'],
    prefixes: true,
    due: true,
    walks: [['tags.withdrawn', 'dueAt']],
  },
  templates: { ...NONE, keys: ['nameAndLocale'] },
  activity: { ...NONE, sparse: ['handle'], lookups: ['handle'], tags: ['logType', 'status', 'action'] },
  messages: { ...NONE, sparse: ['to', 'state'], lookups: ['app', 'to'], tags: ['state'], due: true },
  operators: { ...NONE, keys: ['email', 'entry'] },
  operatorSessions: { ...NONE, keys: ['digest'], lookups: ['operator'], due: true },
  managedHosts: { ...NONE, keys: ['name'] },
  audit: { ...NONE, lookups: ['operator'], tags: ['action'] },
  jobs: { ...NONE, lookups: ['app'], due: true },
  assets: { ...NONE, lookups: ['owner'], tags: ['state'], due: true },
} as const satisfies Record<string, TableShape>;
export type TableName = keyof typeof TABLES;
export const HOST_SCOPE = 'host';
