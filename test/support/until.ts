import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Nothing that a test waits for takes longer, on a machine with much else to do. */
const PATIENCE_MS = 30_000;

/**
 * Looks again every few milliseconds until `isSo` answers something true, and answers that. Fails with the
 * sentence when it does not come within `withinMs`, so that a wait in vain says what was missing instead of
 * ending the whole file. Whoever measures how long something took takes the time around it.
 */
export async function until<T>(
  sentence: string,
  isSo: () => T | Promise<T>,
  { withinMs = PATIENCE_MS, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const answer = await isSo();
    if (answer) return answer;
    assert.ok(performance.now() < endsAt, `not within ${withinMs / 1000} s: ${sentence}`);
    await pause(everyMs);
  }
}
