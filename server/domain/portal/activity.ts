import type { Activity } from '../../model/activity.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ActivityFilter } from '../../ports/store/activity.ts';
import type { Page, PageRequest } from '../../ports/store/page.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { findByLoginName } from '../users/handle.ts';
import { type ListPage, type ListRequest, readList } from './list.ts';

/** Whether somebody of that app is meant by a handle or user name as it was sent. */
export async function isKnownUser(
  deps: Pick<Deps, 'store'>,
  appId: string,
  handle: string,
): Promise<boolean> {
  const app = await deps.store.apps.find(appId);
  if (!app) return false;
  const user = await findByLoginName(deps, app, handle).catch((error: unknown) => {
    // What nobody can be called is nobody's.
    if (error instanceof HostError) return undefined;
    throw error;
  });
  return user !== undefined;
}

/** Whose rows are wanted: by the handle they were recorded with, or by that of a user. */
interface Whose {
  handle?: string | undefined;
  userId?: string | undefined;
}
interface LogQuery {
  appId: string;
  filter: ActivityFilter;
  whose: Whose;
}

/**
 * One page of an app's log, newest first, with what this process has not written yet. Rows of a handle are
 * those since handles are found by an index. Throws `app_gone`.
 */
export async function activityPage(
  deps: Pick<Deps, 'store' | 'activity'>,
  { appId, filter, whose, page }: LogQuery & { page: PageRequest },
): Promise<Page<Activity>> {
  await getAppForPortal(deps, appId);
  await deps.activity.flush();
  const wanted = await withHandle(deps, appId, filter, whose);
  return wanted ? deps.store.activity.page(appId, wanted, page) : { rows: [], total: 0 };
}

/** The same by key (additions §4). Throws `app_gone`, and `refused` for a cursor of another list. */
export async function activityList(
  deps: Pick<Deps, 'store' | 'activity' | 'cursors'>,
  { appId, filter, whose, page }: LogQuery & { page: ListRequest },
): Promise<ListPage<Activity>> {
  await getAppForPortal(deps, appId);
  await deps.activity.flush();
  const wanted = await withHandle(deps, appId, filter, whose);
  const name = { list: 'logs', appId, filter: { ...filter, ...whose } };
  return readList(deps, name, page, async (keyPage) =>
    wanted ? deps.store.activity.list(appId, wanted, keyPage) : { rows: [] },
  );
}

/** Undefined when no row can be meant. */
async function withHandle(
  { store }: Pick<Deps, 'store'>,
  appId: string,
  filter: ActivityFilter,
  { handle, userId }: Whose,
): Promise<ActivityFilter | undefined> {
  if (userId === undefined) return handle === undefined ? filter : { ...filter, handle };
  const user = await store.users.find(appId, userId.trim().toLowerCase());
  const isMeant = user && (handle === undefined || handle.trim().toLowerCase() === user.handle.toLowerCase());
  return isMeant ? { ...filter, handle: user.handle } : undefined;
}
