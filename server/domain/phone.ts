import type { App } from '../model/app.ts';
import type { UserCaller } from '../model/caller.ts';
import { HostError } from '../model/errors.ts';
import type { StoredCode, User } from '../model/user.ts';
import { currentUser, requireRunning } from './caller.ts';
import { changeUser } from './change.ts';
import { type CodeDeps, judgeCode } from './code-attempts.ts';
import { admitCode, sendAdmitted } from './code-budget.ts';
import { reportFactorChange, tellOwner, withFactorChange } from './factor-change.ts';
import { type FactorDeps, hasFactor, provesFactor } from './factor-code.ts';
import { type MessageDeps, sendMessage } from './message.ts';
import { parsePhone, requireReachable } from './phone-number.ts';

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
 * Sends a code to a number that the user wants to have; the number in force stays until the new one is verified (contract S17). Acts as if
 * sent when a budget is used up; another number that waits for its code then waits no longer. Throws `phone_factor_unsupported`, `phone_taken`, `invalid_data` (format, or no proof while SMS guards
 * the account), `internal` (not sent).
 */
export async function setPhone(
  deps: PhoneDeps & FactorDeps,
  { caller, phone: text, code }: { caller: UserCaller; phone: string; code: string | undefined },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  if (app.twoFactorVerification !== 'phone') throw new HostError('phone_factor_unsupported');
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
  return user.twoFactorPhone && user.phoneVerified && user.phone !== phone;
}

/**
 * Puts the waiting number in force, in the write that uses its code up. Throws `invalid_data` for a wrong, expired or used code and
 * `phone_taken` when somebody else verified the number meanwhile (contract A17).
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
    reportFactorChange(deps, user, 'phoneChanged');
    await tellOwner(deps, { app, user, change: 'phoneChanged' });
  }
  return true;
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
async function prepareSms(
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
