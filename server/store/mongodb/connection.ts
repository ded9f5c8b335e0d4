import { setTimeout as pause } from 'node:timers/promises';
import {
  type Db,
  type Document,
  MongoBulkWriteError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { HostError } from '../../model/errors.ts';
import { within } from '../../tools/deadline.ts';
import { unavailable } from '../engine.ts';

/** What is only noted does not wait for the journal, nor for other members of a replica set. */
export const NOTED = { writeConcern: { w: 1, journal: false } } as const;

/** Longest time one call may take, so that a request with a quick call before it still answers within 8 s. */
export const OPERATION_MS = 7_000;
const PROBE_MS = 1_500;
const PROBE_PAUSE_MS = 500;

/**
 * Server errors that mean "no primary just now" (step-down, shutdown, lost members), besides those labelled
 * as retryable.
 */
const OUTAGE_CODES = new Set([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
/** Driver errors without an exported class. */
const NO_CONNECTION = new Set([
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoPoolClosedError',
  'MongoClientClosedError',
]);
/** The server's code for a second document with the same unique key. */
export const DUPLICATE_KEY = 11000;
const POOL_EXHAUSTED = 'MongoWaitQueueTimeoutError';

class DeadlineError extends Error {}

function late(): Error {
  return new DeadlineError('no answer in time');
}

/**
 * Lets calls through while the database answers. The driver alone does not promise an answer (a frozen server
 * holds a call for good), so every call has a deadline. After a failed call one probe decides: while it runs
 * others wait for it, and when it fails they are refused at once until a later probe succeeds.
 */
export class Connection {
  readonly #ping: () => Promise<unknown>;
  #reachable = true;
  #firstProbe: Promise<void> | undefined;
  #closed = false;

  constructor(ping: () => Promise<unknown>) {
    this.#ping = ping;
  }

  /**
   * Runs one operation. Throws `service_unavailable` when the database does not answer in time; a write may
   * then have happened or not.
   */
  async run<T>(operation: () => Promise<T>, deadlineMs = OPERATION_MS): Promise<T> {
    await this.#firstProbe;
    if (!this.#reachable) throw unavailable();
    try {
      return await within(deadlineMs, operation(), late);
    } catch (error) {
      // All connections busy says nothing about the server: refuse, but let those at work finish.
      if (error instanceof Error && error.name === POOL_EXHAUSTED) throw unavailable(error);
      if (!isOutage(error)) throw error;
      if (this.#reachable) this.#firstProbe ??= this.#investigate();
      throw unavailable(error);
    }
  }

  close(): void {
    this.#closed = true;
  }

  async #investigate(): Promise<void> {
    const answers = await this.#answers();
    this.#firstProbe = undefined;
    if (answers || this.#closed) return;
    this.#reachable = false;
    void this.#waitForReturn();
  }

  async #waitForReturn(): Promise<void> {
    do await pause(PROBE_PAUSE_MS, undefined, { ref: false });
    while (!this.#closed && !(await this.#answers()));
    this.#reachable = true;
  }

  async #answers(): Promise<boolean> {
    try {
      await within(PROBE_MS, this.#ping(), late);
      return true;
    } catch {
      return false;
    }
  }
}

/** What became of one part of a command that writes many. */
export interface WriteError {
  index: number;
  code: number;
  errmsg: string;
}

/**
 * Runs a command of many writes that are only noted, none of which waits for another. The driver's batches
 * would measure each part before they write it, and remember it for a repetition; this is not repeated.
 */
export async function noteCommand(db: Db, command: Document): Promise<readonly WriteError[]> {
  const noted = { ...command, ordered: false, writeConcern: { w: 1, j: false } };
  const { writeErrors = [] } = (await db.command(noted)) as { writeErrors?: WriteError[] };
  return writeErrors;
}

/** Whether a call was refused only because all connections are busy. */
export function isCrowd(error: unknown): boolean {
  return error instanceof HostError && error.cause instanceof Error && error.cause.name === POOL_EXHAUSTED;
}

/** Whether an error says that the server, or the way to it, is going or gone. */
export function isOutage(error: unknown): boolean {
  // A batch wraps what became of its parts, without the labels; but for duplicates it fails only with its
  // primary.
  if (error instanceof MongoBulkWriteError) return error.code !== DUPLICATE_KEY;
  if (error instanceof MongoServerError) {
    return error.hasErrorLabel('RetryableWriteError') || OUTAGE_CODES.has(Number(error.code));
  }
  return (
    error instanceof DeadlineError ||
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof Error && (NO_CONNECTION.has(error.name) || isSocketError(error)))
  );
}

/** The driver passes some errors of Node's sockets on as they are: EPIPE, ECONNRESET. */
function isSocketError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code);
}
