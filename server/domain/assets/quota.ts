import type { App } from '../../model/app.ts';
import { MB } from '../../model/asset.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';

type QuotaDeps = Pick<Deps, 'store' | 'clock'>;
type Owner = { appId: string; userId: string };

/** Bytes that are counted and belong to no row yet are of a reservation under way, unless they stay so. */
const SETTLE_MS = 2_000;
const STEP_MS = 100;
/** Bytes that a crash left counted are looked for so often, for one user. */
const TURN_MS = 10_000;

/** What a user's files may take, in bytes; 0 = no limit. */
export function quotaOf({ assetQuotaMb }: Pick<App, 'assetQuotaMb'>): number {
  return assetQuotaMb * MB;
}

/**
 * Counts bytes before anything is reserved: one conditional increment, so that no number of processes goes
 * beyond the quota. Apps without a quota count too. Throws `invalid_data` with the reason `quota_exceeded`.
 */
export async function takeBytes(deps: QuotaDeps, app: App, userId: string, bytes: number): Promise<void> {
  const owner = { appId: app.id, userId };
  const quota = quotaOf(app);
  const take = () =>
    deps.store.counters.increment(keyOf(owner), {
      now: deps.clock.now(),
      by: bytes,
      ...(quota > 0 && { cap: quota }),
    });
  if ((await take()) !== undefined) return;
  const found = bytes <= quota && (await freeLostBytes(deps, owner)) && (await take()) !== undefined;
  if (!found) throw new HostError('invalid_data', { because: { reason: 'quota_exceeded', field: 'size' } });
}

/** After something was removed, could not be reserved, or turned out to be smaller. */
export async function giveBytesBack(deps: Pick<Deps, 'store'>, owner: Owner, bytes: number): Promise<void> {
  if (bytes > 0) await deps.store.counters.decrement(keyOf(owner), bytes);
}

/** What was there already turned out to be so much larger, or smaller; beyond the quota too. */
export async function correctBytes(deps: QuotaDeps, owner: Owner, by: number): Promise<void> {
  if (by > 0) await deps.store.counters.increment(keyOf(owner), { now: deps.clock.now(), by });
  else await giveBytesBack(deps, owner, -by);
}

/** Bytes of a user, with those that are reserved. */
export function usedBytes(deps: QuotaDeps, owner: Owner): Promise<number> {
  return deps.store.counters.read(keyOf(owner), deps.clock.now());
}

/** Removes the counter of somebody who is removed. */
export async function forgetBytes(deps: Pick<Deps, 'store'>, owner: Owner): Promise<void> {
  await deps.store.counters.remove(keyOf(owner));
}

/**
 * Frees what is counted above the rows there are, when nothing of either moved for as long as a reservation
 * may be under way: of somebody who reserves all the time, something always is.
 */
async function freeLostBytes(deps: QuotaDeps, owner: Owner): Promise<boolean> {
  const now = deps.clock.now();
  const turn = { now, cap: 1, expiresAt: now + TURN_MS };
  if (!(await deps.store.counters.increment(`${keyOf(owner)}/freed`, turn))) return false;
  let lost = 0;
  let before: string | undefined;
  for (let waited = 0; waited <= SETTLE_MS; waited += STEP_MS) {
    if (waited > 0) await deps.clock.pause(STEP_MS);
    // The counter first: what is reserved between the two reads can only make less look lost.
    const counted = await usedBytes(deps, owner);
    const rows = await rowsOf(deps, owner);
    lost = counted - rows.bytes;
    const seen = JSON.stringify([counted, rows]);
    before ??= seen;
    if (lost <= 0 || seen !== before) return false;
  }
  await giveBytesBack(deps, owner, lost);
  return true;
}

async function rowsOf({ store }: QuotaDeps, { appId, userId }: Owner) {
  const rows = { bytes: 0, count: 0, newest: 0 };
  for await (const { storageSize, createdAt } of store.assets.stream(appId, userId)) {
    rows.bytes += storageSize;
    rows.count += 1;
    rows.newest = Math.max(rows.newest, createdAt);
  }
  return rows;
}

function keyOf({ appId, userId }: Owner): string {
  return `assets/${appId}/${userId}`;
}
