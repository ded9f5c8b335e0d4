import type { App } from '../../model/app.ts';
import { placeOf } from '../../model/asset.ts';
import { refused } from '../../model/errors.ts';
import type { StorageStep, StorageStepName } from '../../ports/assets/asset-storage.ts';
import type { Deps } from '../../ports/deps.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { usedBytes } from '../assets/quota.ts';
import { type RemovalDeps, removeAsset } from '../assets/removal.ts';
import { type OpenedAsset, openAssets, type ShownDeps } from '../assets/shown-asset.ts';
import { type ListPage, type ListRequest, readList } from './list.ts';
import type { TestOutcome } from './test-message.ts';
import { unknown } from './walk-step.ts';

const STEPS: readonly StorageStepName[] = ['dns', 'tcp', 'tls', 'auth', 'put', 'head', 'get', 'delete'];

/** A user with files on a page, and what all of theirs take, in bytes; what is reserved included. */
export interface AssetOwner {
  userId: string;
  handle: string | undefined;
  bytes: number;
}

/**
 * A page of the files of an app's users, newest first, or of one user, and whose they are. Throws `app_gone`,
 * and `refused` for a cursor of another list.
 */
export async function listAssets(
  deps: ShownDeps & Pick<Deps, 'cursors'>,
  { appId, userId, page }: { appId: string; userId: string | undefined; page: ListRequest },
): Promise<{ page: ListPage<OpenedAsset>; owners: AssetOwner[] }> {
  const app = await getAppForPortal(deps, appId);
  const name = { list: 'assets', appId, filter: { userId } };
  const { rows, ...rest } = await readList(deps, name, page, (keyPage) =>
    deps.store.assets.list(appId, userId, keyPage),
  );
  const ids = [...new Set(rows.map((asset) => asset.userId))];
  const [opened, owners] = await Promise.all([
    openAssets(deps, app, rows),
    Promise.all(ids.map((id) => ownerOf(deps, app, id))),
  ]);
  return { page: { ...rest, rows: opened }, owners };
}

async function ownerOf(deps: Pick<Deps, 'store' | 'clock'>, app: App, userId: string): Promise<AssetOwner> {
  const [user, bytes] = await Promise.all([
    deps.store.users.find(app.id, userId),
    usedBytes(deps, { appId: app.id, userId }),
  ]);
  return { userId, handle: user?.handle, bytes };
}

/** Removes files of users, all or none. Throws `app_gone`, and `refused` with `unknown_asset`. */
export async function removeAssets(
  deps: RemovalDeps,
  { appId, ids }: { appId: string; ids: readonly string[] },
): Promise<true> {
  const app = await getAppForPortal(deps, appId);
  const assets = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      const asset = await deps.store.assets.find(appId, id);
      if (!asset || (asset.status !== 'active' && asset.status !== 'changed'))
        throw refused('the app has no such file', { reason: 'unknown_asset', field: 'ids' });
      return asset;
    }),
  );
  for (const asset of assets) await removeAsset(deps, app, asset);
  deps.events.emit('assets_removed', { assets: assets.length, by: 'portal' });
  return true;
}

/**
 * Goes the way of a small file to the storage of an app and back: `dns tcp tls auth put head get delete`.
 * Throws `app_gone`, and `refused` with `storage_off`.
 */
export async function testStorage(
  deps: Pick<Deps, 'store' | 'assetStorages'>,
  { appId }: { appId: string },
): Promise<TestOutcome> {
  const app = await getAppForPortal(deps, appId);
  const { assetStorage: kind } = app;
  if (kind === 'off') throw refused('the app keeps no files', { reason: 'storage_off' });
  const storage = await deps.assetStorages.at(placeOf(app, kind));
  return outcomeOf(await storage.test(), kind);
}

function outcomeOf(taken: readonly StorageStep[], kind: 'local' | 's3'): TestOutcome {
  const failed = taken.find(({ ok }) => ok === false);
  const why = failed ? `not reached (${failed.step})` : ABSENT[kind];
  const steps = STEPS.map((name) => {
    const step = taken.find((each) => each.step === name);
    if (!step) return { step: name, ms: 0, ...unknown(why) };
    const { ok, ms, seen: detail, repair } = step;
    return { step: name, ok, ms, detail, ...(repair !== undefined && { repair }) };
  });
  const isThrough = steps.some(({ step, ok }) => step === 'delete' && ok === true);
  return { ok: failed ? false : isThrough || 'unknown', steps };
}

const ABSENT = {
  local: 'files are in a folder of this machine',
  s3: 'not asked of this storage',
} as const;
