import type { Activity } from '../../model/activity.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ActivityFilter } from '../../ports/store/activity.ts';
import type { Page, PageRequest } from '../../ports/store/page.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { findByLoginName } from '../users/handle.ts';

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

/** One page of an app's log, newest first, with what this process has not written yet. Throws `app_gone`. */
export async function activityPage(
  deps: Pick<Deps, 'store' | 'activity'>,
  { appId, filter, page }: { appId: string; filter: ActivityFilter; page: PageRequest },
): Promise<Page<Activity>> {
  await getAppForPortal(deps, appId);
  await deps.activity.flush();
  return deps.store.activity.page(appId, filter, page);
}
