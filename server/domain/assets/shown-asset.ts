import type { App } from '../../model/app.ts';
import { type Asset, type AssetObject, type AssetPart, placeOf } from '../../model/asset.ts';
import { isHostError } from '../../model/errors.ts';
import type { AssetStorage } from '../../ports/assets/asset-storage.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';

/** An asset with the addresses of its parts; `expiration`: when they end, absent of a public one. */
export interface OpenedAsset {
  asset: Asset;
  urls: Partial<Record<AssetPart, string>>;
  expiration: number | undefined;
}
/** A reservation with the addresses that its parts may be written to. */
export interface WritableAsset {
  asset: Asset;
  urls: Partial<Record<AssetPart, string>>;
  /** Of the main object; a cut goes with its own type. */
  headers: Record<string, string>;
}

export type ShownDeps = Pick<Deps, 'store' | 'clock' | 'assetStorages'>;

/** Buckets sign for a week at most. */
const BUCKET_HOURS = 168;
/** Assets of one call whose storage is asked for them at a time. */
const WIDTH = 8;

/** The object of a part that may be, or is, in the storage. */
export function objectOf(asset: Asset, part: AssetPart): AssetObject {
  const { appId, id: assetId, userId } = asset;
  return { appId, assetId, userId, part, name: asset.names[part] ?? asset.parts[part]?.name ?? '' };
}

/**
 * Assets of an app with fresh addresses, in their order. Of a storage that is away no more is asked than a
 * few at once wait for.
 */
export async function openAssets(
  deps: ShownDeps,
  app: App,
  assets: readonly Asset[],
): Promise<OpenedAsset[]> {
  const rows: OpenedAsset[] = [];
  let isAway = false;
  for (let at = 0; at < assets.length; at += WIDTH) {
    const some = assets.slice(at, at + WIDTH).map(async (asset) => {
      const storage = await deps.assetStorages.at(placeOf(app, asset.storage));
      const found = isAway ? asset : await compared(deps, storage, asset);
      if (!found) isAway = true;
      return opened(deps, storage, found ?? asset);
    });
    rows.push(...(await Promise.all(some)));
  }
  return rows;
}

/** As `openAssets`, of one. */
export async function openAsset(deps: ShownDeps, app: App, asset: Asset): Promise<OpenedAsset> {
  const [one] = await openAssets(deps, app, [asset]);
  if (!one) throw new TypeError('one asset opens as one');
  return one;
}

async function opened(
  { clock }: Pick<Deps, 'clock'>,
  storage: AssetStorage,
  asset: Asset,
): Promise<OpenedAsset> {
  const { expirationHours, storage: kind } = asset;
  const hours = kind === 's3' ? Math.min(BUCKET_HOURS, expirationHours) : expirationHours;
  const expiration = hours === 0 ? undefined : clock.now() + hours * HOUR_MS;
  const parts = Object.keys(asset.parts) as AssetPart[];
  const urls = await Promise.all(
    parts.map(async (part) => [part, await storage.readAddress(objectOf(asset, part), expiration)] as const),
  );
  return { asset, urls: Object.fromEntries(urls), expiration };
}

/**
 * What was written to a bucket after it was taken over shows by its ETag. Asked for as long as the write
 * address lives, and once after that. Undefined where the storage is away.
 */
async function compared(
  { store, clock }: ShownDeps,
  storage: AssetStorage,
  asset: Asset,
): Promise<Asset | undefined> {
  const { status, comparedAt = 0, writableUntil } = asset;
  if (asset.storage !== 's3' || status !== 'active' || comparedAt > writableUntil) return asset;
  try {
    const found = await Promise.all(
      (Object.keys(asset.parts) as AssetPart[]).map(async (part) => {
        const stored = await storage.head(objectOf(asset, part));
        return stored?.etag === asset.parts[part]?.etag;
      }),
    );
    const now = clock.now();
    if (found.every(Boolean) && now <= writableUntil) return asset;
    const next = { ...asset, status: found.every(Boolean) ? status : 'changed', comparedAt: now } as const;
    return (await store.assets.replace(next)) ?? next;
  } catch (error) {
    // Whoever reads is not stopped by a storage that is away; the next one asks again.
    if (isHostError(error, 'service_unavailable')) return undefined;
    throw error;
  }
}
