import type { App } from '../../model/app.ts';
import type { Metric } from '../../model/figure.ts';
import { invitedBy } from '../../model/invite.ts';
import type { Deps } from '../../ports/deps.ts';
import { META } from '../../ports/store/meta.ts';
import { flowOf } from './signup-steps.ts';

type Counted = readonly [appId: string, metric: Metric, first: string, second?: string];

/**
 * Counts the signups and invites whose life ended since it was done last, each once: of several processes at
 * it the one counts that moves the time. What ended before it was ever done is not counted.
 */
export async function countEnds(deps: Pick<Deps, 'store' | 'clock' | 'figures'>): Promise<void> {
  const { meta, signups, invites, apps } = deps.store;
  const now = deps.clock.now();
  const known = await meta.get(META.endsCounted);
  const from = Number(known ?? now);
  if (known !== undefined && from >= now) return;
  const counted: Counted[] = [];
  for await (const signup of signups.ending(from, now)) {
    const app: Pick<App, 'signupFlow'> | undefined = await apps.find(signup.appId);
    if (app) counted.push([signup.appId, 'signup_expired', flowOf(app, signup), signup.locale]);
  }
  for await (const invite of invites.ending(from, now)) {
    counted.push([invite.appId, 'invite_expired', invitedBy(invite)]);
  }
  if (!(await meta.compareAndSet(META.endsCounted, known, String(now)))) return;
  for (const figure of counted) deps.figures.count(...figure);
}
