import type { App } from '../../model/app.ts';
import type { Session } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import { FACTOR_METHODS, type Factor, type FactorMethod } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { type AttemptDeps, judgeSecondFactor } from '../attempts/password-attempts.ts';
import { FACTORS, guardingFactor } from './factors.ts';
import { useRecoveryCode } from './spend-code.ts';

export type FactorDeps = AttemptDeps & CodeDeps & Pick<Deps, 'totp'>;

/** A log-in this recent had to pass whatever factor was due, so it stands in for a code. */
const FRESH_LOGIN_MS = 10 * MINUTE_MS;
const RECOVERY_CODE_DIGITS = 10;

/**
 * Judges a second factor and uses it up in the write that decides: of any number of simultaneous uses one is
 * right. Ten digits are a recovery code, six the code of `factor`. An SMS code counts only for the login
 * token it was sent for; without `loginTokenId` any live one counts. Answers which proof was right, or
 * undefined.
 */
export async function judgeFactorCode(
  deps: FactorDeps,
  input: { app: App; user: User; factor: Factor; code: string; loginTokenId?: string },
): Promise<FactorMethod | undefined> {
  const { app, user, factor, code } = input;
  const recovery = code.length === RECOVERY_CODE_DIGITS;
  const method = recovery ? 'recovery' : FACTOR_METHODS[factor];
  const check = () => (recovery ? useRecoveryCode(deps, input) : FACTORS[factor].use(deps, input));
  const right = await judgeSecondFactor(deps, {
    app,
    user,
    method,
    check,
    loggedIn: input.loginTokenId === undefined,
  });
  return right ? method : undefined;
}

/**
 * Whether the caller may change what protects the account: with a code that is right now, or by a fresh
 * log-in when no code was sent. Throws `invalid_data` for a wrong code. Look at it only when `hasFactor`.
 */
export async function provesFactor(
  deps: FactorDeps,
  input: { app: App; session: Session; user: User; code: string | undefined },
): Promise<boolean> {
  const { app, session, user, code } = input;
  if (code === undefined) return deps.clock.now() - session.authTime <= FRESH_LOGIN_MS;
  const factor = guardingFactor(user);
  const method = factor && (await judgeFactorCode(deps, { app, user, factor, code }));
  if (!method) throw new HostError('invalid_data');
  return true;
}
