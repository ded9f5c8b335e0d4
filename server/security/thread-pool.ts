import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Steps of niceness: a tenth of the share of the event loop, or of a database here, for the same core. */
const NICENESS = 10;
const TASKS = '/proc/self/task';

/**
 * Lets hashes and signatures give way to the event loop, so that a token check does not wait for a core while
 * log-ins take all of them. Linux keeps a niceness for each thread; elsewhere nothing happens. The pool's
 * threads must have been started, which its first job does.
 */
export function letThreadPoolYield(): void {
  try {
    for (const thread of readdirSync(TASKS)) {
      const name = readFileSync(`${TASKS}/${thread}/comm`, 'utf8').trim();
      if (name === 'libuv-worker') setPriority(Number(thread), NICENESS);
    }
  } catch {
    // No such file system, or the platform forbids it: the host runs as well, only less evenly.
  }
}
