import type { Clock } from '../../server/ports/clock.ts';
import { systemClock } from '../../server/security/clock.ts';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now: number;
  constructor(now = Date.UTC(2026, 0, 15, 12)) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  /** What waits for others waits really: they do not run on this clock. */
  pause(ms: number, stop?: AbortSignal): Promise<void> {
    return systemClock.pause(ms, stop);
  }
  advance(ms: number): void {
    this.#now += ms;
  }
}
