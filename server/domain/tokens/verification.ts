import type { Deps } from '../../ports/deps.ts';
import type { Store } from '../../ports/store/store.ts';

/** Apps of which this process knows that it is noted. */
const noted = new WeakMap<Store, Set<string>>();

/**
 * Notes that somebody verifies tokens of an app, or that a check of ours could: once for ever, and once a
 * process. Nobody waits for it, and the next one notes it when it fails.
 */
export function noteVerification({ store, clock }: Pick<Deps, 'store' | 'clock'>, appId: string): void {
  const known = noted.get(store) ?? new Set();
  noted.set(store, known);
  if (known.has(appId)) return;
  known.add(appId);
  store.counters.increment(keyOf(appId), { now: clock.now(), cap: 1 }).catch(() => known.delete(appId));
}

/** Whether it was noted by any process. */
export async function isVerified(deps: Pick<Deps, 'store' | 'clock'>, appId: string): Promise<boolean> {
  return (await deps.store.counters.read(keyOf(appId), deps.clock.now())) > 0;
}

/** For an app that is removed. */
export function forgetVerification({ store }: Pick<Deps, 'store'>, appId: string): Promise<void> {
  return store.counters.remove(keyOf(appId));
}

function keyOf(appId: string): string {
  return `token-verified/${appId}`;
}
