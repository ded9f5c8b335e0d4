import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Config } from '../model/config.ts';
import { systemClock } from '../security/clock.ts';
import { type CheckResult, failed, passed } from './finding.ts';

const MIN_FREE_BYTES = 512 * 1024 * 1024;

/** Space where the data folder lies. */
export async function checkDisk({ dataDir }: Config, look = statfs): Promise<CheckResult> {
  const { bavail, bsize, blocks } = await look(dataDir);
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
  const { mongoClockSkewMs } = await import('../store/mongodb/check.ts');
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
