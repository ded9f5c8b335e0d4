import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { MessageDeps } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { reportFactorChange, tellOwner, withFactorChange } from './factor-change.ts';
import { type FactorDeps, provesFactor } from './factor-code.ts';
import { FACTORS, hasFactor } from './factors.ts';

/**
 * Switches the SMS factor on or off; off is allowed in every mode of the app. Throws
 * `phone_factor_unsupported`, `phone_unverified`, and `invalid_data` without proof while a factor guards the
 * account.
 */
export async function setPhoneFactor(
  deps: FactorDeps & MessageDeps,
  { caller, on, code }: { caller: UserCaller; on: boolean; code: string | undefined },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  if (on && app.twoFactorVerification !== FACTORS.phone.mode) throw new HostError('phone_factor_unsupported');
  const user = await currentUser(deps, caller);
  if (on && !user.phoneVerified) throw new HostError('phone_unverified');
  if (user.twoFactorPhone === on) return true;
  const proven = hasFactor(user) && (await provesFactor(deps, { app, session, user, code }));
  await changeUser(deps, user, (current) => {
    if (hasFactor(current) && !proven) throw new HostError('invalid_data');
    if (on && !current.phoneVerified) throw new HostError('phone_unverified');
    // A number that began to wait before SMS guarded the account must not replace the one that does.
    const switched = { ...FACTORS.phone.off(current), twoFactorPhone: on };
    return withFactorChange(switched, deps.clock.now());
  });
  const factorChange = { factor: 'phone', switched: on ? 'On' : 'Off' } as const;
  reportFactorChange(deps, user, factorChange);
  await tellOwner(deps, { app, user, change: factorChange });
  return true;
}
