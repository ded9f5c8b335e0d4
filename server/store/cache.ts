import type { Clock } from '../ports/clock.ts';

/** How old an answer from memory may be (design §11). */
const MAX_AGE_MS = 3_000;

interface Entry<T> {
  record: T | undefined;
  readAt: number;
}

/**
 * Records this process read or wrote lately, at most `capacity` of them. Of simultaneous readers of one
 * record one asks the database.
 */
export class RecordCache<T extends { readonly revision: number }> {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #rememberAbsent: boolean;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #loading = new Map<string, Promise<T | undefined>>();

  /**
   * `rememberAbsent` only where the keys cannot be chosen from outside: made-up ones would drive the real
   * ones out.
   */
  constructor(clock: Clock, options: { capacity: number; rememberAbsent: boolean }) {
    this.#clock = clock;
    this.#capacity = options.capacity;
    this.#rememberAbsent = options.rememberAbsent;
  }

  /**
   * `load` is given what was remembered, however old, to answer the same object while the revision is the
   * same.
   */
  async get(key: string, load: (known: T | undefined) => Promise<T | undefined>): Promise<T | undefined> {
    const entry = this.#entries.get(key);
    if (entry && Math.abs(this.#clock.now() - entry.readAt) < MAX_AGE_MS) return entry.record;
    const loading = this.#loading.get(key);
    if (loading) return loading;
    const readAt = this.#clock.now();
    const started = load(entry?.record);
    this.#loading.set(key, started);
    try {
      const record = await started;
      // Not when this process wrote the record meanwhile.
      if (this.#loading.get(key) === started) this.#remember(key, { record, readAt });
      return record;
    } finally {
      if (this.#loading.get(key) === started) this.#loading.delete(key);
    }
  }

  /** After a write of this process. */
  put(key: string, record: T): void {
    this.#loading.delete(key);
    this.#remember(key, { record, readAt: this.#clock.now() });
  }
  forget(key: string): void {
    this.#loading.delete(key);
    this.#entries.delete(key);
  }
  clear(): void {
    this.#loading.clear();
    this.#entries.clear();
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
