import { backup, DatabaseSync } from 'node:sqlite';

/**
 * Copies the database of a running host into `target` as it stands at one moment; writers go on meanwhile.
 */
export async function snapshotSqlite(file: string, target: string): Promise<void> {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    await backup(db, target, { rate: 1_000 });
  } finally {
    db.close();
  }
}
