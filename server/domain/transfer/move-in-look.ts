import type { App } from '../../model/app.ts';
import type { Job } from '../../model/job.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Candidate } from './move-in-rows.ts';
import { type Outcome, outcomesOf } from './move-in-write.ts';

type LookDeps = Pick<Deps, 'store' | 'clock'>;

/** People looked at side by side. */
const AT_ONCE = 20;

/** What would become of each, in the order of the candidates; what a write would find out is asked for. */
export async function looked(
  deps: LookDeps,
  place: { app: App; job: Job },
  candidates: readonly Candidate[],
): Promise<{ outcomes: Outcome[]; again: false }> {
  const found = await outcomesOf(deps, place, candidates);
  const outcomes = found.map(({ outcome }) => outcome);
  for (let start = 0; start < candidates.length; start += AT_ONCE) {
    const part = candidates.slice(start, start + AT_ONCE);
    const taken = await Promise.all(
      part.map(async ({ user }, n) => outcomes[start + n] === 'created' && (await isTaken(deps, user))),
    );
    for (const [n, isOne] of taken.entries()) if (isOne) outcomes[start + n] = 'taken';
  }
  return { outcomes, again: false };
}

/** Whether somebody has what no two users of an app have, beside the handle. */
async function isTaken({ store: { users } }: LookDeps, user: User): Promise<boolean> {
  const { appId, loginProvider, socialUserId, userName, phone, phoneVerified } = user;
  if (
    socialUserId &&
    loginProvider !== '' &&
    (await users.findBySocialId(appId, loginProvider, socialUserId))
  )
    return true;
  if (userName && (await users.findByUserName(appId, userName))) return true;
  return phoneVerified && !!phone && (await users.findByVerifiedPhone(appId, phone)).length > 0;
}
