import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** So many commits later the log is copied: some 1,000 pages, as SQLite would have it by itself. */
const COMMITS = 128;
/** Commits wait no longer than this for the end of a copy. */
const HOLD_MS = 250;
/** A log that reached this many pages all the same is copied by whoever commits (SQLite's default: 1,000). */
export const FALLBACK_PAGES = 8_000;

/**
 * Copies SQLite's log into the database on a thread of its own, for copying waits for the disk twice. The
 * bulk is copied beside the commits; they are held for the last of it, so that the log begins anew. The
 * thread is started by the first host that writes much, and whatever happens to it costs nothing but speed.
 */
export class Checkpoints {
  readonly #file: string | undefined;
  readonly #released: () => void;
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;
  #commits = 0;
  #isHolding = false;
  #isOver = false;

  /** `database`: its file; null for one in memory. `released`: called when commits may go on. */
  constructor(database: string | null, released: () => void) {
    this.#file = database ?? undefined;
    this.#released = released;
    this.#isOver = database === null;
  }

  /** Commits wait: what is left is being copied. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** Counts a commit. */
  committed(): void {
    if (this.#isOver || ++this.#commits < COMMITS || this.#running) return;
    this.#commits = 0;
    this.#running = this.#copy().finally(() => {
      this.#running = undefined;
    });
  }

  /** Ends the thread behind its copy. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#worker?.ref();
    await this.#running;
    await this.#worker?.terminate();
  }

  async #copy(): Promise<void> {
    try {
      this.#worker ??= started(this.#file ?? '');
      await pass(this.#worker);
      const timer = setTimeout(() => this.#release(), HOLD_MS).unref();
      this.#isHolding = true;
      await pass(this.#worker).finally(() => clearTimeout(timer));
    } catch {
      // Whoever commits copies then.
      this.#isOver = true;
    } finally {
      this.#release();
    }
  }

  #release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#released();
  }
}

function started(file: string): Worker {
  const worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
    workerData: { file },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  worker.unref();
  return worker;
}

/** Copies what was committed before it began. Throws what ended the thread. */
async function pass(worker: Worker): Promise<void> {
  const given = new AbortController();
  const { signal } = given;
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw new Error('the thread of checkpoints ended');
  });
  try {
    const copied = once(worker, 'message', { signal });
    worker.postMessage('copy');
    await Promise.race([copied, ended]);
  } finally {
    given.abort();
    ended.catch(() => {});
  }
}
