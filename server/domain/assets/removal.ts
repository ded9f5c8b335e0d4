import type { App } from '../../model/app.ts';
import { type Asset, type AssetPart, INITIAL_ASSET_SETTINGS, placeOf } from '../../model/asset.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { change, wasChanged } from '../users/change.ts';
import { reportUnexpected } from '../users/unexpected.ts';
import { forgetBytes, giveBytesBack } from './quota.ts';
import { objectOf } from './shown-asset.ts';

const POLL_MS = 15_000;
/** So long a row is with a process that says nothing; a storage that is away is asked again then. */
const LEASE_MS = 30_000;
const AT_ONCE = 10;
/** Apps whose objects are removed at a time. */
const LANES = 20;
/** An app whose storage did nothing of what it was asked is left alone for so long. */
const REST_MS = 15_000;
/** After so many tries an event says that it does not work. */
const TRIES_TOLD = 10;
/** An upload that began in time may end after its address. */
const LATE_MS = 5 * MINUTE_MS;

export type RemovalDeps = Pick<Deps, 'store' | 'clock' | 'events' | 'wakeAssets'>;

/**
 * Takes an asset away from everybody in one write; its objects follow by the queue. False when somebody else
 * was faster.
 */
export async function removeAsset(deps: RemovalDeps, app: App, { appId, id }: Asset): Promise<boolean> {
  const removed = await markRemoving(deps, app, appId, id);
  if (!removed) return false;
  await giveBytesBack(deps, removed, removed.storageSize);
  deps.wakeAssets();
  return true;
}

/** All files of a user who is removed. Can be repeated. */
export async function removeAssetsOfUser(deps: RemovalDeps, app: App, userId: string): Promise<void> {
  for await (const { appId, id } of deps.store.assets.stream(app.id, userId)) {
    await markRemoving(deps, app, appId, id);
  }
  await forgetBytes(deps, { appId: app.id, userId });
  deps.wakeAssets();
}

/** All files of an app that is emptied or removed. Can be repeated. */
export async function removeAssetsOfApp(deps: RemovalDeps, app: App): Promise<void> {
  const users = new Set<string>();
  for await (const { id, userId } of deps.store.assets.stream(app.id)) {
    users.add(userId);
    await markRemoving(deps, app, app.id, id);
  }
  for (const userId of users) await forgetBytes(deps, { appId: app.id, userId });
  if (users.size > 0) deps.wakeAssets();
}

async function markRemoving(
  deps: RemovalDeps,
  app: App | undefined,
  appId: string,
  id: string,
): Promise<Asset | undefined> {
  const marked = await change(
    deps.clock,
    deps.store.assets,
    () => deps.store.assets.find(appId, id),
    (asset) => (asset.status === 'removing' ? undefined : removing(asset, app, deps.clock.now())),
  );
  return wasChanged(marked) ? marked.before : undefined;
}

function removing(asset: Asset, app: App | undefined, now: number): Asset {
  const place = placeOf(app ?? INITIAL_ASSET_SETTINGS, asset.storage);
  return { ...asset, status: 'removing', place, tries: 0, dueAt: now, updatedAt: now };
}

/**
 * Removes objects from their storages, beside requests: reservations of which nothing came within a day, and
 * what was taken away. What a storage does not do is tried again until it does. A row goes when its objects
 * have gone and nobody can write them any more. Each app goes a way of its own, so that a storage which never
 * answers holds up nobody else's removals.
 */
export function startAssetRemoval(deps: RemovalDeps & Pick<Deps, 'assetStorages'>): {
  wake(): void;
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  let waking = new AbortController();
  /** By app: what is under way, and until when nothing is asked of its storage. */
  const lanes = new Map<string, Promise<void>>();
  const resting = new Map<string, number>();
  const running = poll();

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      await workOff().catch(report);
      await deps.clock.pause(POLL_MS, AbortSignal.any([stopping.signal, waking.signal]));
    }
  }

  async function workOff(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (lanes.size >= LANES) await Promise.race(lanes.values());
      const now = deps.clock.now();
      for (const [appId, until] of resting) if (until <= now) resting.delete(appId);
      const due = await deps.store.assets.takeDue({
        now,
        leaseUntil: now + LEASE_MS,
        limit: AT_ONCE,
        exceptApps: [...lanes.keys(), ...resting.keys()],
      });
      for (const [appId, assets] of Map.groupBy(due, (asset) => asset.appId))
        lanes.set(appId, goLane(appId, assets));
      if (due.length < AT_ONCE) return;
    }
  }

  /** What of an app was taken at once; who is next is looked for when it ends. */
  async function goLane(appId: string, assets: readonly Asset[]): Promise<void> {
    const works = await Promise.all(
      assets.map((asset) =>
        work(asset).catch((error: unknown) => {
          report(error);
          return true;
        }),
      ),
    );
    if (!works.includes(true)) resting.set(appId, deps.clock.now() + REST_MS);
    lanes.delete(appId);
    waking.abort();
  }

  /** False when its storage did not do it. */
  async function work(asset: Asset): Promise<boolean> {
    if (asset.status === 'removing') return removeObjects(asset);
    if (asset.status !== 'reserved') return true;
    const app = await deps.store.apps.find(asset.appId);
    const gone = await markRemoving(deps, app, asset.appId, asset.id);
    if (gone) await giveBytesBack(deps, gone, gone.storageSize);
    return true;
  }

  async function removeObjects(asset: Asset): Promise<boolean> {
    const now = deps.clock.now();
    const place = asset.place ?? { kind: 'local' };
    try {
      const storage = await deps.assetStorages.at(place);
      const parts = Object.keys({ ...asset.names, ...asset.parts }) as AssetPart[];
      await storage.remove(parts.map((part) => objectOf(asset, part)));
    } catch (error) {
      await putOff(asset, now, error);
      return false;
    }
    // What is local is taken only while its row says so.
    const end = place.kind === 'local' ? 0 : asset.writableUntil + LATE_MS;
    // As `dueAt` was moved by the lease without a new revision, the row is the one that was taken.
    if (now > end) await deps.store.assets.remove(asset);
    else await deps.store.assets.replace({ ...asset, tries: 0, dueAt: end + 1 });
    return true;
  }

  async function putOff(asset: Asset, now: number, error: unknown): Promise<void> {
    const tries = (asset.tries ?? 0) + 1;
    if (tries === TRIES_TOLD) {
      const reason = error instanceof Error ? error.name : 'unknown';
      deps.events.emit('asset_removal_failed', { appId: asset.appId, assetId: asset.id, tries, reason });
    }
    await deps.store.assets.replace({ ...asset, tries, dueAt: now + LEASE_MS });
  }

  function report(error: unknown): void {
    reportUnexpected(deps, 'assets', error);
  }

  return {
    wake: () => waking.abort(),
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(lanes.values());
    },
  };
}
