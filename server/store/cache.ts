import type { Clock } from '../ports/clock.ts';

/** How old an answer from memory may be where nothing else is said (design §11). */
const MAX_AGE_MS = 3_000;

/** A moment on the machine's clock, which may be set, and on one that only goes on. */
interface Moment {
  time: number;
  steady: number;
}
interface Entry<T> {
  record: T | undefined;
  readAt: Moment;
}
interface Loading<T> {
  record: Promise<T | undefined>;
  readAt: Moment;
}

/**
 * Records this process read or wrote lately, at most `capacity` of them and none older than `maxAgeMs` by
 * either clock: setting the machine's makes nothing younger. Of simultaneous readers of one record one asks
 * the database.
 */
export class RecordCache<T extends { readonly revision: number }> {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #steady: () => number;
  readonly #capacity: number;
  readonly #rememberAbsent: boolean;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #loading = new Map<string, Loading<T>>();

  /**
   * `rememberAbsent` only where the keys cannot be chosen from outside: made-up ones would drive the real
   * ones out.
   */
  constructor(
    clock: Pick<Clock, 'now'>,
    options: { capacity: number; rememberAbsent: boolean; maxAgeMs?: number },
    steady = () => performance.now(),
  ) {
    this.#clock = clock;
    this.#steady = steady;
    this.#capacity = options.capacity;
    this.#rememberAbsent = options.rememberAbsent;
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
  }

  /**
   * `load` is given what was remembered, however old, to answer the same object while the revision is the
   * same.
   */
  async get(key: string, load: (known: T | undefined) => Promise<T | undefined>): Promise<T | undefined> {
    const entry = this.#entries.get(key);
    const now = this.#moment();
    if (entry && this.#isYoung(entry, now)) return entry.record;
    const loading = this.#loading.get(key);
    // What a slow database is still reading may be older than what is remembered.
    if (loading && this.#isYoung(loading, now)) return loading.record;
    const started = { record: load(entry?.record), readAt: now };
    this.#loading.set(key, started);
    try {
      const record = await started.record;
      // Not when this process wrote the record meanwhile.
      if (this.#loading.get(key) === started) this.#remember(key, { record, readAt: now });
      return record;
    } finally {
      if (this.#loading.get(key) === started) this.#loading.delete(key);
    }
  }

  /** After a write of this process. */
  put(key: string, record: T): void {
    this.#loading.delete(key);
    this.#remember(key, { record, readAt: this.#moment() });
  }
  forget(key: string): void {
    this.#loading.delete(key);
    this.#entries.delete(key);
  }
  clear(): void {
    this.#loading.clear();
    this.#entries.clear();
  }

  #moment(): Moment {
    return { time: this.#clock.now(), steady: this.#steady() };
  }
  #isYoung({ readAt }: { readAt: Moment }, { time, steady }: Moment): boolean {
    return Math.abs(time - readAt.time) < this.#maxAgeMs && steady - readAt.steady < this.#maxAgeMs;
  }
  #remember(key: string, entry: Entry<T>): void {
    const known = this.#entries.get(key)?.record;
    if (known && entry.record && known.revision > entry.record.revision) return;
    // Taken out first, so that the map stays sorted by age.
    this.#entries.delete(key);
    if (!entry.record && !this.#rememberAbsent) return;
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Frozen through and through: one object is handed to many requests. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
