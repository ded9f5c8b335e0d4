import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import { judgeCode } from '../attempts/code-attempts.ts';
import { reportFactorChange, tellOwner, withFactorChange } from '../factors/factor-change.ts';
import { type FactorDeps, provesFactor } from '../factors/factor-code.ts';
import { FACTORS } from '../factors/factors.ts';
import { type PhoneDeps, prepareSms } from '../factors/sms-code.ts';
import { changeUser } from '../users/change.ts';
import { parsePhone, requireReachable } from '../users/phone-number.ts';
import { currentUser, requireRunning } from '../users/session.ts';

/**
 * Sends a code to a number that the user wants to have; the number in force stays until the new one is
 * verified (contract S17). Acts as if sent when a budget is used up; another number that waits for its code
 * then waits no longer. Throws `phone_factor_unsupported`, `phone_taken`, `invalid_data` (format, or no proof
 * while SMS guards the account), `internal` (not sent).
 */
export async function setPhone(
  deps: PhoneDeps & FactorDeps,
  { caller, phone: text, code }: { caller: UserCaller; phone: string; code: string | undefined },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  if (app.twoFactorVerification !== FACTORS.phone.mode) throw new HostError('phone_factor_unsupported');
  const phone = requireReachable(app, parsePhone(text, 'phone'), 'phone');
  const user = await currentUser(deps, caller);
  const owners = await deps.store.users.findByVerifiedPhone(app.id, phone);
  const own = (owner: User) => owner.id === session.userId || owner.handle === session.handle;
  if (!owners.every(own)) throw new HostError('phone_taken');
  const guarded = replacesFactor(user, phone);
  const proven = guarded && (await provesFactor(deps, { app, session, user, code }));
  if (guarded && !proven) throw new HostError('invalid_data');
  const sms = await prepareSms(deps, { app, user, phone, purpose: 'phone', boundTo: phone });
  if (!sms) {
    // Else a code sent before would put the number in force that the user no longer wants.
    await changeUser(deps, user, ({ pendingPhone, ...current }) =>
      pendingPhone === undefined || pendingPhone === phone ? undefined : { ...current, phoneCode: undefined },
    );
    return true;
  }
  const updatedAt = deps.clock.now();
  await changeUser(deps, user, (current) => {
    if (replacesFactor(current, phone) && !proven) throw new HostError('invalid_data');
    return { ...current, pendingPhone: phone, phoneCode: sms.stored, updatedAt };
  });
  await sms.send();
  return true;
}

/** Whether putting this number in force would change what guards the account. */
function replacesFactor(user: User, phone: string | undefined): boolean {
  return FACTORS.phone.guards(user) && user.phone !== phone;
}

/**
 * Puts the waiting number in force, in the write that uses its code up. Throws `invalid_data` for a wrong,
 * expired or used code and `phone_taken` when somebody else verified the number meanwhile (contract A17).
 */
export async function verifyPhone(
  deps: PhoneDeps,
  { caller, code }: { caller: UserCaller; code: string },
): Promise<true> {
  const { app } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  const stored = user.phoneCode;
  const who = { userId: user.id, handle: user.handle };
  const right = await judgeCode(deps, { app, purpose: 'phone', subject: user.id, stored, code, who });
  if (!right) throw new HostError('invalid_data');
  const replaces = replacesFactor(user, user.pendingPhone);
  await changeUser(deps, user, (current) => {
    if (!current.pendingPhone || current.phoneCode?.id !== stored?.id) throw new HostError('invalid_data');
    const verified = {
      ...current,
      phone: current.pendingPhone,
      phoneVerified: true,
      pendingPhone: undefined,
      phoneCode: undefined,
    };
    return withFactorChange(verified, deps.clock.now());
  });
  deps.events.emit('phone_verified', { userId: user.id });
  if (replaces) {
    const change = { factor: 'phone', switched: 'Changed' } as const;
    reportFactorChange(deps, user, change);
    await tellOwner(deps, { app, user, change });
  }
  return true;
}
