import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';

/** The machine's clock; the only place that asks it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  pause: (ms, signal) => setTimeout(ms, undefined, signal && { signal, ref: false }).catch(() => {}),
};
