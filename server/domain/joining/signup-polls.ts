import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';

type PollDeps = Pick<Deps, 'store' | 'clock' | 'handleRef'>;

/** Log-ins an hour that are told that the signup of their handle still waits. */
const POLLS_PER_HOUR = 60;

/**
 * Whether one more log-in may be told that the signup of a handle waits: else a stranger could watch for the
 * moment it is completed.
 */
export async function admitPoll(deps: PollDeps, app: App, handle: string): Promise<boolean> {
  const now = deps.clock.now();
  const window = { now, cap: POLLS_PER_HOUR, expiresAt: now + HOUR_MS };
  return (await deps.store.counters.increment(keyOf(deps, app, handle), window)) !== undefined;
}

/** After the signup was completed. */
export function forgetPolls(deps: PollDeps, app: App, handle: string): Promise<void> {
  return deps.store.counters.remove(keyOf(deps, app, handle));
}

function keyOf(deps: PollDeps, app: App, handle: string): string {
  return `polls/${app.id}/${deps.handleRef(app.id, handle)}`;
}
