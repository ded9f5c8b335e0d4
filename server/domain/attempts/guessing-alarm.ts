import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';

/** Wrong guesses in an app on one day that no group of forgetful users makes (threats F13). */
const THRESHOLDS = { password: 5000, code: 1000 } as const;

/**
 * Counts a wrong guess over all accounts of the app; the one that reaches the day's threshold is an event.
 */
export async function countGuess(
  deps: Pick<Deps, 'store' | 'clock' | 'events'>,
  app: Pick<App, 'id'>,
  kind: keyof typeof THRESHOLDS,
): Promise<void> {
  const now = deps.clock.now();
  const day = Math.floor(now / DAY_MS);
  const expiresAt = (day + 1) * DAY_MS;
  const count = await deps.store.counters.increment(`spray/${app.id}/${kind}/${day}`, { now, expiresAt });
  if (count === THRESHOLDS[kind]) deps.events.emit('spray_suspected', { kind, count });
}
