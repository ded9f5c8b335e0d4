import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { MessageDeps } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { tellOwner } from './factor-change.ts';
import { type FactorDeps, provesFactor } from './factor-code.ts';
import { hasFactor } from './factors.ts';

const RECOVERY_CODES = 10;

/**
 * Ten new codes to show once, and their digests to store. Each passes one log-in in place of a second factor.
 */
export function issueRecoveryCodes(
  deps: Pick<Deps, 'codes'>,
  app: App,
  user: User,
): { codes: string[]; digests: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => deps.codes.newRecoveryCode());
  return { codes, digests: codes.map((code) => deps.codes.digest('recovery', app.id, user.id, code)) };
}

/**
 * Replaces all recovery codes of a user whose second factor is on. Throws `invalid_data` for a wrong code and
 * when none is on.
 */
export async function replaceRecoveryCodes(
  deps: FactorDeps & MessageDeps,
  { caller, code }: { caller: UserCaller; code: string },
): Promise<string[]> {
  const { app, session } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  if (!hasFactor(user)) throw new HostError('invalid_data');
  await provesFactor(deps, { app, session, user, code });
  const { codes, digests } = issueRecoveryCodes(deps, app, user);
  const updatedAt = deps.clock.now();
  await changeUser(deps, user, (current) => {
    if (!hasFactor(current)) throw new HostError('invalid_data');
    return { ...current, recoveryCodes: digests, updatedAt };
  });
  await tellOwner(deps, { app, user, change: 'recoveryCodes' });
  return codes;
}
