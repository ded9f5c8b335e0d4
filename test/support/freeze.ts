import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

/** SIGSTOP; resolves when no thread works any more: on a machine with much else to do some still would. */
export async function freeze(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  const threads = `/proc/${child.pid}/task`;
  const works = (thread: string) => {
    try {
      return /^\d+ \(.*\) (\w)/s.exec(readFileSync(`${threads}/${thread}/stat`, 'utf8'))?.[1] !== 'T';
    } catch {
      // Gone since it was listed.
      return false;
    }
  };
  await until('every thread is stopped', () => !readdirSync(threads).some(works));
}
