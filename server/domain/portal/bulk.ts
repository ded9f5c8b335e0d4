import type { App } from '../../model/app.ts';
import { isHostError } from '../../model/errors.ts';
import type { Job } from '../../model/job.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import { deleteUser } from '../account/deletion.ts';
import { getAppForPortal } from '../apps/apps.ts';
import type { BudgetDeps } from '../attempts/message-budgets.ts';
import { beginJob } from '../jobs/job.ts';
import type { JobStep } from '../jobs/runner.ts';
import type { MessageDeps } from '../messages/message.ts';
import { mailReset } from './user-actions.ts';
import { setUserStatus } from './user-administration.ts';
import { listUsers, type UserQuery } from './user-list.ts';

export const BULK_ACTIONS = ['suspend', 'activate', 'delete', 'sendPasswordReset'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

type BulkDeps = MessageDeps & BudgetDeps & Pick<Deps, 'passwords' | 'cursors' | 'figures' | 'wakeAssets'>;

/** Users done in one step. */
const STEP = 20;
/** Somebody to whom no message may be sent in so many hours is left out. */
const HOURS_MAX = 25;

interface Task {
  query: UserQuery;
  action: BulkAction;
  perHour?: number;
}
interface Progress {
  /** Cursor of the list behind the last user who was done. */
  after?: string;
  /** Hours in which the next one could not be written to. */
  waited?: number;
}

/**
 * Begins to do something to every user that a filter of the list finds, the newest first; `perHour` of them
 * an hour, where that is given. Throws `app_gone`, and `refused` for a filter that the list refuses.
 */
export async function beginBulk(
  deps: BulkDeps & Pick<Deps, 'origin' | 'wakeJobs'>,
  { appId, ...task }: Task & { appId: string },
): Promise<Job> {
  const { rows } = await usersBehind(deps, appId, task.query, undefined, 1);
  const isForAll = Object.values(task.query).every((value) => value === undefined);
  const total = rows.length === 0 ? 0 : isForAll ? await deps.store.users.size(appId) : undefined;
  return beginJob(deps, {
    appId,
    kind: 'bulk',
    task: JSON.parse(JSON.stringify(task)),
    ...(total !== undefined && { total }),
  });
}

/**
 * Does a few users of a bulk job; one at a time where a message goes to each, so that a crash repeats one.
 */
export async function bulkStep(deps: BulkDeps, job: Job): Promise<JobStep> {
  const { query, action, perHour } = job.task as unknown as Task;
  const { after, waited = 0 } = job.progress as Progress;
  const isPaced = perHour !== undefined || action === 'sendPasswordReset';
  const app = await getAppForPortal(deps, job.appId);
  const { rows, next } = await usersBehind(deps, job.appId, query, after, isPaced ? 1 : STEP);
  const report = { ...job.report };
  for (const user of rows) {
    const outcome = await act(deps, app, user, action);
    if (outcome === 'limited' && waited < HOURS_MAX) {
      const progress = { ...job.progress, waited: waited + 1 };
      return { job: { progress, read: job.read, report }, next: nextHour(deps) };
    }
    report[outcome] = (report[outcome] ?? 0) + 1;
  }
  const done = { progress: next ? { after: next } : {}, read: job.read + rows.length, report };
  if (next === undefined) return { job: done, next: 'done' };
  return { job: done, ...(perHour && { next: deps.clock.now() + Math.ceil(HOUR_MS / perHour) }) };
}

function usersBehind(
  deps: BulkDeps,
  appId: string,
  query: UserQuery,
  after: string | undefined,
  limit: number,
) {
  return listUsers(deps, { appId, query, sort: '-created', page: { after, limit } });
}

/** What became of one user; doing it once more changes nothing. */
async function act(
  deps: BulkDeps,
  app: App,
  user: User,
  action: BulkAction,
): Promise<'done' | 'skipped' | 'limited'> {
  if (action === 'sendPasswordReset') {
    const outcome = await mailReset(deps, app, user);
    return outcome === 'sent' ? 'done' : outcome === 'none' ? 'skipped' : outcome;
  }
  if (action === 'delete') {
    await deleteUser(deps, { app, user, by: 'portal' });
    return 'done';
  }
  const status = action === 'suspend' ? 'suspend' : 'active';
  if (user.status === status) return 'skipped';
  try {
    await setUserStatus(deps, { appId: app.id, userId: user.id, status });
    return 'done';
  } catch (error) {
    if (isHostError(error, 'user_unknown')) return 'skipped';
    throw error;
  }
}

function nextHour({ clock }: Pick<Deps, 'clock'>): number {
  return (Math.floor(clock.now() / HOUR_MS) + 1) * HOUR_MS;
}
