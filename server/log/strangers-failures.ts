import type { Activity } from '../model/activity.ts';
import { MINUTE_MS } from '../tools/duration.ts';

type NewRow = Omit<Activity, 'id' | 'createdAt'>;
interface Counted {
  minute: number;
  /** Those after the first. */
  count: number;
  lastAt: number;
  row: NewRow;
}

/** How often strangers failed, by app, action and minute: a row for each would let anybody fill the log. */
export class StrangersFailures {
  #current = new Map<string, Counted>();
  #ended: Counted[] = [];

  /** Counts a failure; false when one came before it in the same minute. */
  isFirst(row: NewRow, now: number): boolean {
    const key = `${row.appId} ${row.action}`;
    const minute = Math.floor(now / MINUTE_MS);
    const known = this.#current.get(key);
    if (known && known.minute >= minute) {
      known.count++;
      known.lastAt = now;
      return false;
    }
    if (known) this.#ended.push(known);
    this.#current.set(key, { minute, count: 0, lastAt: now, row });
    return true;
  }

  /** Until the minute is over. */
  msLeft(now: number): number {
    return MINUTE_MS - (now % MINUTE_MS);
  }

  /**
   * Takes what was counted in minutes that ended before `time`: a row for each, and the time it belongs to.
   */
  endedBefore(time: number): { row: NewRow; at: number }[] {
    const ended = this.#ended;
    this.#ended = [];
    for (const [key, counted] of this.#current) {
      if ((counted.minute + 1) * MINUTE_MS > time) continue;
      this.#current.delete(key);
      ended.push(counted);
    }
    return ended
      .filter(({ count }) => count > 0)
      .map(({ row: { handle: _, ...row }, count, lastAt }) => ({
        row: { ...row, value: JSON.stringify({ count }) },
        at: lastAt,
      }));
  }
}
