import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../server/model/config.ts';
import { within } from '../server/model/deadline.ts';
import type { MongoCheckStep } from '../server/store/mongodb/check.ts';
import { type CheckResult, failed, passed } from './check.ts';

const NAME = 'database';
const TIMEOUT_MS = 10_000;

const REPAIRS: Record<MongoCheckStep, string> = {
  string:
    'Copy it again from Atlas (Connect, Drivers), or write mongodb://user:password@host:27017/database.',
  dns: 'Check the host name; with mongodb+srv:// the cluster must have an SRV record (a paused or deleted Atlas cluster has none).',
  unreachable:
    "Is the server running, and may this machine reach it? On Atlas add this machine's address under Network Access, IP Access List.",
  login:
    'Check user and password (Atlas: Database Access; special characters must be percent-encoded in the string).',
  permission:
    'Give the database user the role readWrite on this database (Atlas: Database Access, Edit, Specific Privileges).',
};

/** Looks whether the database can be used as the host will use it; at most 10 s. The result never holds the connection string. */
export async function checkDatabase(config: Pick<Config, 'database'>): Promise<CheckResult> {
  const { database } = config;
  if (database.kind === 'sqlite') return checkEmbedded(database.file);
  const { checkMongo } = await import('../server/store/mongodb/check.ts');
  const result = await within(
    TIMEOUT_MS,
    checkMongo(database.url, database.name),
    () => new Error('time-out'),
  ).catch(() => ({
    ok: false as const,
    step: 'unreachable' as const,
    reason: 'no answer within 10 s',
  }));
  if (result.ok) return passed(NAME, `MongoDB ${result.version}, database ${database.name}`);
  return failed(NAME, `${result.step}: ${result.reason}. ${REPAIRS[result.step]}`);
}

/** Whether a host has written into this database before. */
export async function holdsData({ database }: Pick<Config, 'database'>): Promise<boolean> {
  if (database.kind === 'sqlite') return existsSync(database.file);
  const { mongoHoldsData } = await import('../server/store/mongodb/check.ts');
  return mongoHoldsData(database.url, database.name);
}

function checkEmbedded(file: string): CheckResult {
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
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
