import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the event loop of a process has had of the machine so far, in milliseconds. */
interface Turns {
  worked: number;
  /** Ready to go on, while others had the processor. */
  waited: number;
}

/** Undefined where the system does not tell. */
export function turnsOf(pid: number | undefined): Turns | undefined {
  try {
    const [worked, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return { worked: Number(worked) / 1e6, waited: Number(waited) / 1e6 };
  } catch {
    return undefined;
  }
}

/**
 * Begins to measure; each call answers how many milliseconds it took so far, without those in which this
 * process or one of the others waited for a processor that was busy with something else: what is promised
 * within some seconds is promised on a machine that has them.
 */
export function startStopwatch(...others: readonly ChildProcess[]): () => number {
  const startedAt = performance.now();
  const pids = [process.pid, ...others.map(({ pid }) => pid)];
  const waited = () => pids.reduce<number>((sum, pid) => sum + (turnsOf(pid)?.waited ?? 0), 0);
  const before = waited();
  return () => performance.now() - startedAt - Math.max(0, waited() - before);
}
