import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Engine, unavailable } from '../engine.ts';
import { FALLBACK_PAGES } from './checkpoints.ts';
import { createCounters } from './counters.ts';
import { isBusy, translated } from './failures.ts';
import { createFigures } from './figures.ts';
import { GroupCommit } from './group-commit.ts';
import { createMeta } from './meta.ts';
import { migrate } from './migrations.ts';
import { createRows } from './rows.ts';
import { Statements } from './statements.ts';

/**
 * A lock held by another process blocks this whole process that long; what is longer is waited for
 * asynchronously (design §11).
 */
const LOCK_TIMEOUT_MS = 50;
const OPEN_TRIES = 150;
const OWNER_ONLY = 0o600;

/**
 * Opens the embedded database, makes it when it is absent and migrates it. `file` is a path or `:memory:`.
 * Several processes of one machine may share a file. Throws `NewerSchemaError`, or `service_unavailable` when
 * the file cannot be opened or written.
 */
export async function openSqlite({ file }: { file: string }): Promise<Engine> {
  if (file !== ':memory:') makePrivate(file);
  for (let attempt = 1; ; attempt++) {
    try {
      return createEngine(openDatabase(file));
    } catch (error) {
      // Another process may be migrating, or closing the file for the last time.
      if (!isBusy(error) || attempt === OPEN_TRIES) throw translated(error);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/**
 * The database configured and of this version's schema. Throws what SQLite throws, `busy` included, and
 * `NewerSchemaError`.
 */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    configure(db);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * The engine over a database that `openDatabase` opened. `patienceMs`: how long reads and writes wait for
 * another process.
 */
export function createEngine(db: DatabaseSync, { patienceMs = 8_000 } = {}): Engine {
  const database = new GroupCommit(db, patienceMs);
  const statements = new Statements(db);
  return {
    kind: 'sqlite',
    ...createRows(statements, database),
    ...createCounters(statements, database),
    ...createFigures(statements, database),
    ...createMeta(statements, database),
    async ping() {
      await database.read(() => statements.get('SELECT value FROM meta WHERE name = :name', { name: '' }));
    },
    close: () => database.close(),
  };
}

/** SQLite gives its journal files the mode of the database. */
function makePrivate(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', OWNER_ONLY));
    chmodSync(file, OWNER_ONLY);
  } catch (error) {
    throw unavailable(error);
  }
}

function configure(db: DatabaseSync): void {
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA wal_autocheckpoint = ${FALLBACK_PAGES};
  `);
  // Anything less could lose an acknowledged write with the power.
  if (db.prepare('PRAGMA synchronous').get()?.synchronous !== 2) {
    throw new Error('SQLite does not keep synchronous=FULL');
  }
}
