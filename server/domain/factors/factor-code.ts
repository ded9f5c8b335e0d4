import type { App } from '../../model/app.ts';
import type { Session } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { type CodeDeps, judgeCode } from '../attempts/code-attempts.ts';
import { type AttemptDeps, judgeSecondFactor } from '../attempts/password-attempts.ts';
import { changeUser } from '../users/change.ts';

export type FactorDeps = AttemptDeps & CodeDeps & Pick<Deps, 'totp'>;
type SpendDeps = Pick<Deps, 'store' | 'clock'>;

export type FactorMethod = 'totp' | 'sms' | 'recovery';
type Verdict = 'right' | 'wrong' | 'replayed';

/** A log-in this recent had to pass whatever factor was due, so it stands in for a code (design §13). */
const FRESH_LOGIN_MS = 10 * MINUTE_MS;
const RECOVERY_CODE_DIGITS = 10;

/** Whether a second factor guards this account, whatever the app's mode says at the moment. */
export function hasFactor(user: User): boolean {
  return user.twoFactorTotp || (user.twoFactorPhone && user.phoneVerified);
}

/**
 * Judges a second factor and uses it up in the write that decides: of any number of simultaneous uses one is right. Ten digits are a
 * recovery code, six the code of `factor`. An SMS code counts only for the login token it was sent for; without `loginTokenId` any
 * live one counts. Answers which proof was right, or undefined.
 */
export async function judgeFactorCode(
  deps: FactorDeps,
  input: { app: App; user: User; factor: 'totp' | 'phone'; code: string; loginTokenId?: string },
): Promise<FactorMethod | undefined> {
  const { app, user, code, loginTokenId } = input;
  const method = methodOf(input.factor, code);
  const checks: Record<FactorMethod, () => Promise<Verdict>> = {
    totp: () => useTotp(deps, user, code),
    sms: () => useSmsCode(deps, app, user, code, loginTokenId),
    recovery: () => useRecoveryCode(deps, user, code),
  };
  const right = await judgeSecondFactor(deps, { app, user, method, check: checks[method] });
  return right ? method : undefined;
}

/**
 * Whether the caller may change what protects the account: with a code that is right now, or by a fresh log-in when no code was sent
 * (design §13). Throws `invalid_data` for a wrong code. Look at it only when `hasFactor`.
 */
export async function provesFactor(
  deps: FactorDeps,
  input: { app: App; session: Session; user: User; code: string | undefined },
): Promise<boolean> {
  const { app, session, user, code } = input;
  if (code === undefined) return deps.clock.now() - session.authTime <= FRESH_LOGIN_MS;
  const factor = user.twoFactorTotp ? 'totp' : 'phone';
  const method = await judgeFactorCode(deps, { app, user, factor, code });
  if (!method) throw new HostError('invalid_data');
  return true;
}

function methodOf(factor: 'totp' | 'phone', code: string): FactorMethod {
  if (code.length === RECOVERY_CODE_DIGITS) return 'recovery';
  return factor === 'totp' ? 'totp' : 'sms';
}

/** RFC 6238 §5.2: a time step is accepted once, so the last one is stored and only a greater one counts. */
function useTotp(deps: SpendDeps & Pick<Deps, 'totp'>, user: User, code: string): Promise<Verdict> {
  return spend(deps, user, async (current) => {
    if (!current.twoFactorTotp || !current.totpSecret) return 'wrong';
    const step = await deps.totp.verify({
      secret: current.totpSecret,
      code,
      now: deps.clock.now(),
      afterStep: current.totpLastStep,
    });
    return typeof step === 'number' ? { ...current, totpLastStep: step } : (step ?? 'wrong');
  });
}

async function useSmsCode(
  deps: CodeDeps,
  app: App,
  user: User,
  code: string,
  loginTokenId: string | undefined,
): Promise<Verdict> {
  const foreign = loginTokenId !== undefined && user.smsCode?.boundTo !== loginTokenId;
  const stored = foreign ? undefined : user.smsCode;
  const who = { userId: user.id, handle: user.handle };
  const right = await judgeCode(deps, { app, purpose: 'sms', subject: user.id, stored, code, who });
  if (!right) return 'wrong';
  return spend(deps, user, (current) =>
    current.smsCode?.id === stored?.id ? { ...current, smsCode: undefined } : 'wrong',
  );
}

function useRecoveryCode(deps: SpendDeps & Pick<Deps, 'codes'>, user: User, code: string): Promise<Verdict> {
  return spend(deps, user, (current) => {
    const left = current.recoveryCodes.filter(
      (digest) => !deps.codes.matches('recovery', user.appId, user.id, code, digest),
    );
    return left.length === current.recoveryCodes.length ? 'wrong' : { ...current, recoveryCodes: left };
  });
}

/** Decides on the record as it is now and writes it without the proof; a lost race decides again. */
async function spend(
  deps: SpendDeps,
  user: User,
  decide: (current: User) => User | 'wrong' | 'replayed' | Promise<User | 'wrong' | 'replayed'>,
): Promise<Verdict> {
  let verdict: Verdict = 'wrong';
  const stored = await changeUser(deps, user, async (current) => {
    const spent = await decide(current);
    verdict = typeof spent === 'string' ? spent : 'right';
    return typeof spent === 'string' ? undefined : { ...spent, updatedAt: deps.clock.now() };
  });
  return stored ? verdict : 'wrong';
}
