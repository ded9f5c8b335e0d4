import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The log is copied when it has about so many pages (SQLite's default). */
const PAGES = 1_000;
/** So many commits are taken for as many pages at first, and at least and at most later. */
const COMMITS = { first: 32, least: 8, most: 256 };
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
  /** So many commits make the log as long as it shall be, as far as is known. */
  #enough = COMMITS.first;
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
    if (this.#isOver || ++this.#commits < this.#enough || this.#running) return;
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
      const commits = this.#commits;
      const pages = await pass(this.#worker);
      if (pages > 0) this.#enough = within(COMMITS, Math.round((commits * PAGES) / pages));
      const timer = setTimeout(() => this.#release(), HOLD_MS).unref();
      this.#isHolding = true;
      this.#commits = 0;
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
  const worker = new Worker(new URL('./checkpoint-worker.mjs', import.meta.url), {
    workerData: { file },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  worker.unref();
  return worker;
}

function within({ least, most }: { least: number; most: number }, value: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Copies what was committed before it began; answers the pages of the log. Throws what ended the thread. */
async function pass(worker: Worker): Promise<number> {
  const given = new AbortController();
  const { signal } = given;
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw new Error('the thread of checkpoints ended');
  });
  try {
    const copied = once(worker, 'message', { signal });
    worker.postMessage('copy');
    const [pages] = (await Promise.race([copied, ended])) as [number];
    return pages;
  } finally {
    given.abort();
    ended.catch(() => {});
  }
}
