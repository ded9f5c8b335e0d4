import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { whyUnreadable } from '../config/unreadable-file.ts';
import type { Config } from '../model/config.ts';
import { HostError, isHostError } from '../model/errors.ts';
import { systemClock } from '../security/clock.ts';
import type { Engine } from '../store/engine.ts';
import { explainFailure } from '../store/mongodb/failures.ts';
import { isBusy, isDamaged } from '../store/sqlite/failures.ts';
import { EXIT, StartError } from './exit.ts';
import { type FileSystemOf, networkFileSystem } from './network-folder.ts';

const RETRY_MS = 500;
const NAME = 'DB_CONN_STRING';

/**
 * Opens the database the settings name, waiting at most `databaseWaitSeconds` for a server or a locked file.
 * Throws `StartError`: 69 when it cannot be reached, stays locked or refuses the log-in, 73 when the embedded
 * one's file cannot be written, 78 when it is damaged, lies on a network file system that does not carry it,
 * or this version of the host cannot use it.
 */
export async function openEngine(
  config: Pick<Config, 'database' | 'databaseWaitSeconds'>,
  fileSystemOf: FileSystemOf = networkFileSystem,
): Promise<Engine> {
  const { database, databaseWaitSeconds } = config;
  try {
    if (database.kind === 'sqlite')
      return await openEmbedded(database.file, databaseWaitSeconds, fileSystemOf);
    return await openServer(database, databaseWaitSeconds);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const problem = error instanceof Error ? error.message : 'cannot be opened';
    const repair = 'use the version of the host that wrote this database, or another database';
    throw startError(EXIT.wrongConfiguration, { problem: `: ${problem}`, repair });
  }
}

async function openEmbedded(file: string, waitSeconds: number, fileSystemOf: FileSystemOf): Promise<Engine> {
  // Drivers are loaded only when they are needed.
  const { openSqlite } = await import('../store/sqlite/open.ts');
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    try {
      return await openSqlite({ file });
    } catch (error) {
      const mayCome = error instanceof HostError && isBusy(error.cause);
      if (!mayCome || performance.now() + RETRY_MS > deadline)
        throw networkProblem(file, fileSystemOf) ?? embeddedProblem(error, file) ?? error;
    }
  }
}

/** Whatever the library says of a file there, this is why. */
function networkProblem(file: string, fileSystemOf: FileSystemOf): StartError | undefined {
  const fileSystem = fileSystemOf(file);
  if (fileSystem === undefined) return undefined;
  return startError(EXIT.wrongConfiguration, {
    problem: `names a file on a network file system (${fileSystem}), where SQLite cannot work`,
    repair: 'move the data folder to a disk of this machine, or use MongoDB',
  });
}

/** Says in addition whose file it is where this user may not write it. */
function embeddedProblem(error: unknown, file: string): StartError | undefined {
  const known = databaseProblem(error, 'sqlite');
  if (known?.exitCode !== EXIT.cannotWrite) return known;
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.R_OK | constants.W_OK);
    return known;
  } catch (reason) {
    return startError(EXIT.cannotWrite, whyUnreadable(file, reason));
  }
}

async function openServer(database: { url: string; name: string }, waitSeconds: number): Promise<Engine> {
  const { loadLater } = await import('../store/mongodb/seldom-needed.ts');
  loadLater();
  const { openMongo } = await import('../store/mongodb/open.ts');
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    try {
      return await openMongo({ url: database.url, database: database.name, clock: systemClock });
    } catch (error) {
      const mayCome = isHostError(error, 'service_unavailable');
      if (!mayCome || performance.now() + RETRY_MS > deadline) throw serverProblem(error, database.url);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The driver's own message may quote the connection string: what is told is our reading of it. */
function serverProblem(error: unknown, url: string): unknown {
  const isAway = error instanceof HostError && error.error === 'service_unavailable';
  const cause = isAway ? error.cause : error;
  if (!(cause instanceof Error)) return isAway ? databaseProblem(error, 'mongodb') : error;
  if (!isAway && !cause.name.startsWith('Mongo')) return error;
  const { step, reason, repair } = explainFailure(cause, url);
  if (step === 'string' || step === 'name')
    return startError(EXIT.wrongConfiguration, { problem: `: ${reason}`, repair });
  const verb = step === 'login' || step === 'permission' ? 'cannot be used' : 'cannot be reached';
  const wait = step === 'unreachable' ? '; or raise DATABASE_WAIT_SECONDS' : '';
  return startError(EXIT.databaseUnreachable, {
    problem: `${verb} (${step}): ${reason}`,
    repair: `${repair}${wait}`,
  });
}

/** What to say of a database that failed while the host started; undefined when something else did. */
export function databaseProblem(error: unknown, kind: string): StartError | undefined {
  if (!(error instanceof HostError) || error.error !== 'service_unavailable') return undefined;
  if (kind === 'mongodb') {
    return startError(EXIT.databaseUnreachable, {
      problem: 'cannot be reached',
      repair: 'start the database, check address and network access, or raise DATABASE_WAIT_SECONDS',
    });
  }
  if (isBusy(error.cause)) {
    return startError(EXIT.databaseUnreachable, {
      problem: 'names a file that is locked by another program',
      repair: 'end that program (a database shell, a copy under way), or raise DATABASE_WAIT_SECONDS',
    });
  }
  if (isDamaged(error.cause)) {
    return startError(EXIT.wrongConfiguration, {
      problem: 'names a file that is damaged, or no database of this host',
      repair: 'move it away and put a backup back with npx setup --restore FILE; nothing was changed in it',
    });
  }
  return startError(EXIT.cannotWrite, {
    problem: 'names a file that cannot be opened and written',
    repair: 'check path, owner and rights of the data folder, and free space',
  });
}

function startError(exitCode: number, what: { problem: string; repair: string }): StartError {
  return new StartError(exitCode, [{ name: NAME, ...what }]);
}
