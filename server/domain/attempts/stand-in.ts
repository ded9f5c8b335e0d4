import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';

/**
 * Writes as often as something would that there is no reason to do, so that time does not tell an account
 * from none. Answers how often it was done for that handle before, within `lastsMs` of the first time.
 */
export async function standIn(
  deps: Pick<Deps, 'store' | 'clock' | 'handleRef'>,
  { app, handle, what }: { app: Pick<App, 'id'>; handle: string; what: string },
  { writes, lastsMs }: { writes: number; lastsMs: number },
): Promise<number> {
  const now = deps.clock.now();
  const key = `stand-in/${what}/${app.id}/${deps.handleRef(app.id, handle)}`;
  let done = 0;
  for (let write = 0; write < writes; write++) {
    done = (await deps.store.counters.increment(key, { now, expiresAt: now + lastsMs })) ?? 0;
  }
  return done - writes;
}
