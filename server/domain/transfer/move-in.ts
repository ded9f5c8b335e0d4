import { HostError, refused } from '../../model/errors.ts';
import { isEnded, type Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ForeignPart } from '../../ports/foreign-files.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { requireNewPath } from '../apps/metadata-fields.ts';
import { beginJob, getJob, stopJob } from '../jobs/job.ts';
import type { Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { type MoveInTask, progressOf, taskOf } from './move-in-task.ts';

type MoveInDeps = Pick<
  Deps,
  'store' | 'clock' | 'events' | 'codes' | 'origin' | 'wakeJobs' | 'foreignFiles' | 'activity'
>;

/**
 * Begins to move people in from a file of another system. The same file with the same options goes on with
 * the import that is under way. Throws `app_gone`, and `refused` for options that do not fit.
 */
export async function beginMoveIn(
  deps: MoveInDeps,
  input: Omit<MoveInTask, 'files' | 'hasSecond'> & {
    appId: string;
    received: Partial<Record<ForeignPart, string>>;
    /** The part that the second file came in. */
    secondPart?: string | undefined;
  },
): Promise<Job> {
  const { appId, received, secondPart, ...asked } = input;
  await getAppForPortal(deps, appId);
  requireFitting(asked, secondPart);
  const known = await sameUnderWay(deps, appId, asked);
  if (known) return known;
  const files = deps.codes.newRowId(deps.clock.now());
  const folder = deps.foreignFiles.folder();
  const task: MoveInTask = { ...asked, files, hasSecond: received.second !== undefined };
  await deps.foreignFiles.keep(files, received);
  try {
    return await beginJob(deps, { appId, kind: 'import', task: JSON.parse(JSON.stringify(task)), folder });
  } catch (error) {
    await deps.foreignFiles.release(files);
    throw error;
  }
}

function requireFitting(
  { format, map, options }: Pick<MoveInTask, 'format' | 'map' | 'options'>,
  secondPart: string | undefined,
): void {
  const source: Source = SOURCES[format];
  if (secondPart !== undefined && secondPart !== source.second?.part) {
    throw refused(`${format} knows no file "${secondPart}"`, { reason: 'unknown_value', field: secondPart });
  }
  const lacking = source.needs?.find((name) => (options[name] ?? '') === '');
  if (lacking) throw refused(`${format} needs ${lacking}`, { reason: 'missing', field: lacking });
  for (const path of Object.keys(map.metaData ?? {})) requireNewPath(path, 'map');
}

async function sameUnderWay(
  deps: Pick<Deps, 'store'>,
  appId: string,
  asked: Omit<MoveInTask, 'files' | 'hasSecond'>,
): Promise<Job | undefined> {
  const wanted = JSON.stringify(asked);
  for await (const job of deps.store.jobs.stream()) {
    if (job.kind !== 'import' || job.appId !== appId || isEnded(job)) continue;
    const { files: _, hasSecond: __, ...task } = taskOf(job);
    if (
      task.sum === asked.sum &&
      JSON.stringify(sorted(task)) === JSON.stringify(sorted(JSON.parse(wanted)))
    ) {
      return job;
    }
  }
  return undefined;
}

function sorted(value: Record<string, unknown>): unknown[] {
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Throws `job_unknown`, for a job of another kind too. */
export async function getMoveIn(deps: Pick<Deps, 'store'>, input: { job: string }): Promise<Job> {
  const job = await getJob(deps, input);
  if (job.kind !== 'import') throw new HostError('job_unknown');
  return job;
}

/** As `stopJob`; the files go at once. Throws `job_unknown`. */
export async function stopMoveIn(deps: MoveInDeps, input: { job: string }): Promise<true> {
  const job = await getMoveIn(deps, input);
  await stopJob(deps, input);
  await deps.foreignFiles.release(taskOf(job).files);
  return true;
}

/** Stops a job of whichever kind, as `stopMoveIn` one that has files. Throws `job_unknown`. */
export async function stopAnyJob(deps: MoveInDeps, input: { job: string }): Promise<true> {
  const { kind } = await getJob(deps, input);
  return kind === 'import' ? stopMoveIn(deps, input) : stopJob(deps, input);
}

/**
 * The rows an import refused, as CSV; of one whose file lies elsewhere the first hundred. Throws
 * `job_unknown`.
 */
export async function refusedRows(
  deps: Pick<Deps, 'store' | 'foreignFiles'>,
  input: { job: string },
): Promise<NodeJS.ReadableStream> {
  const job = await getMoveIn(deps, input);
  const kept = await deps.foreignFiles.refused(taskOf(job).files);
  return kept ?? deps.foreignFiles.refusedCsv(progressOf(job)?.refusedRows ?? []);
}
