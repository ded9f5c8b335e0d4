import type { DatabaseSync } from 'node:sqlite';
import { NewerSchemaError } from '../engine.ts';

/**
 * One entry per schema number, never changed once released. Columns follow `TABLES` of the engine: `key_…`
 * unique per app, `lookup_…` and `tag_…` to filter by. An index ends with what a page is sorted by, so that a
 * page is read off the index.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE apps (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_name TEXT NOT NULL, tag_lifecycle TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_name)
  ) STRICT;
  CREATE INDEX apps_newest ON apps (appId, tag_lifecycle, createdAt, id);

  CREATE TABLE users (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_handle TEXT NOT NULL, key_userName TEXT NOT NULL, key_social TEXT NOT NULL, key_phone TEXT NOT NULL,
    tag_anonymous TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_handle), UNIQUE (appId, key_userName), UNIQUE (appId, key_social),
    UNIQUE (appId, key_phone)
  ) STRICT;
  CREATE INDEX users_newest ON users (appId, createdAt, id);
  CREATE INDEX users_newest_by_kind ON users (appId, tag_anonymous, createdAt, id);
  CREATE TABLE users_prefixes (
    prefix TEXT NOT NULL, createdAt INTEGER NOT NULL,
    owner INTEGER NOT NULL REFERENCES users (seq) ON DELETE CASCADE,
    PRIMARY KEY (prefix, createdAt, owner)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX users_prefixes_owner ON users_prefixes (owner);

  CREATE TABLE signups (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_handle TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_handle)
  ) STRICT;
  CREATE INDEX signups_newest ON signups (appId, createdAt, id);
  CREATE INDEX signups_due ON signups (dueAt);
  CREATE TABLE signups_prefixes (
    prefix TEXT NOT NULL, createdAt INTEGER NOT NULL,
    owner INTEGER NOT NULL REFERENCES signups (seq) ON DELETE CASCADE,
    PRIMARY KEY (prefix, createdAt, owner)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signups_prefixes_owner ON signups_prefixes (owner);

  CREATE TABLE invites (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_handleAndSender TEXT NOT NULL, lookup_handle TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_handleAndSender)
  ) STRICT;
  CREATE INDEX invites_newest ON invites (appId, createdAt, id);
  CREATE INDEX invites_handle ON invites (appId, lookup_handle, createdAt, id);
  CREATE TABLE invites_prefixes (
    prefix TEXT NOT NULL, createdAt INTEGER NOT NULL,
    owner INTEGER NOT NULL REFERENCES invites (seq) ON DELETE CASCADE,
    PRIMARY KEY (prefix, createdAt, owner)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invites_prefixes_owner ON invites_prefixes (owner);

  CREATE TABLE templates (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_nameAndLocale TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_nameAndLocale)
  ) STRICT;
  CREATE INDEX templates_newest ON templates (appId, createdAt, id);

  CREATE TABLE activity (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    tag_logType TEXT NOT NULL, tag_status TEXT NOT NULL, tag_action TEXT NOT NULL,
    UNIQUE (appId, id)
  ) STRICT;
  CREATE INDEX activity_newest ON activity (appId, createdAt, id, tag_logType, tag_status, tag_action);
  CREATE INDEX activity_newest_by_status ON activity (appId, tag_status, createdAt, id, tag_logType, tag_action);
  CREATE INDEX activity_oldest ON activity (createdAt);

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    lookup_app TEXT NOT NULL,
    UNIQUE (appId, id)
  ) STRICT;
  CREATE INDEX messages_due ON messages (dueAt);
  CREATE INDEX messages_app ON messages (appId, lookup_app);

  CREATE TABLE counters (
    key TEXT PRIMARY KEY, value INTEGER NOT NULL, blockedUntil INTEGER NOT NULL, touchedAt INTEGER NOT NULL,
    expiresAt INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX counters_expiry ON counters (expiresAt);

  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Nearly all rows tell of success: they are found without an index of their own, which every token check
  // would have to write.
  `
  DROP INDEX activity_newest_by_status;
  CREATE INDEX activity_newest_errors ON activity (appId, createdAt, id, tag_logType, tag_action) WHERE tag_status = 'error';
  `,
  // NULL in rows of before until `subject` is filled in; the second index holds those alone, so that they are
  // found at no cost.
  `
  ALTER TABLE users ADD COLUMN key_subject TEXT;
  CREATE UNIQUE INDEX users_subject ON users (appId, key_subject) WHERE key_subject IS NOT NULL;
  CREATE INDEX users_lacking_subject ON users (appId, id) WHERE key_subject IS NULL;
  `,
  // Read by metric, over a range of days.
  `
  CREATE TABLE figures (
    appId TEXT NOT NULL, metric TEXT NOT NULL, day INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (appId, metric, day, first, second)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX figures_app_days ON figures (appId, day);
  CREATE INDEX figures_days ON figures (day);
  `,
  // NULL in rows of before: they were mailed the old address, and get a key with their next code.
  `
  ALTER TABLE signups ADD COLUMN key_link TEXT;
  CREATE UNIQUE INDEX signups_link ON signups (key_link) WHERE key_link IS NOT NULL;
  `,
  'ALTER TABLE users ADD COLUMN seenDay INTEGER;',
  // Operators, their sessions, the hosts they manage, and what they did.
  `
  CREATE TABLE operators (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_email TEXT NOT NULL, key_entry TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_email), UNIQUE (appId, key_entry)
  ) STRICT;
  CREATE INDEX operators_newest ON operators (appId, createdAt, id);

  CREATE TABLE operatorSessions (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_digest TEXT NOT NULL, lookup_operator TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_digest)
  ) STRICT;
  CREATE INDEX operatorSessions_newest ON operatorSessions (appId, createdAt, id);
  CREATE INDEX operatorSessions_operator ON operatorSessions (appId, lookup_operator, createdAt, id);
  CREATE INDEX operatorSessions_due ON operatorSessions (dueAt);

  CREATE TABLE managedHosts (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    key_name TEXT NOT NULL,
    UNIQUE (appId, id), UNIQUE (appId, key_name)
  ) STRICT;
  CREATE INDEX managedHosts_newest ON managedHosts (appId, createdAt, id);

  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    lookup_operator TEXT NOT NULL, tag_action TEXT NOT NULL,
    UNIQUE (appId, id)
  ) STRICT;
  CREATE INDEX audit_newest ON audit (appId, createdAt, id);
  CREATE INDEX audit_operator ON audit (appId, lookup_operator, createdAt, id);
  CREATE INDEX audit_action ON audit (appId, tag_action, createdAt, id);
  `,
  // What lists that page by key go along; NULL where a row has no such time, is not withdrawn, or is a log
  // row of before.
  `
  CREATE INDEX users_used ON users (appId, touchedAt, createdAt, id);
  CREATE INDEX signups_ending ON signups (appId, dueAt, createdAt, id);
  ALTER TABLE invites ADD COLUMN tag_withdrawn TEXT;
  CREATE INDEX invites_ending ON invites (appId, tag_withdrawn, dueAt, createdAt, id);
  CREATE INDEX invites_newest_by_kind ON invites (appId, tag_withdrawn, createdAt, id);
  ALTER TABLE activity ADD COLUMN lookup_handle TEXT;
  CREATE INDEX activity_newest_by_handle ON activity (appId, lookup_handle, createdAt, id);
  `,
  // A message stays for a while after it was sent; NULL in rows of before, which all wait.
  `
  ALTER TABLE messages ADD COLUMN tag_state TEXT;
  ALTER TABLE messages ADD COLUMN lookup_to TEXT;
  DROP INDEX messages_app;
  CREATE INDEX messages_newest ON messages (appId, createdAt, id);
  CREATE INDEX messages_app ON messages (appId, lookup_app, createdAt, id);
  CREATE INDEX messages_to ON messages (appId, lookup_to, createdAt, id);
  CREATE INDEX messages_state ON messages (appId, tag_state, createdAt, id);
  `,
  // Invites of all apps that ended lately.
  'CREATE INDEX invites_due ON invites (dueAt);',
  `
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    lookup_app TEXT NOT NULL,
    UNIQUE (appId, id)
  ) STRICT;
  CREATE INDEX jobs_due ON jobs (dueAt);
  CREATE INDEX jobs_app ON jobs (appId, lookup_app, createdAt, id);
  `,
  // Files of users, what is reserved for them, and what is on its way out.
  `
  CREATE TABLE assets (
    seq INTEGER PRIMARY KEY, appId TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    createdAt INTEGER NOT NULL, dueAt INTEGER, touchedAt INTEGER, doc TEXT NOT NULL,
    lookup_owner TEXT NOT NULL, tag_state TEXT NOT NULL,
    UNIQUE (appId, id)
  ) STRICT;
  CREATE INDEX assets_newest ON assets (appId, createdAt, id);
  CREATE INDEX assets_owner ON assets (appId, lookup_owner, createdAt, id);
  CREATE INDEX assets_state ON assets (appId, tag_state, createdAt, id);
  CREATE INDEX assets_due ON assets (dueAt) WHERE dueAt IS NOT NULL;
  `,
];

/**
 * Brings the database to the schema of this version, kept in `PRAGMA user_version`; a crash leaves the old or
 * the new one. Throws `NewerSchemaError` for a database of a later version, and leaves it alone. With fewer
 * `migrations` it makes a database of before.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const found = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (found > migrations.length) throw new NewerSchemaError(found, migrations.length);
    for (const migration of migrations.slice(found)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
