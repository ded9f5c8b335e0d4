import { HostError } from '../../model/errors.ts';
import { isEnded, type Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import type { KeyPage, KeyPageRequest } from '../../ports/store/page.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { change } from '../users/change.ts';

type JobDeps = Pick<Deps, 'store' | 'clock' | 'events'>;

/** Begins a job: it is stored when this resolves, and any process goes on with it. */
export async function beginJob(
  deps: JobDeps & Pick<Deps, 'codes' | 'origin' | 'wakeJobs'>,
  input: Pick<Job, 'appId' | 'kind' | 'task'> & Partial<Pick<Job, 'total' | 'folder'>>,
): Promise<Job> {
  const now = deps.clock.now();
  const by = deps.origin.operator();
  const job: Job = {
    ...input,
    id: deps.codes.newRowId(now),
    revision: 1,
    state: 'waiting',
    ...(by !== undefined && { by }),
    progress: {},
    read: 0,
    report: {},
    tries: 0,
    workedAt: now,
    dueAt: now,
    createdAt: now,
  };
  await deps.store.jobs.insert(job);
  deps.events.emit('job_started', { appId: job.appId, job: job.id, kind: job.kind });
  deps.wakeJobs();
  return job;
}

/** Throws `job_unknown`, for one that ended more than 30 days ago too. */
export async function getJob({ store }: Pick<Deps, 'store'>, { job: id }: { job: string }): Promise<Job> {
  const job = await store.jobs.find(id.toLowerCase());
  if (!job) throw new HostError('job_unknown');
  return job;
}

/** Jobs of an app, newest first. Throws `app_gone`. */
export async function listJobs(
  deps: Pick<Deps, 'store'>,
  appId: string,
  page: KeyPageRequest,
): Promise<KeyPage<Job>> {
  await getAppForPortal(deps, appId);
  return deps.store.jobs.list(appId, page);
}

/**
 * Stops a job: the step at hand is its last. One that ended stays as it ended. Throws `job_unknown`.
 */
export async function stopJob(
  deps: JobDeps & Pick<Deps, 'activity'>,
  { job: id }: { job: string },
): Promise<true> {
  const { jobs } = deps.store;
  const stopped = await change(
    deps.clock,
    jobs,
    () => jobs.find(id.toLowerCase()),
    (job) => (isEnded(job) ? undefined : ended(job, 'stopped', deps.clock.now())),
  );
  if (!stopped) throw new HostError('job_unknown');
  const { before, after: job } = stopped;
  if (before === job) return true;
  reportEnd(deps, job);
  deps.activity.record({
    appId: job.appId,
    action: 'stopJob',
    value: JSON.stringify({ job: job.id, kind: job.kind }),
    logType: 'app',
    status: 'success',
  });
  return true;
}

/** The job as it ends; nobody works on it any more. */
export function ended(job: Job, state: 'done' | 'failed' | 'stopped', now: number): Job {
  return { ...job, state, dueAt: undefined, endedAt: now, workedAt: now };
}

/** Tells of a job that ended, once that is stored. */
export function reportEnd({ events }: Pick<Deps, 'events'>, { appId, id, kind, state, read }: Job): void {
  events.emit('job_ended', { appId, job: id, kind, state, read });
}
