import { type FileHandle, open } from 'node:fs/promises';

/** What was only noted is on disk so long after its commit. */
const LATEST_MS = 1_000;

/**
 * Puts on disk what was committed without waiting for it, a second later at most and on the thread pool: it
 * all lies in SQLite's write-ahead log, and whatever leaves that is synced by SQLite itself. Only this file
 * may be opened beside SQLite: closing one of the database's others would drop its locks.
 */
export class LateSync {
  readonly #file: string | undefined;
  #log: FileHandle | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `database`: its file; null for one in memory. */
  constructor(database: string | null) {
    this.#file = database === null ? undefined : `${database}-wal`;
  }

  /** Something was committed that is not on disk. */
  isDue(): void {
    if (this.#file === undefined) return;
    this.#timer ??= setTimeout(() => void this.#sync(), LATEST_MS).unref();
  }

  /** Everything committed is on disk. */
  isDone(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Syncs what is due and ends. */
  async close(): Promise<void> {
    if (this.#timer) await this.#sync();
    await this.#log?.close();
  }

  async #sync(): Promise<void> {
    this.isDone();
    if (this.#file === undefined) return;
    try {
      this.#log ??= await open(this.#file, 'r');
      await this.#log.datasync();
    } catch {
      // The next write that must last meets the same disk.
    }
  }
}
