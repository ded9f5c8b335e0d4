import { HOUR_MS } from '../tools/duration.ts';

export interface Clock {
  /** Epoch milliseconds. The only source of time in the domain. */
  now(): number;
  /**
   * Lets time pass; ends early, without an error, when told to stop. With `stop` it keeps no process alive.
   */
  pause(ms: number, stop?: AbortSignal): Promise<void>;
}

/**
 * How far a machine's clock may be set back without anything used up coming back to life: it is remembered so
 * much longer (threats F24).
 */
export const CLOCK_JUMP_MS = 2 * HOUR_MS;
