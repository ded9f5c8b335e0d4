import type { Deps } from '../ports/deps.ts';
import { META } from '../ports/store/meta.ts';
import { startCatchingUp } from './users/catch-up.ts';

type RelistDeps = Pick<Deps, 'store' | 'clock' | 'events'>;

/**
 * Renews what users and invites of an earlier version are listed by, until nothing of that is missing any
 * more: at the start beside requests, and again daily for what an older host on the same database wrote.
 * Until the first round is over lists go along the newest rows instead. Any number of processes may be at it,
 * and one that ends leaves the rest to the next start.
 */
export async function relistRows(
  { store }: Pick<Deps, 'store'>,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const before = await store.meta.get(META.rowsListed);
  if (before === 'yes') return;
  let relisted = 0;
  for await (const { id } of store.apps.stream()) {
    relisted += await store.users.relist(id, isStopped);
    relisted += await store.invites.relist(id, isStopped);
    if (isStopped()) return;
  }
  const value = relisted === 0 ? 'yes' : 'once';
  if (value !== before) await store.meta.compareAndSet(META.rowsListed, before, value);
}

/** Begins `relistRows` beside requests. `stop` lets the rows at hand end. */
export function startRelisting(deps: RelistDeps): { stop(): Promise<void> } {
  return startCatchingUp(deps, 'relisting', (isStopped) => relistRows(deps, isStopped));
}
