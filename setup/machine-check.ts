import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../server/model/config.ts';
import { systemClock } from '../server/security/clock.ts';
import { type CheckResult, failed, passed } from './check.ts';

const PRIVATE_FILES = ['host.env', 'outbox.jsonl', 'host.db', 'host.db-wal', 'host.db-shm'];
const OTHERS = 0o077;

/** Files that hold secrets or people must be readable by the host's user alone. */
export function checkRights({ dataDir, privateKeyFile }: Config): CheckResult {
  const open = [dataDir, privateKeyFile, ...PRIVATE_FILES.map((name) => join(dataDir, name))].filter(
    (path) => existsSync(path) && (statSync(path).mode & OTHERS) !== 0,
  );
  if (open.length === 0) return passed('rights', `${dataDir} and the files in it are private`);
  return failed('rights', `others on this machine can reach ${open.join(', ')}: chmod -R go= ${dataDir}`);
}

const MIN_FREE_BYTES = 512 * 1024 * 1024;

/** Space where the data folder lies. */
export async function checkDisk({ dataDir }: Config): Promise<CheckResult> {
  const { bavail, bsize, blocks } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const text = `${(freeBytes / 1e9).toFixed(1)} GB free of ${((blocks * bsize) / 1e9).toFixed(1)} GB`;
  if (freeBytes >= MIN_FREE_BYTES) return passed('disk', text);
  return failed('disk', `${text}: make room, or writes will be refused`);
}

const MAX_SKEW_MS = 5_000;

/** This machine's clock against the MongoDB server's; tokens and TOTP need it right. */
export async function checkClock(
  { database }: Pick<Config, 'database'>,
  now = systemClock.now,
): Promise<CheckResult> {
  if (database.kind === 'sqlite') return checkClockPlausible(now);
  const { mongoClockSkewMs } = await import('../server/store/mongodb/check.ts');
  const skewMs = await mongoClockSkewMs(database.url, now).catch(() => undefined);
  if (skewMs === undefined) return failed('clock', 'the database did not tell its time');
  if (Math.abs(skewMs) <= MAX_SKEW_MS)
    return passed('clock', `within ${Math.abs(Math.round(skewMs))} ms of the database's`);
  return failed(
    'clock',
    `${Math.round(skewMs / 1000)} s away from the database's: run an NTP client on both`,
  );
}

/** Without a second clock at hand: not before this file was written. */
function checkClockPlausible(now: () => number): CheckResult {
  const built = statSync(new URL(import.meta.url)).mtimeMs;
  if (now() >= built)
    return passed(
      'clock',
      `${new Date(now()).toISOString()}; compared with nothing else (embedded database)`,
    );
  return failed(
    'clock',
    `it is before ${new Date(built).toISOString()}, when this program was installed: run an NTP client`,
  );
}
