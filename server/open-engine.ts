import { EXIT, StartError } from './exit.ts';
import type { Config } from './model/config.ts';
import { isHostError } from './model/errors.ts';
import type { Engine } from './store/engine.ts';

const RETRY_MS = 500;
const UNWRITABLE: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EISDIR', 'EEXIST'];

/**
 * Opens the database the settings name, waiting at most `databaseWaitSeconds` for it. Throws `StartError`: 69 when it cannot be reached or
 * refuses the log-in, 73 when its file cannot be written, 78 when this version of the host cannot use it.
 */
export async function openEngine(config: Pick<Config, 'database' | 'databaseWaitSeconds'>): Promise<Engine> {
  const deadline = performance.now() + config.databaseWaitSeconds * 1000;
  for (;;) {
    try {
      return await openOnce(config.database);
    } catch (error) {
      const mayCome = isHostError(error, 'service_unavailable') && !isUnwritable(error);
      if (!mayCome || performance.now() + RETRY_MS > deadline) throw startError(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Drivers are loaded only when they are needed. */
async function openOnce(database: Config['database']): Promise<Engine> {
  if (database.kind === 'sqlite') {
    const { openSqlite } = await import('./store/sqlite/open.ts');
    return openSqlite({ file: database.file });
  }
  const { openMongo } = await import('./store/mongodb/open.ts');
  return openMongo({ url: database.url, database: database.name });
}

function isUnwritable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && UNWRITABLE.includes(cause.code);
}

function startError(error: unknown): StartError {
  const name = 'DB_CONN_STRING';
  if (isUnwritable(error)) {
    const repair = 'check owner and rights of the data folder, and free space';
    return new StartError(EXIT.cannotWrite, [
      { name, problem: 'names a file that cannot be written', repair },
    ]);
  }
  if (isHostError(error, 'service_unavailable')) {
    const repair = 'start the database, check address and network access, or raise DATABASE_WAIT_SECONDS';
    return new StartError(EXIT.databaseUnreachable, [{ name, problem: 'cannot be reached', repair }]);
  }
  // The driver's own message may quote the connection string.
  if (error instanceof Error && error.name.startsWith('Mongo')) {
    const repair = 'check user, password and rights; npx setup --check tells which';
    return new StartError(EXIT.databaseUnreachable, [{ name, problem: `refused (${error.name})`, repair }]);
  }
  const problem = error instanceof Error ? error.message : 'cannot be opened';
  return new StartError(EXIT.wrongConfiguration, [{ name, problem, repair: 'see above' }]);
}
