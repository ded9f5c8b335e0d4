import type { Asset } from '../../model/asset.ts';
import type { UserCaller } from '../../model/caller.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { KeyPage, Place } from '../../ports/store/page.ts';
import { change } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { quotaOf, usedBytes } from './quota.ts';
import { type RemovalDeps, removeAsset } from './removal.ts';
import { type OpenedAsset, openAsset, openAssets } from './shown-asset.ts';
import { type AssetDeps, isOpenTo, refusedAsset, requireShort, requireStorage } from './upload.ts';

/**
 * A page of the caller's own assets, newest first, with fresh addresses. Throws `invalid_data` with
 * `storage_off`, and `refused` for a cursor of another list.
 */
export async function listOwnAssets(
  deps: AssetDeps & Pick<Deps, 'cursors'>,
  { caller, after, limit }: { caller: UserCaller; after: string | undefined; limit: number },
): Promise<{ rows: OpenedAsset[]; next?: string }> {
  const user = await owner(deps, caller);
  const { app } = caller;
  const name = { list: 'ownAssets', appId: app.id, filter: { userId: user.id } };
  const place: Place | undefined = after ? deps.cursors.open(name, after) : undefined;
  const page: KeyPage<Asset> = await deps.store.assets.list(app.id, user.id, { after: place, limit });
  const rows = await openAssets(deps, app, page.rows);
  return { rows, ...(page.next && { next: deps.cursors.seal(name, page.next) }) };
}

/** One of the caller's own assets. Throws `invalid_data` with `storage_off` and `unknown_asset`. */
export async function ownAsset(
  deps: AssetDeps,
  { caller, id }: { caller: UserCaller; id: string },
): Promise<OpenedAsset> {
  const user = await owner(deps, caller);
  const asset = await deps.store.assets.find(caller.app.id, id);
  if (!asset || !isOwn(asset, user)) throw refusedAsset('unknown_asset', 'id');
  return openAsset(deps, caller.app, asset);
}

/**
 * Assets with fresh addresses, the caller's own and those that others share with everybody in the app, in the
 * order asked for. One that is unknown refuses all: `invalid_data` with `unknown_asset`.
 */
export async function refreshAssets(
  deps: AssetDeps,
  { caller, ids }: { caller: UserCaller; ids: readonly string[] },
): Promise<OpenedAsset[]> {
  const user = await owner(deps, caller);
  const assets = await findAll(deps, caller, ids, async (asset) => {
    if (isOwn(asset, user)) return true;
    if (!isThere(asset) || asset.access !== 'app') return false;
    const sharing = await deps.store.users.find(asset.appId, asset.userId);
    return sharing?.status === 'active';
  });
  return openAssets(deps, caller.app, assets);
}

/**
 * Changes what is said of an asset; an empty caption takes it away. Throws `invalid_data` with `storage_off`,
 * `unknown_asset` and `too_long`.
 */
export async function updateAsset(
  deps: AssetDeps,
  input: {
    caller: UserCaller;
    id: string;
    caption?: string | undefined;
    extra?: Record<string, unknown> | undefined;
    access?: Asset['access'] | undefined;
  },
): Promise<OpenedAsset> {
  const { caller, id, caption, extra, access } = input;
  const user = await owner(deps, caller);
  requireShort(extra);
  const changed = await change(
    deps.clock,
    deps.store.assets,
    () => deps.store.assets.find(caller.app.id, id),
    (asset) => {
      if (!isOwn(asset, user)) throw refusedAsset('unknown_asset', 'id');
      const { caption: before, ...rest } = asset;
      const said = caption ?? before ?? '';
      return {
        ...rest,
        ...(said !== '' && { caption: said }),
        ...(extra && { extra }),
        ...(access && { access }),
        updatedAt: deps.clock.now(),
      };
    },
  );
  if (!changed) throw refusedAsset('unknown_asset', 'id');
  return openAsset(deps, caller.app, changed.after);
}

/**
 * Removes the caller's assets, all or none, and reservations that nothing will come for: `invalid_data` with
 * `unknown_asset`.
 */
export async function removeOwnAssets(
  deps: AssetDeps & RemovalDeps,
  { caller, ids }: { caller: UserCaller; ids: readonly string[] },
): Promise<true> {
  const user = await owner(deps, caller);
  const assets = await findAll(deps, caller, ids, async (asset) => isOpenTo(asset, user.id));
  for (const asset of assets) await removeAsset(deps, caller.app, asset);
  deps.events.emit('assets_removed', { userId: user.id, assets: assets.length, by: 'user' });
  return true;
}

/** What the caller's files take, what is reserved included, and what they may. */
export async function assetUsage(
  deps: AssetDeps,
  caller: UserCaller,
): Promise<{ bytes: number; count: number; quota: number }> {
  const user = await owner(deps, caller);
  const { app } = caller;
  const [bytes, count] = await Promise.all([
    usedBytes(deps, { appId: app.id, userId: user.id }),
    deps.store.assets.count(app.id, user.id),
  ]);
  return { bytes, count, quota: quotaOf(app) };
}

async function owner(deps: AssetDeps, caller: UserCaller): Promise<User> {
  requireRunning(caller.app);
  const user = await currentUser(deps, caller);
  requireStorage(caller.app);
  return user;
}

function isThere({ status }: Asset): boolean {
  return status === 'active' || status === 'changed';
}
function isOwn(asset: Asset, { id }: User): boolean {
  return asset.userId === id && isThere(asset);
}

async function findAll(
  deps: AssetDeps,
  { app }: UserCaller,
  ids: readonly string[],
  mayUse: (asset: Asset) => Promise<boolean>,
): Promise<Asset[]> {
  return Promise.all(
    [...new Set(ids)].map(async (id) => {
      const asset = await deps.store.assets.find(app.id, id);
      if (!asset || !(await mayUse(asset))) throw refusedAsset('unknown_asset', 'ids');
      return asset;
    }),
  );
}
