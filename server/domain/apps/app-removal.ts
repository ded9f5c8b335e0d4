import { isHostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { forgetVerification } from '../tokens/verification.ts';
import { forgetPasswords } from '../users/password-kinds.ts';
import { forgetSeats, recountSeats } from '../users/seats.ts';
import { changeApp, getAppForPortal } from './apps.ts';

type RemovalDeps = Pick<Deps, 'store' | 'clock' | 'events' | 'activity'>;

/**
 * Deletes an app and everything that hangs on it; false when there is none. The app is marked first,
 * invisible from then on and its name free. The record goes last, by the sweeper, together with what a crash
 * left and what requests under way still added.
 */
export async function deleteApp(deps: RemovalDeps, { appId }: { appId: string }): Promise<boolean> {
  if (!(await markDeleting(deps, appId))) return false;
  await deps.activity.flush();
  await removeBelongings(deps, appId);
  deps.events.emit('app_deleted', { appId, by: 'portal' });
  return true;
}

async function markDeleting(deps: RemovalDeps, appId: string): Promise<boolean> {
  try {
    await changeApp(deps, appId, (app) => ({ ...app, lifecycle: 'deleting', name: `deleting ${appId}` }));
    return true;
  } catch (error) {
    if (isHostError(error, 'app_gone')) return false;
    throw error;
  }
}

/** Removes what hangs on an app that is already invisible, then its record. Can be repeated. */
export async function removeWholeApp(deps: Pick<Deps, 'store'>, appId: string): Promise<void> {
  await removeBelongings(deps, appId);
  await deps.store.apps.remove(appId);
}

async function removeBelongings(deps: Pick<Deps, 'store'>, appId: string): Promise<void> {
  await removePeople(deps, appId);
  await deps.store.activity.removeAll(appId);
  await deps.store.templates.removeAll(appId);
  await deps.store.figures.removeAll(appId);
  await forgetVerification(deps, appId);
  await forgetSeats(deps, { id: appId });
  await forgetPasswords(deps, { id: appId });
}

/**
 * Empties an app: users, signups, invites, waiting messages, jobs and, unless `keepLogs`, its log. Settings,
 * keys, token and edited texts stay (contract P21). Throws `app_gone`.
 */
export async function resetApp(
  deps: RemovalDeps,
  { appId, keepLogs = false }: { appId: string; keepLogs?: boolean },
): Promise<true> {
  const app = await getAppForPortal(deps, appId);
  await deps.activity.flush();
  await removePeople(deps, appId);
  if (!keepLogs) await deps.store.activity.removeAll(appId);
  await recountSeats(deps, app);
  await forgetPasswords(deps, app);
  deps.events.emit('app_reset', { appId, by: 'portal' });
  return true;
}

async function removePeople({ store }: Pick<Deps, 'store'>, appId: string): Promise<void> {
  await store.jobs.removeAll(appId);
  await store.messages.removeAll(appId);
  await store.users.removeAll(appId);
  await store.signups.removeAll(appId);
  await store.invites.removeAll(appId);
}
