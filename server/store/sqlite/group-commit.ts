import type { DatabaseSync } from 'node:sqlite';
import { unavailable } from '../engine.ts';
import { isBusy, isOutage, translated } from './failures.ts';

/** Between two tries to get the lock; the process serves others meanwhile. */
const RETRY_MS = 10;
/** Writes of one transaction: it blocks the process while it runs. */
const BATCH = 500;
/**
 * A commit waits for the disk and blocks the process; for twice that time others are served, and what is
 * written meanwhile shares the next one.
 */
const REST = 2;
const MAX_REST_MS = 20;

interface Write {
  run: () => unknown;
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
  deadline: number;
}

/**
 * The only way to the database. Writes that arrive together share one transaction and one fsync, and each is
 * answered only after the COMMIT. A write must check before it writes: one that throws is rejected alone and
 * leaves the others of its batch as they are. When the database fails, the whole batch is rolled back and
 * rejected with `service_unavailable`; the next batch tries anew.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #patienceMs: number;
  #waiting: Write[] = [];
  #scheduled = false;
  #idle: (() => void) | undefined;
  #restUntil = 0;

  /** `patienceMs`: how long a read or write waits for another process before it gives up. */
  constructor(db: DatabaseSync, patienceMs: number) {
    this.#db = db;
    this.#patienceMs = patienceMs;
  }

  /** Runs `run` inside the next transaction; resolves when its effects are on disk. */
  write<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve, reject, deadline: performance.now() + this.#patienceMs });
      this.#schedule();
    });
  }

  /** Runs `run` at once, between two transactions. */
  async read<T>(run: () => T): Promise<T> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        if (!this.#db.isOpen) throw unavailable();
        return run();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw translated(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Finishes what was asked for, then closes the database. */
  async close(): Promise<void> {
    if (this.#scheduled) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    if (this.#db.isOpen) this.#db.close();
  }

  #schedule(delayMs = 0): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const waitMs = Math.max(delayMs, this.#restUntil - performance.now());
    if (waitMs <= 0) setImmediate(() => this.#flush());
    else setTimeout(() => this.#flush(), waitMs);
  }

  #flush(): void {
    this.#scheduled = false;
    const startedAt = performance.now();
    const batch = this.#waiting.splice(0, BATCH);
    let busy = false;
    try {
      const answers = this.#commit(batch);
      for (const answer of answers) answer();
    } catch (error) {
      busy = isBusy(error);
      for (const { reject } of busy ? this.#overdue(batch) : batch) reject(translated(error));
    }
    const endedAt = performance.now();
    this.#restUntil = endedAt + Math.min(MAX_REST_MS, REST * (endedAt - startedAt));
    if (this.#waiting.length > 0) this.#schedule(busy ? RETRY_MS : 0);
    else this.#idle?.();
  }

  /** Answers how to tell each write its outcome; throws when nothing of the batch was stored. */
  #commit(batch: readonly Write[]): (() => void)[] {
    if (!this.#db.isOpen) throw unavailable();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const answers = batch.map(({ run, resolve, reject }) => {
        try {
          const value = run() as never;
          return () => resolve(value);
        } catch (error) {
          if (isOutage(error)) throw error;
          return () => reject(translated(error));
        }
      });
      this.#db.exec('COMMIT');
      return answers;
    } catch (error) {
      // On a full disk SQLite has rolled back by itself already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Puts a batch that found the database locked back in line and answers those of it that waited too long.
   */
  #overdue(batch: readonly Write[]): Write[] {
    const now = performance.now();
    this.#waiting.unshift(...batch.filter(({ deadline }) => deadline > now));
    return batch.filter(({ deadline }) => deadline <= now);
  }
}
