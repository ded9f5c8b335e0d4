import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../server/security/clock.ts';

/**
 * Resolves when the clock on the wall is not within `marginMs` of the next turn of an hour, a minute …: what
 * a process counts in such windows is counted in one then.
 */
export async function awayFromTurn(windowMs: number, marginMs: number): Promise<void> {
  const leftMs = windowMs - (systemClock.now() % windowMs);
  if (leftMs <= marginMs) await pause(leftMs + 1);
}
