import type { Asset } from '../model/asset.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { AssetStore } from '../ports/store/assets.ts';
import type { Engine, Filter } from './engine.ts';
import { readLegs } from './key-page.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';

const KINDS = { reserved: 'reserved', active: 'kept', changed: 'kept', removing: 'removing' } as const;
type Kind = (typeof KINDS)[Asset['status']];

function mapping(lookups: Lookups): RecordMapping<Asset> {
  return {
    table: 'assets',
    sealed: { secret: ['place'], personal: ['path', 'names', 'parts', 'caption', 'extra'] },
    toRow: ({ id, appId, revision, createdAt, dueAt, ...fields }) => ({
      id,
      appId,
      revision,
      createdAt,
      dueAt,
      fields,
      lookups: { owner: ownerKey(lookups, appId, fields.userId, KINDS[fields.status]) },
      tags: { state: KINDS[fields.status] },
    }),
    toRecord: ({ id, appId, revision, createdAt, dueAt }, fields) =>
      ({ ...fields, id, appId, revision, createdAt, ...(dueAt !== undefined && { dueAt }) }) as Asset,
  };
}
/** Apart, so that a list of files passes over nothing that is only reserved. */
function ownerKey(lookups: Lookups, appId: string, userId: string, kind: Kind): string {
  return lookups.key(appId, `assetOwner ${kind}`, userId);
}

/** `AssetStore` over an engine. */
export function createAssetStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): AssetStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const ofUser = (appId: string, userId: string, kind: Kind): Filter => ({
    appId,
    lookup: { name: 'owner', value: ownerKey(lookups, appId, userId, kind) },
  });
  const kept = (appId: string, userId: string | undefined): Filter =>
    userId === undefined ? { appId, tags: { state: 'kept' } } : ofUser(appId, userId, 'kept');
  return {
    insert: (asset) => records.insert(asset),
    find: (appId, id) => records.find(appId, id),
    replace: (asset) => records.replace(asset),
    remove: ({ appId, id, revision }) => records.remove(appId, id, revision),
    list(appId, userId, page) {
      const filter = kept(appId, userId);
      return readLegs(records, [{ filter, by: 'createdAt', descending: true, fits: () => true }], page);
    },
    count: (appId, userId) => records.count(kept(appId, userId)),
    async *stream(appId, userId) {
      if (userId === undefined) yield* records.stream({ appId, tags: { state: ['reserved', 'kept'] } });
      else
        for (const kind of ['reserved', 'kept'] as const) yield* records.stream(ofUser(appId, userId, kind));
    },
    streamRemovals: () => records.due({ tags: { state: 'removing' } }),
    takeDue: (input) => records.takeDue(input),
  };
}
