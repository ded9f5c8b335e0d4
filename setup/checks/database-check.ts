import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import type { Config } from '../../server/model/config.ts';
import { type FileSystemOf, networkFileSystem } from '../../server/start/network-folder.ts';
import { within } from '../../server/tools/deadline.ts';

const NAME = 'database';
const TIMEOUT_MS = 10_000;

/**
 * Looks whether the database can be used as the host will use it; at most 10 s. The result never holds the
 * connection string.
 */
export async function checkDatabase(
  config: Pick<Config, 'database'>,
  fileSystemOf: FileSystemOf = networkFileSystem,
): Promise<CheckResult> {
  const { database } = config;
  if (database.kind === 'sqlite') return checkEmbedded(database.file, fileSystemOf);
  const { checkMongo } = await import('../../server/store/mongodb/check.ts');
  const result = await within(
    TIMEOUT_MS,
    checkMongo(database.url, database.name),
    () => new Error('time-out'),
  ).catch(() => ({
    ok: false as const,
    step: 'unreachable',
    reason: 'no answer within 10 s',
    repair: 'is the server running, and may this machine reach it?',
  }));
  if (result.ok) return passed(NAME, `MongoDB ${result.version}, database ${database.name}`);
  return failed(NAME, `${result.step}: ${result.reason} → ${result.repair}`);
}

/**
 * The same before a set-up: a database that is there may stay on a network file system, for it may have to be
 * opened once more to get it away from there; a new one is refused.
 */
export async function checkDatabaseToUse(
  config: Pick<Config, 'database'>,
  fileSystemOf: FileSystemOf = networkFileSystem,
): Promise<CheckResult> {
  const { database } = config;
  const isThere = database.kind === 'sqlite' && existsSync(database.file);
  const fileSystem = isThere ? fileSystemOf(database.file) : undefined;
  if (fileSystem === undefined) return checkDatabase(config, fileSystemOf);
  const result = await checkDatabase(config, () => undefined);
  return result.ok ? passed(NAME, `${result.detail}; ${networkFault(fileSystem)}`) : result;
}

/** Whether a host has written into this database before. */
export async function holdsData({ database }: Pick<Config, 'database'>): Promise<boolean> {
  if (database.kind === 'sqlite') return existsSync(database.file);
  const { mongoHoldsData } = await import('../../server/store/mongodb/check.ts');
  return mongoHoldsData(database.url, database.name);
}

function networkFault(fileSystem: string): string {
  return `a network file system (${fileSystem}) loses what SQLite writes: take a folder of a disk of this machine (--data-dir), or MongoDB`;
}

function checkEmbedded(file: string, fileSystemOf: FileSystemOf): CheckResult {
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) return failed(NAME, `${folder} is no folder: choose another place.`);
  if (existsSync(file) && statSync(file).isDirectory())
    return failed(NAME, `${file} names a folder: name a file in it.`);
  const fileSystem = fileSystemOf(file);
  if (fileSystem !== undefined) return failed(NAME, `${file}: ${networkFault(fileSystem)}`);
  try {
    accessSync(existsSync(file) ? file : folder, constants.R_OK | constants.W_OK);
    return passed(NAME, `embedded, ${file}`);
  } catch {
    return failed(
      NAME,
      `${folder} is not writable. Give this user the right to write there, or choose another data folder.`,
    );
  }
}
