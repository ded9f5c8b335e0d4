import { isDeepStrictEqual } from 'node:util';
import {
  type Asset,
  type AssetPart,
  CUT_MAX_BYTES,
  CUT_TYPES,
  CUTS,
  type Cut,
  type KeptPart,
  plainType,
} from '../../model/asset.ts';
import type { AssetStorage, StoredObject } from '../../ports/assets/asset-storage.ts';
import type { Deps } from '../../ports/deps.ts';
import { change } from '../users/change.ts';
import { correctBytes } from './quota.ts';
import { objectOf } from './shown-asset.ts';

type Heads = Partial<Record<AssetPart, StoredObject>>;

/** What lies in the storage of the parts that an asset may have. */
export async function headsOf(storage: AssetStorage, asset: Asset): Promise<Heads> {
  const found = await Promise.all(
    (Object.keys(asset.names) as AssetPart[]).map(async (part) => {
      const stored = await storage.head(objectOf(asset, part));
      return [part, stored] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** What an asset says of its parts; `otherCuts`: what a bucket took for a cut and is none. */
export function partsOf(
  asset: Asset,
  { main, ...heads }: Heads & { main: StoredObject },
): { facts: Pick<Asset, 'parts' | 'contentType' | 'size' | 'storageSize'>; otherCuts: Cut[] } {
  // A file knows no type of its own: what was announced was asked of the upload.
  const contentType = plainType(main.contentType || asset.contentType);
  const there = CUTS.flatMap((cut) => (heads[cut] ? [[cut, heads[cut]] as const] : []));
  const cuts = there.filter(([, head]) => isCut(head));
  const named = cuts.map(([cut, head]) => [cut, keptPart(asset, cut, head)] as const);
  const parts = { main: keptPart(asset, 'main', { ...main, contentType }), ...Object.fromEntries(named) };
  const storageSize = Object.values(parts).reduce((sum, part) => sum + part.size, 0);
  const otherCuts = there.filter(([, head]) => !isCut(head)).map(([cut]) => cut);
  return { facts: { parts, contentType, size: main.size, storageSize }, otherCuts };
}

/**
 * Lists what lies in the host's own storage by now, where an upload ended while the asset was made of what
 * lay there before. Whoever wrote a file and whoever wrote the asset both ask for it afterwards, so that one
 * of them sees what the other did. Answers the asset as it is; undefined when it is gone.
 */
export async function listAgain(
  deps: Pick<Deps, 'store' | 'clock'>,
  storage: AssetStorage,
  { appId, id }: Pick<Asset, 'appId' | 'id'>,
): Promise<Asset | undefined> {
  const seen = await change(
    deps.clock,
    deps.store.assets,
    () => deps.store.assets.find(appId, id),
    async (asset): Promise<Asset | undefined> => {
      if (asset.status !== 'active' || asset.storage !== 'local') return undefined;
      const { main, ...cuts } = await headsOf(storage, asset);
      if (!main) return undefined;
      const { facts } = partsOf(asset, { main, ...cuts });
      return isDeepStrictEqual(facts.parts, asset.parts) ? undefined : { ...asset, ...facts };
    },
  );
  if (!seen) return undefined;
  await correctBytes(deps, seen.after, seen.after.storageSize - seen.before.storageSize);
  return seen.after;
}

function isCut({ contentType, size }: StoredObject): boolean {
  return CUT_TYPES.includes(plainType(contentType)) && size <= CUT_MAX_BYTES;
}

function keptPart(asset: Asset, part: AssetPart, { contentType, size, etag }: StoredObject): KeptPart {
  return { name: objectOf(asset, part).name, contentType: plainType(contentType), size, etag };
}
