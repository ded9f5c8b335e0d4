/** How wrong passwords make an account wait (design §8). */
export interface WaitPolicy {
  now: number;
  /** Failures before waiting starts. */
  free: number;
  /** Longest wait; the wait doubles from 1 s. */
  maxWaitMs: number;
  /** The row is forgotten this long after the last attempt. */
  forgetAfterMs: number;
  /**
   * While fewer than `free` are counted, the row is forgotten that long after the first attempt, whatever
   * came later.
   */
  fixedWindow?: boolean;
}
/** What an attempt is counted under. */
export interface AttemptLimit {
  key: string;
  policy: WaitPolicy;
}
/** An attempt that was counted and not judged yet; `release` takes it back. */
export interface Reservation {
  key: string;
  /** When the wait that it ended was over; 0 = there was none. */
  waitedUntil: number;
}
/** `failures`: counted under the limit that refuses. */
export type Attempt =
  | { state: 'admitted'; reserved: readonly Reservation[] }
  /** Refuse unjudged until then. */
  | { state: 'waiting'; waitMs: number; failures: number }
  /** As many as may be judged are being judged right now: ask again in a moment. */
  | { state: 'busy'; failures: number };

/**
 * What keys begin with whose counters a power cut may set back by a second: tries, budgets, and what is
 * counted beside a row that lasts. Every other counter lasts, a spent login token and a late code among them.
 * What is written in place of something that lasts must last too, or its time would tell.
 */
export const NOTED_COUNTERS: ReadonlySet<string> = new Set([
  ...['password', 'password-all', 'password-trusted', 'password-session', 'password-row', 'spray'],
  ...['factor', 'factor-day', 'factor-mails', 'totp-tries', 'login-tries'],
  ...['code', 'no-code', 'invite-tries', 'codes-hour', 'codes-day', 'polls'],
  ...['recipients', 'flood-app', 'flood-prefix', 'flood-inviter'],
  ...['seats', 'password-kind'],
]);

/**
 * Numbers that all processes share; every method is one atomic step. A row past its `expiresAt` counts as
 * absent.
 */
export interface CounterStore {
  /**
   * Adds `by` (default 1) unless the result would exceed `cap`; answers the new value, or undefined at the
   * cap. `expiresAt` is set when the row is made and kept afterwards (a fixed window); absent = for ever.
   */
  increment(
    key: string,
    input: { now: number; by?: number; cap?: number; expiresAt?: number },
  ): Promise<number | undefined>;
  /**
   * As `increment`, for whoever need not know the number: whether it was counted. Those asked for together
   * cost little more than one.
   */
  admit(key: string, input: Parameters<CounterStore['increment']>[1]): Promise<boolean>;
  /** Takes `by` (default 1) away, not below 0. */
  decrement(key: string, by?: number): Promise<void>;
  /** 0 when absent. */
  read(key: string, now: number): Promise<number>;
  /** When the wait that `fail` began is over; undefined when nothing waits at `now`. */
  waitsUntil(key: string, now: number): Promise<number | undefined>;
  /** When a counter that is there falls back to 0 by itself; undefined when it does not, or is 0. */
  endsAt(key: string, now: number): Promise<number | undefined>;
  set(key: string, value: number, expiresAt?: number): Promise<void>;
  remove(key: string): Promise<void>;
  /**
   * Reserves one attempt before it is judged, under each of the limits or under none. A limit admits while
   * fewer than `free` attempts are counted, or when the wait after the last failure is over, or when a
   * reservation was left behind by a crash (10 s old). Each admission counts; `fail` starts the wait,
   * `remove` forgives everything, `release` the attempt alone. Of any number of simultaneous calls at most
   * `free` are admitted. `inTurn`: a limit is asked only when those before it admit, which disturbs others
   * less and takes longer.
   */
  attempt(limits: readonly AttemptLimit[], options?: { inTurn?: boolean }): Promise<Attempt>;
  /**
   * The admitted attempt was not wrong, or could not be judged: it counts no more, and the next one is
   * admitted as this one was.
   */
  release(reserved: readonly Reservation[]): Promise<void>;
  /** `remove` of each key and `release` of the others, at once; for what no key begins anew with. */
  forgive(keys: readonly string[], reserved: readonly Reservation[]): Promise<void>;
  /**
   * The admitted attempt was wrong: starts the wait when `free` is reached. Answers the failures counted so
   * far.
   */
  fail(key: string, policy: WaitPolicy): Promise<number>;
  removeExpired(now: number, limit: number): Promise<number>;
}
