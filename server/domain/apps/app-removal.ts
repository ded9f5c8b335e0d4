import type { App } from '../../model/app.ts';
import { isHostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { type RemovalDeps as AssetRemovalDeps, removeAssetsOfApp } from '../assets/removal.ts';
import { forgetVerification } from '../tokens/verification.ts';
import { forgetPasswords } from '../users/password-kinds.ts';
import { forgetSeats, recountSeats } from '../users/seats.ts';
import { changeApp, getAppForPortal } from './apps.ts';

type RemovalDeps = AssetRemovalDeps & Pick<Deps, 'activity'>;

/**
 * Deletes an app and everything that hangs on it; false when there is none. The app is marked first,
 * invisible from then on and its name free. The record goes last, by the sweeper, together with what a crash
 * left and what requests under way still added.
 */
export async function deleteApp(deps: RemovalDeps, { appId }: { appId: string }): Promise<boolean> {
  const app = await markDeleting(deps, appId);
  if (!app) return false;
  await deps.activity.flush();
  await removeBelongings(deps, app);
  deps.events.emit('app_deleted', { appId, by: 'portal' });
  return true;
}

async function markDeleting(deps: RemovalDeps, appId: string): Promise<App | undefined> {
  try {
    const name = `deleting ${appId}`;
    const { after } = await changeApp(deps, appId, (app) => ({ ...app, lifecycle: 'deleting', name }));
    return after;
  } catch (error) {
    if (isHostError(error, 'app_gone')) return undefined;
    throw error;
  }
}

/** Removes what hangs on an app that is already invisible, then its record. Can be repeated. */
export async function removeWholeApp(deps: AssetRemovalDeps, app: App): Promise<void> {
  await removeBelongings(deps, app);
  await deps.store.apps.remove(app.id);
}

async function removeBelongings(deps: AssetRemovalDeps, app: App): Promise<void> {
  const appId = app.id;
  await removePeople(deps, app);
  await deps.store.activity.removeAll(appId);
  await deps.store.templates.removeAll(appId);
  await deps.store.figures.removeAll(appId);
  await forgetVerification(deps, appId);
  await forgetSeats(deps, { id: appId });
  await forgetPasswords(deps, { id: appId });
}

/**
 * Empties an app: users with their files, signups, invites, waiting messages, jobs and, unless `keepLogs`,
 * its log. Settings, keys, token and edited texts stay (contract P21). Throws `app_gone`.
 */
export async function resetApp(
  deps: RemovalDeps,
  { appId, keepLogs = false }: { appId: string; keepLogs?: boolean },
): Promise<true> {
  const app = await getAppForPortal(deps, appId);
  await deps.activity.flush();
  await removePeople(deps, app);
  if (!keepLogs) await deps.store.activity.removeAll(appId);
  await recountSeats(deps, app);
  await forgetPasswords(deps, app);
  deps.events.emit('app_reset', { appId, by: 'portal' });
  return true;
}

async function removePeople(deps: AssetRemovalDeps, app: App): Promise<void> {
  const { store } = deps;
  const appId = app.id;
  await removeAssetsOfApp(deps, app);
  await store.jobs.removeAll(appId);
  await store.messages.removeAll(appId);
  await store.users.removeAll(appId);
  await store.signups.removeAll(appId);
  await store.invites.removeAll(appId);
}
