import { EXIT, StartError } from './exit.ts';
import type { Config } from './model/config.ts';
import { isHostError } from './model/errors.ts';
import type { Engine } from './store/engine.ts';

const RETRY_MS = 500;
const NAME = 'DB_CONN_STRING';

/**
 * Opens the database the settings name, waiting at most `databaseWaitSeconds` for a server. Throws `StartError`: 69 when it cannot be
 * reached or refuses the log-in, 73 when the embedded one's file cannot be written, 78 when this version of the host cannot use it.
 */
export async function openEngine(config: Pick<Config, 'database' | 'databaseWaitSeconds'>): Promise<Engine> {
  const { database, databaseWaitSeconds } = config;
  try {
    if (database.kind === 'sqlite') return await openEmbedded(database.file);
    return await openServer(database, databaseWaitSeconds);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const problem = error instanceof Error ? error.message : 'cannot be opened';
    const repair = 'use the version of the host that wrote this database, or another database';
    throw new StartError(EXIT.wrongConfiguration, [{ name: NAME, problem: `: ${problem}`, repair }]);
  }
}

async function openEmbedded(file: string): Promise<Engine> {
  // Drivers are loaded only when they are needed.
  const { openSqlite } = await import('./store/sqlite/open.ts');
  try {
    return await openSqlite({ file });
  } catch (error) {
    if (!isHostError(error, 'service_unavailable')) throw error;
    const problem = 'names a file that cannot be opened and written';
    const repair = 'check path, owner and rights of the data folder, and free space';
    throw new StartError(EXIT.cannotWrite, [{ name: NAME, problem, repair }]);
  }
}

async function openServer(database: { url: string; name: string }, waitSeconds: number): Promise<Engine> {
  const { openMongo } = await import('./store/mongodb/open.ts');
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    try {
      return await openMongo({ url: database.url, database: database.name });
    } catch (error) {
      const mayCome = isHostError(error, 'service_unavailable');
      if (!mayCome || performance.now() + RETRY_MS > deadline) throw serverProblem(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function serverProblem(error: unknown): unknown {
  if (isHostError(error, 'service_unavailable')) {
    const repair = 'start the database, check address and network access, or raise DATABASE_WAIT_SECONDS';
    return new StartError(EXIT.databaseUnreachable, [{ name: NAME, problem: 'cannot be reached', repair }]);
  }
  // The driver's own message may quote the connection string.
  if (!(error instanceof Error) || !error.name.startsWith('Mongo')) return error;
  const repair = 'check user, password and rights; npx setup --check tells which';
  return new StartError(EXIT.databaseUnreachable, [
    { name: NAME, problem: `refused (${error.name})`, repair },
  ]);
}
