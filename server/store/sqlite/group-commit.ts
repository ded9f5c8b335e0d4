import type { DatabaseSync } from 'node:sqlite';
import { unavailable } from '../engine.ts';
import { Checkpoints } from './checkpoints.ts';
import { isBusy, isOutage, translated } from './failures.ts';
import { LateSync } from './late-sync.ts';

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
/** Between two commits that do not wait for the disk: what is noted meanwhile shares the next one. */
const NOTES_PAUSE_MS = 5;

interface Write {
  run: () => unknown;
  /** Answered only once it is on disk. */
  lasting: boolean;
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
  deadline: number;
}

/**
 * The only way to the database. Writes that arrive together share one transaction, and each is answered only
 * after the COMMIT: what must last after its fsync, what is only noted without one. The log of SQLite keeps
 * their order, so that the power takes at most the latest notes, and never one that something lasting came
 * after. A write must check before it writes: one that throws is rejected alone and leaves the others of its
 * batch as they are. When the database fails, the whole batch is rolled back and rejected with
 * `service_unavailable`; the next batch tries anew.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #patienceMs: number;
  readonly #lateSync: LateSync;
  readonly #checkpoints: Checkpoints;
  #waiting: Write[] = [];
  #notes: Write[] = [];
  /** When the next commit is due, and what ends the wait for it. */
  #scheduled: { at: number; cancel: () => void } | undefined;
  #idle: (() => void) | undefined;
  #restUntil = 0;
  #notesAt = 0;
  /** As the database is opened. */
  #waitsForDisk = true;

  /** `patienceMs`: how long a read or write waits for another process before it gives up. */
  constructor(db: DatabaseSync, patienceMs: number) {
    this.#db = db;
    this.#patienceMs = patienceMs;
    this.#lateSync = new LateSync(db.location());
    this.#checkpoints = new Checkpoints(db.location(), () => this.#schedule());
  }

  /** Runs `run` inside the next transaction; resolves when its effects are on disk. */
  write<T>(run: () => T): Promise<T> {
    return this.#add(this.#waiting, run, true);
  }

  /**
   * As `write`, but resolves when a killed process would not lose the effects; a machine without power loses
   * those of the last second.
   */
  note<T>(run: () => T): Promise<T> {
    return this.#add(this.#notes, run, false);
  }

  #add<T>(line: Write[], run: () => T, lasting: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      line.push({ run, lasting, resolve, reject, deadline: performance.now() + this.#patienceMs });
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
    await this.#checkpoints.close();
    if (this.#scheduled) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#lateSync.close();
    if (this.#db.isOpen) this.#db.close();
  }

  /** Sees to it that a commit comes when the first of what waits is due. */
  #schedule(delayMs = 0): void {
    if (this.#checkpoints.isHolding || this.#waiting.length + this.#notes.length === 0) return;
    const now = performance.now();
    const writesAt = this.#waiting.length > 0 ? this.#restUntil : Number.POSITIVE_INFINITY;
    const notesAt = this.#notes.length > 0 ? this.#notesAt : Number.POSITIVE_INFINITY;
    const at = Math.max(now + delayMs, Math.min(writesAt, notesAt));
    if (this.#scheduled && this.#scheduled.at <= at) return;
    this.#scheduled?.cancel();
    this.#scheduled = { at, cancel: this.#soon(at - now) };
  }

  #soon(waitMs: number): () => void {
    if (waitMs <= 0) {
      const immediate = setImmediate(() => this.#flush());
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(() => this.#flush(), waitMs);
    return () => clearTimeout(timer);
  }

  #flush(): void {
    this.#scheduled = undefined;
    if (this.#checkpoints.isHolding) return;
    const startedAt = performance.now();
    const batch = this.#notes.splice(0, BATCH);
    // A timer may come a moment early.
    const isRested = startedAt + 1 >= this.#restUntil;
    if (isRested) batch.push(...this.#waiting.splice(0, BATCH - batch.length));
    let busy = false;
    try {
      const answers = this.#commit(batch);
      for (const answer of answers) answer();
    } catch (error) {
      busy = isBusy(error);
      for (const { reject } of busy ? this.#overdue(batch) : batch) reject(translated(error));
    }
    const endedAt = performance.now();
    this.#notesAt = endedAt + NOTES_PAUSE_MS;
    if (this.#waitsForDisk) {
      this.#restUntil = endedAt + Math.min(MAX_REST_MS, REST * (endedAt - startedAt));
    }
    this.#schedule(busy ? RETRY_MS : 0);
    if (!this.#scheduled) this.#idle?.();
  }

  #waitForDisk(waits: boolean): void {
    if (waits === this.#waitsForDisk) return;
    this.#db.exec(`PRAGMA synchronous = ${waits ? 'FULL' : 'NORMAL'}`);
    this.#waitsForDisk = waits;
  }

  /** Answers how to tell each write its outcome; throws when nothing of the batch was stored. */
  #commit(batch: readonly Write[]): (() => void)[] {
    if (!this.#db.isOpen) throw unavailable();
    const lasting = batch.some((write) => write.lasting);
    this.#waitForDisk(lasting);
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
      if (lasting) this.#lateSync.isDone();
      else this.#lateSync.isDue();
      this.#checkpoints.committed();
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
    const patient = batch.filter(({ deadline }) => deadline > now);
    this.#waiting.unshift(...patient.filter(({ lasting }) => lasting));
    this.#notes.unshift(...patient.filter(({ lasting }) => !lasting));
    return batch.filter(({ deadline }) => deadline <= now);
  }
}
