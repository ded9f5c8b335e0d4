import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ForeignFileError, type ForeignIndex } from '../../ports/foreign-files.ts';

/** Another process may be at the same step for a moment. */
const LOCK_MS = 1_000;

/**
 * A `ForeignIndex` in a small database of its own. A kill leaves what was committed; a broken one counts as
 * none, for it can be made anew.
 */
export function openIndex(path: string, { salt, again }: { salt: string; again: boolean }): ForeignIndex {
  if (!again) for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  const db = opened(path);
  const find = db.prepare('SELECT line FROM seen WHERE key = ?');
  const add = db.prepare('INSERT OR IGNORE INTO seen (key, line) VALUES (?, ?)');
  const joinTo = db.prepare('INSERT INTO joined (key, value) VALUES (?, ?)');
  const findJoined = db.prepare('SELECT value FROM joined WHERE key = ? LIMIT 20');
  const hashed = (key: string) => hash('sha256', `${salt} ${key}`, 'buffer').subarray(0, 16);
  db.exec('BEGIN');
  /** Whoever stops an import takes it away from under the step at hand. */
  const requireOpen = () => {
    if (!db.isOpen) throw new ForeignFileError('file_gone');
  };
  return {
    first(key, line) {
      requireOpen();
      const place = hashed(key);
      const known = find.get(place)?.line;
      if (known !== undefined) return Number(known);
      add.run(place, line);
      return line;
    },
    join(key, value) {
      requireOpen();
      joinTo.run(hashed(key), JSON.stringify(value));
    },
    joined(key) {
      requireOpen();
      return findJoined.all(hashed(key)).map(({ value }) => JSON.parse(String(value)));
    },
    commit() {
      requireOpen();
      db.exec('COMMIT; BEGIN');
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}

function opened(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path, { timeout: LOCK_MS });
    db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS seen (key BLOB PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS joined (key BLOB NOT NULL, value TEXT NOT NULL) STRICT;
      CREATE INDEX IF NOT EXISTS joined_key ON joined (key);
    `);
    return db;
  } catch {
    throw new ForeignFileError('file_gone');
  }
}
