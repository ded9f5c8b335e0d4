import type { Clock } from '../ports/clock.ts';
import type { Total } from '../ports/store/page.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { MINUTE_MS } from '../tools/duration.ts';

const MAX_AGE_MS = MINUTE_MS;
const REMEMBERED = 1_000;

/** How many rows an app has, counted at most once a minute: counting a million takes a while. */
export function createTotals(
  clock: Clock,
  count: (appId: string) => Promise<number>,
): (appId: string) => Promise<Total> {
  const known = new BoundedMap<{ rows: number; at: number }>(REMEMBERED);
  return async (appId) => {
    const at = clock.now();
    const last = known.get(appId);
    if (last && Math.abs(at - last.at) < MAX_AGE_MS) return { rows: last.rows, isExact: false };
    const rows = await count(appId);
    known.set(appId, { rows, at });
    return { rows, isExact: true };
  };
}
