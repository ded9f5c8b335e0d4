import type { Activity } from '../model/activity.ts';
import type { Deps } from '../ports/deps.ts';
import type { ActivityFilter } from '../ports/store/activity.ts';
import type { Page, PageRequest } from '../ports/store/page.ts';
import { findAppForPortal } from './apps.ts';

/** One page of an app's log, newest first, with what this process has not written yet. Throws `app_gone`. */
export async function activityPage(
  deps: Pick<Deps, 'store' | 'activity'>,
  { appId, filter, page }: { appId: string; filter: ActivityFilter; page: PageRequest },
): Promise<Page<Activity>> {
  await findAppForPortal(deps, appId);
  await deps.activity.flush();
  return deps.store.activity.page(appId, filter, page);
}
