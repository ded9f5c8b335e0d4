import type { App } from '../../model/app.ts';
import {
  type Asset,
  type AssetPart,
  CUT_MAX_BYTES,
  CUTS,
  type Cut,
  isMediaType,
  isOnTypeList,
  MB,
  placeOf,
  plainType,
  type StoragePlace,
  WRITE_MS,
} from '../../model/asset.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError, type Reason } from '../../model/errors.ts';
import type { AssetStorage } from '../../ports/assets/asset-storage.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { change } from '../users/change.ts';
import { currentUser, requireRunning, type SessionDeps } from '../users/session.ts';
import { objectName } from './asset-path.ts';
import { headsOf, listAgain, partsOf } from './kept-parts.ts';
import { giveBytesBack, takeBytes } from './quota.ts';
import { type OpenedAsset, objectOf, openAsset, type WritableAsset } from './shown-asset.ts';

export type AssetDeps = SessionDeps & Pick<Deps, 'codes' | 'assetStorages'>;

/** What may be said of an asset when it is made. */
export interface AssetFacts {
  caption?: string | undefined;
  extra?: Record<string, unknown> | undefined;
  xRes?: number | undefined;
  yRes?: number | undefined;
  duration?: number | undefined;
  color?: string | undefined;
}

/** Text of JSON. */
const EXTRA_BYTES = 8192;

/** A refusal that blames one member of what was sent. */
export function refusedAsset(reason: Reason, field?: string): HostError {
  return new HostError('invalid_data', { because: { reason, ...(field && { field }) } });
}

/**
 * Where the app keeps new files. Throws `invalid_data` with the reason `storage_off`, for a bucket too that
 * nobody can open.
 */
export function requireStorage(app: App): StoragePlace['kind'] {
  const { assetStorage: kind, assetBucket, assetKeyId, assetSecret } = app;
  const isOpen = kind === 'local' || (assetBucket && assetKeyId && assetSecret);
  if (kind === 'off' || !isOpen) throw refusedAsset('storage_off');
  return kind;
}

/**
 * Reserves room for a file and answers where it may be written, for an hour. Refuses by type, size and quota
 * before anything is uploaded: `invalid_data` with `storage_off`, `type_not_allowed`, `too_large`,
 * `quota_exceeded`, or `unknown_value` for a public file without a public address.
 */
export async function initAsset(
  deps: AssetDeps,
  input: {
    caller: UserCaller;
    filePath: string;
    contentType: string;
    size: number;
    expirationHours: number;
    cuts: true | readonly Cut[];
  },
): Promise<WritableAsset> {
  const { app } = input.caller;
  requireRunning(app);
  const user = await currentUser(deps, input.caller);
  const kind = requireStorage(app);
  const contentType = plainType(input.contentType);
  const { size, expirationHours } = input;
  if (!isMediaType(contentType) || !isOnTypeList(app.assetTypes, contentType))
    throw refusedAsset('type_not_allowed', 'contentType');
  if (size > app.assetMaxMb * MB) throw refusedAsset('too_large', 'size');
  if (expirationHours === 0 && kind === 's3' && !app.assetPublicBase)
    throw refusedAsset('unknown_value', 'expirationHours');
  const cuts = input.cuts === true ? suiting(contentType) : CUTS.filter((cut) => cutsOf(input).includes(cut));
  const id = deps.codes.newId();
  const asset = reservation(
    { id, appId: app.id, userId: user.id, storage: kind, contentType, size, expirationHours },
    { filePath: input.filePath, cuts, now: deps.clock.now() },
  );
  await takeBytes(deps, app, user.id, asset.storageSize);
  try {
    await deps.store.assets.insert(asset);
  } catch (error) {
    await giveBytesBack(deps, asset, asset.storageSize);
    throw error;
  }
  return writable(await deps.assetStorages.at(placeOf(app, kind)), asset);
}

/** A row whose bytes are still to come: counted as large as the file and its cuts may become. */
function reservation(
  what: Pick<Asset, 'id' | 'appId' | 'userId' | 'storage' | 'contentType' | 'size' | 'expirationHours'>,
  { filePath, cuts, now }: { filePath: string; cuts: readonly Cut[]; now: number },
): Asset {
  const { id: contentId, userId, contentType, size } = what;
  const named = (part: AssetPart) =>
    [part, objectName({ userId, filePath, contentId, contentType, part })] as const;
  const names = Object.fromEntries([named('main'), ...cuts.map(named)]);
  return {
    ...what,
    revision: 1,
    status: 'reserved',
    access: 'private',
    path: names.main ?? '',
    names,
    parts: {},
    storageSize: size + cuts.length * CUT_MAX_BYTES,
    createdAt: now,
    updatedAt: now,
    writableUntil: now + WRITE_MS,
    dueAt: now + DAY_MS,
  };
}

function suiting(contentType: string): readonly Cut[] {
  if (contentType.startsWith('video/')) return CUTS;
  return contentType.startsWith('image/') ? ['small', 'medium', 'large'] : [];
}
function cutsOf({ cuts }: { cuts: true | readonly Cut[] }): readonly Cut[] {
  return cuts === true ? CUTS : cuts;
}

async function writable(storage: AssetStorage, asset: Asset): Promise<WritableAsset> {
  const { contentType, size, writableUntil: end } = asset;
  const main = await storage.writeAddress({ object: objectOf(asset, 'main'), end, contentType, size });
  const cuts = (Object.keys(asset.names) as AssetPart[]).filter((part) => part !== 'main');
  const urls = await Promise.all(
    cuts.map(async (cut) => {
      const { url } = await storage.writeAddress({ object: objectOf(asset, cut), end });
      return [cut, url] as const;
    }),
  );
  return { asset, urls: { main: main.url, ...Object.fromEntries(urls) }, headers: main.headers };
}

/**
 * Makes an asset of what was uploaded, with the size and type that the storage says; asked again it answers
 * the same asset. Throws `invalid_data` with `storage_off`, `unknown_asset`, `too_long`, `not_uploaded`, and
 * `too_large` or `type_not_allowed` for what was not announced so.
 */
export async function createAsset(
  deps: AssetDeps,
  { caller, contentId, facts }: { caller: UserCaller; contentId: string; facts: AssetFacts },
): Promise<OpenedAsset> {
  const { app } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  requireStorage(app);
  requireShort(facts.extra);
  const made = await change(
    deps.clock,
    deps.store.assets,
    () => deps.store.assets.find(app.id, contentId),
    async (asset): Promise<Asset | undefined> => {
      if (!isOpenTo(asset, user.id)) throw refusedAsset('unknown_asset', 'contentId');
      if (asset.status !== 'reserved') return undefined;
      const storage = await deps.assetStorages.at(placeOf(app, asset.storage));
      const there = await factsThere(storage, app, asset);
      const { dueAt: _, ...kept } = asset;
      const said = Object.entries(facts).filter(([, value]) => value !== undefined && value !== '');
      const made: Asset = { ...kept, ...Object.fromEntries(said), ...there };
      return { ...made, status: 'active', updatedAt: deps.clock.now() };
    },
  );
  if (!made) throw refusedAsset('unknown_asset', 'contentId');
  const { before, after } = made;
  if (after !== before) {
    await giveBytesBack(deps, after, before.storageSize - after.storageSize);
    deps.events.emit('asset_created', { userId: user.id, assetId: after.id, bytes: after.storageSize });
  }
  const storage = await deps.assetStorages.at(placeOf(app, after.storage));
  const latest = after === before ? after : await listAgain(deps, storage, after);
  return openAsset(deps, app, latest ?? after);
}

/** Throws `invalid_data` with the reason `too_long` for more than 8 KiB of JSON. */
export function requireShort(extra: Record<string, unknown> | undefined): void {
  if (extra && Buffer.byteLength(JSON.stringify(extra)) > EXTRA_BYTES)
    throw refusedAsset('too_long', 'extra');
}

/** Whether it is that user's; what is being removed is nobody's any more. */
export function isOpenTo(asset: Asset, userId: string): boolean {
  return asset.userId === userId && asset.status !== 'removing';
}

/** Throws `invalid_data` for what was not announced so, or is not there. */
async function factsThere(storage: AssetStorage, app: App, asset: Asset) {
  const { main, ...cuts } = await headsOf(storage, asset);
  if (!main) throw refusedAsset('not_uploaded', 'contentId');
  const { facts, otherCuts } = partsOf(asset, { main, ...cuts });
  if (facts.size > asset.size) throw refusedAsset('too_large', 'contentId');
  if (!isMediaType(facts.contentType) || !isOnTypeList(app.assetTypes, facts.contentType))
    throw refusedAsset('type_not_allowed', 'contentId');
  // What a bucket took for a cut is neither bound in size nor counted: it does not stay.
  await storage.remove(otherCuts.map((cut) => objectOf(asset, cut)));
  return facts;
}
