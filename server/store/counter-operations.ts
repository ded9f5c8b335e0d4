import type { Reservation } from '../ports/store/counters.ts';

export interface CounterRow {
  value: number;
  /** Refuse attempts until then; 0 = no wait running. */
  blockedUntil: number;
  /** When the last attempt was admitted. */
  touchedAt: number;
  expiresAt: number | undefined;
}

/** One counter to count up. */
export interface CountEntry {
  key: string;
  now: number;
  by: number;
  cap: number | undefined;
  expiresAt: number | undefined;
}

/** One limit of an attempt. */
export interface AttemptEntry {
  key: string;
  now: number;
  free: number;
  /** After this a reservation left by a crash no longer counts as being judged. */
  staleMs: number;
  expiresAt: number;
  /** A row that counts fewer than `free` keeps its `expiresAt`. */
  fixedWindow: boolean;
}

/** Numbers shared by all processes. With `isNoted` a write is noted; attempts always are. */
export interface CounterOperations {
  counterFind(key: string): Promise<CounterRow | undefined>;
  /** See `CounterStore.increment`. */
  counterIncrement(
    key: string,
    input: {
      now: number;
      by: number;
      cap: number | undefined;
      expiresAt: number | undefined;
      isNoted?: boolean;
    },
  ): Promise<number | undefined>;
  /** See `CounterStore.admit`; noted. */
  counterAdmit(entry: CountEntry): Promise<boolean>;
  counterDecrement(key: string, by: number, isNoted?: boolean): Promise<void>;
  counterSet(key: string, value: number, expiresAt: number | undefined): Promise<void>;
  counterRemove(key: string, isNoted?: boolean): Promise<void>;
  /**
   * See `CounterStore.attempt`. Answers for each entry the row before and whether it admitted; those after
   * one that refuses may be missing.
   */
  counterAttempt(
    entries: readonly AttemptEntry[],
    inTurn: boolean,
  ): Promise<{ admitted: boolean; row: CounterRow }[]>;
  /**
   * `counterRemove` of each key; of the others takes one away, not below 0, and puts `waitedUntil` back where
   * no wait runs. All at once, and noted.
   */
  counterForgive(keys: readonly string[], released: readonly Reservation[]): Promise<void>;
  /**
   * Sets `blockedUntil` to `now` + the wait for the counted value (0 below `free`); answers the value, at
   * least 1.
   */
  counterFail(
    key: string,
    input: Pick<AttemptEntry, 'now' | 'free' | 'expiresAt' | 'fixedWindow'> & { maxWaitMs: number },
  ): Promise<number>;
  counterRemoveExpired(now: number, limit: number): Promise<number>;
  /** Counters by key, after `after`; for a backup. */
  counterPage(after: string, limit: number): Promise<{ key: string; row: CounterRow }[]>;
  /** Writes a whole row; for a restore. */
  counterPut(key: string, row: CounterRow): Promise<void>;
}
