import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { StoredCode, User } from '../../model/user.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { admitCode, sendAdmitted } from '../attempts/code-budget.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { reportFactorChange, tellOwner, withFactorChange } from './factor-change.ts';
import { type FactorDeps, hasFactor, provesFactor } from './factor-code.ts';

export type PhoneDeps = CodeDeps & MessageDeps;

/**
 * Sends the SMS code of a log-in to the number in force; the code counts only together with that login token (contract §3.2). Throws
 * `invalid_credentials` when the budget of the user or the number is used up, `internal` when the SMS could not be sent.
 */
export async function startPhoneChallenge(
  deps: PhoneDeps,
  { app, user, loginTokenId }: { app: App; user: User; loginTokenId: string },
): Promise<void> {
  const { phone } = user;
  if (!phone || !user.phoneVerified) throw new HostError('internal');
  const sms = await prepareSms(deps, { app, user, phone, purpose: 'sms', boundTo: loginTokenId });
  if (!sms) throw new HostError('invalid_credentials');
  await changeUser(deps, user, (current) => ({ ...current, smsCode: sms.stored }));
  await sms.send();
}

/**
 * Switches the SMS factor on or off; off is allowed in every mode of the app. Throws `phone_factor_unsupported`, `phone_unverified`, and
 * `invalid_data` without proof while a factor guards the account (design §13).
 */
export async function setPhoneFactor(
  deps: FactorDeps & MessageDeps,
  { caller, on, code }: { caller: UserCaller; on: boolean; code: string | undefined },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  if (on && app.twoFactorVerification !== 'phone') throw new HostError('phone_factor_unsupported');
  const user = await currentUser(deps, caller);
  if (on && !user.phoneVerified) throw new HostError('phone_unverified');
  if (user.twoFactorPhone === on) return true;
  const proven = hasFactor(user) && (await provesFactor(deps, { app, session, user, code }));
  await changeUser(deps, user, (current) => {
    if (hasFactor(current) && !proven) throw new HostError('invalid_data');
    if (on && !current.phoneVerified) throw new HostError('phone_unverified');
    // A number that began to wait before SMS guarded the account must not replace the one that does.
    const switched = { ...current, twoFactorPhone: on, pendingPhone: undefined, phoneCode: undefined };
    return withFactorChange(switched, deps.clock.now());
  });
  const factorChange = on ? 'phoneOn' : 'phoneOff';
  reportFactorChange(deps, user, factorChange);
  await tellOwner(deps, { app, user, change: factorChange });
  return true;
}

/** A code ready to be stored and then sent, or undefined when the budget of the user or of the number (design §13) is used up. */
export async function prepareSms(
  deps: PhoneDeps,
  input: { app: App; user: User; phone: string; purpose: 'phone' | 'sms'; boundTo: string },
): Promise<{ stored: StoredCode; send: () => Promise<void> } | undefined> {
  const { app, user, phone, purpose, boundTo } = input;
  const ofUser = { app, subject: user.id, purpose };
  const unproven = purpose === 'phone' && !(user.phoneVerified && user.phone === phone);
  const ofNumber = { app, subject: phone, purpose, ...(unproven && { unproven: { to: phone } }) };
  if (!(await admitCode(deps, ofUser)) || !(await admitCode(deps, ofNumber))) return undefined;
  const code = deps.codes.newCode();
  const expiresAt = deps.clock.now() + deps.config.smsCodeSeconds * 1000;
  const text = () =>
    sendMessage(deps, {
      app,
      name: 'sms',
      locale: user.locale,
      to: phone,
      values: { HANDLE: user.handle },
      code,
      userId: user.id,
      purpose,
      outcome: 'wait',
    });
  return {
    stored: deps.codes.stored({ purpose, appId: app.id, subject: user.id, code, expiresAt, boundTo }),
    send: () => sendAdmitted(deps, ofUser, () => sendAdmitted(deps, ofNumber, text)),
  };
}
