import type { App } from '../model/app.ts';
import { INITIAL_ASSET_SETTINGS } from '../model/asset.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { AppStore } from '../ports/store/apps.ts';
import { frozen, RecordCache } from './cache.ts';
import type { Engine, Filter } from './engine.ts';
import { readLegs } from './key-page.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const CACHED = 1_000;
const LIVE: Filter = { appId: HOST_SCOPE, tags: { lifecycle: 'live' } };
const NEWEST = { filter: LIVE, by: 'createdAt', descending: true, fits: () => true } as const;
const UNFINISHED: Filter = { appId: HOST_SCOPE, tags: { lifecycle: ['importing', 'deleting'] } };

export const APP_FIELDS: SealedFields<App> = {
  secret: ['keys', 'appToken', 'appSecret', 'emailExtensionApiKey', 'twilio', 'assetSecret'],
  personal: [],
  whole: true,
};

function mapping(lookups: Lookups): RecordMapping<App> {
  return {
    table: 'apps',
    sealed: APP_FIELDS,
    conflicts: { name: 'app_name_taken' },
    toRow: ({ id, revision, createdAt, ...fields }) => ({
      id,
      appId: HOST_SCOPE,
      revision,
      createdAt,
      fields,
      keys: { name: nameKey(lookups, fields.name) },
      tags: { lifecycle: fields.lifecycle },
    }),
    // A row of before says nothing of assets.
    toRecord: ({ id, revision, createdAt }, fields) =>
      frozen({ ...INITIAL_ASSET_SETTINGS, ...fields, id, revision, createdAt } as App),
  };
}
function nameKey(lookups: Lookups, name: string): string {
  return lookups.key(HOST_SCOPE, 'appName', name);
}
function live(app: App | undefined): App | undefined {
  return app?.lifecycle === 'live' ? app : undefined;
}

/** `AppStore` over an engine; `find` answers the same frozen object as long as the record is the same. */
export function createAppStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
  clock: Clock,
): AppStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const cache = new RecordCache<App>(clock, { capacity: CACHED, rememberAbsent: false });
  const findByName = async (name: string) =>
    live(await records.findByKey(HOST_SCOPE, 'name', nameKey(lookups, name)));

  return {
    insert: (app) => records.insert(app),
    find: async (appId) => live(await cache.get(appId, (known) => records.refresh(HOST_SCOPE, appId, known))),
    read: async (appId) => live(await records.find(HOST_SCOPE, appId)),
    findByName,
    async replace(app) {
      const replaced = await records.replace(app);
      if (replaced) cache.put(app.id, frozen(structuredClone(replaced)));
      else cache.forget(app.id);
      return replaced;
    },
    async list({ name, exact = false, offset, limit }) {
      if (name === undefined) return records.list(LIVE, { order: 'newest', offset, limit });
      if (exact) {
        const named = live(await records.findIntact(HOST_SCOPE, 'name', nameKey(lookups, name)));
        return [named].filter((app) => app !== undefined).slice(offset, offset + limit);
      }
      const wanted = name.toLowerCase();
      const found: App[] = [];
      for await (const app of records.newest(LIVE)) {
        if (app.name.toLowerCase().includes(wanted)) found.push(app);
        if (found.length === offset + limit) break;
      }
      return found.slice(offset);
    },
    walk: (page) => readLegs(records, [NEWEST], page),
    stream: () => records.stream(LIVE),
    listUnfinished: () => Array.fromAsync(records.newest(UNFINISHED)),
    async remove(appId) {
      const removed = await records.remove(HOST_SCOPE, appId);
      cache.forget(appId);
      return removed;
    },
  };
}
