import { isEnded, type Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { taskOf } from './move-in-task.ts';

/** No import is so long between its files and its job. */
const SETTLE_MS = 10 * MINUTE_MS;

/** Tells of files in the data folder, by their name, whether an import still needs them. */
export function needOfFiles({
  store,
  clock,
}: Pick<Deps, 'store' | 'clock'>): (name: string) => Promise<'needed' | 'ended' | 'lost'> {
  let jobs: Map<string, Job> | undefined;
  return async (name) => {
    // Its job is stored a moment later than its files.
    if (clock.now() < madeAt(name) + SETTLE_MS) return 'needed';
    jobs ??= await importsByFiles(store);
    const job = jobs.get(name);
    if (!job) return 'lost';
    return isEnded(job) ? 'ended' : 'needed';
  };
}

/** Ids of rows begin with the second they were made in. */
function madeAt(name: string): number {
  return Number.parseInt(name.slice(0, 8), 16) * 1000;
}

async function importsByFiles({ jobs }: Deps['store']): Promise<Map<string, Job>> {
  const found = new Map<string, Job>();
  for await (const job of jobs.stream()) if (job.kind === 'import') found.set(taskOf(job).files, job);
  return found;
}
