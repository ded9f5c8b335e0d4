/**
 * The thread of `Checkpoints`: at each message it copies what was committed by then, and says how many pages
 * the log had. Plain JavaScript, for a thread that reads TypeScript takes 16 MiB more.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const db = new DatabaseSync(workerData.file, { timeout: 0 });
const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

parentPort?.on('message', () => parentPort?.postMessage(Number(copy.get()?.log)));
