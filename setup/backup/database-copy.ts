import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../server/model/config.ts';
import { databaseProblem } from '../../server/start/open-engine.ts';
import { translated } from '../../server/store/sqlite/failures.ts';
import { EXIT, SetupError } from '../exit.ts';
import { cannotWrite } from '../installation/files.ts';

/** A database that stands still while it is read. */
export interface DatabaseCopy {
  database: Config['database'];
  /** Can be repeated. */
  remove(): void;
}

const FOLDER = /^\.backup-(?:(\d+)-)?/;

/**
 * The embedded database as it stands at one moment, in a folder of its own beside it; a MongoDB itself, which
 * is read record by record. What crashes of earlier backups left is removed. Throws `SetupError` 78 when
 * there is no database yet and 73 when it cannot be copied.
 */
export async function copyDatabase({ database, dataDir }: Config): Promise<DatabaseCopy> {
  removeRemains(dataDir);
  if (database.kind === 'mongodb') return { database, remove: () => undefined };
  if (!existsSync(database.file))
    throw new SetupError(EXIT.configuration, `There is no database at ${database.file} yet.`);
  const { snapshotSqlite } = await import('../../server/store/sqlite/snapshot.ts');
  const folder = privateFolder(dataDir);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'host.db');
    await snapshotSqlite(database.file, file);
    return { database: { kind: 'sqlite', file }, remove };
  } catch (error) {
    remove();
    if (databaseProblem(translated(error), 'sqlite') === undefined) throw error;
    throw new SetupError(
      EXIT.cannotWrite,
      `Cannot copy ${database.file} into ${dataDir}: check free space there (as much as the database takes), and that you may read and write it.`,
    );
  }
}

function privateFolder(dataDir: string): string {
  try {
    return mkdtempSync(join(dataDir, `.backup-${process.pid}-`));
  } catch (error) {
    throw cannotWrite(dataDir, error);
  }
}

/** The folders of processes that are no more. */
function removeRemains(dataDir: string): void {
  for (const name of existsSync(dataDir) ? readdirSync(dataDir) : []) {
    const found = FOLDER.exec(name);
    if (found && !isRunning(Number(found[1]))) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  if (Number.isNaN(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
