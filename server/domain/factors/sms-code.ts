import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { StoredCode, User } from '../../model/user.ts';
import { type CodeDeps, judgeCode } from '../attempts/code-attempts.ts';
import { admitCode, sendAdmitted } from '../attempts/code-budget.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { spend, type Verdict } from './spend-code.ts';

export type PhoneDeps = CodeDeps & MessageDeps;

/**
 * Sends the SMS code of a log-in to the number in force; the code counts only together with that login token
 * (contract §3.2). Throws `invalid_credentials` when the budget of the user or the number is used up,
 * `internal` when the SMS could not be sent.
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
 * A code ready to be stored and then sent, or undefined when the budget of the user or of the number (design
 * §13) is used up.
 */
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

/** Uses an SMS code up; with a `loginTokenId` only one sent for that login token. */
export async function useSmsCode(
  deps: CodeDeps,
  input: { app: App; user: User; code: string; loginTokenId?: string },
): Promise<Verdict> {
  const { app, user, code, loginTokenId } = input;
  const foreign = loginTokenId !== undefined && user.smsCode?.boundTo !== loginTokenId;
  const stored = foreign ? undefined : user.smsCode;
  const who = { userId: user.id, handle: user.handle };
  const right = await judgeCode(deps, { app, purpose: 'sms', subject: user.id, stored, code, who });
  if (!right) return 'wrong';
  return spend(deps, user, (current) =>
    current.smsCode?.id === stored?.id ? { ...current, smsCode: undefined } : 'wrong',
  );
}
