import type { Operator } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { type AttemptDeps, judgePassword, judgeSecondFactor } from '../attempts/password-attempts.ts';
import { wasChanged } from '../users/change.ts';
import { withNetwork } from '../users/known-networks.ts';
import { asUser, changeOperator, operatorEmail, PORTAL, uncounted } from './account.ts';
import { type AuditDeps, recordAudit } from './audit.ts';
import { joinOwners } from './owners.ts';

export type SignInDeps = AttemptDeps & AuditDeps & Pick<Deps, 'totp'>;

/** After a right password: signed in, or a code is due. */
export interface RightPassword {
  operator: Operator;
  codeDue: boolean;
}

/**
 * Judges address and password under the waits and budgets of user log-ins; undefined for an unknown address,
 * a wrong password and a wait alike, at the same cost.
 */
export async function signIn(
  deps: SignInDeps,
  { email, password }: { email: string; password: string },
): Promise<RightPassword | undefined> {
  const known = operatorEmail(email);
  const handle = known ?? email.slice(0, 254).toLowerCase();
  const operator = known === undefined ? undefined : await deps.store.operators.findByEmail(known);
  const user = operator && asUser(operator);
  const right = await judgePassword(uncounted(deps), { app: PORTAL, user, handle, password });
  return operator && right ? { operator, codeDue: operator.totpSecret !== undefined } : undefined;
}

/** Judges the password of somebody who is signed in. */
export function isOwnPassword(deps: SignInDeps, operator: Operator, password: string): Promise<boolean> {
  const user = asUser(operator);
  return judgePassword(uncounted(deps), {
    app: PORTAL,
    user,
    handle: operator.email,
    password,
    loggedIn: true,
  });
}

/** Judges a code of the authenticator or a recovery code (ten digits), and uses it up. */
export function isOwnCode(deps: SignInDeps, operator: Operator, text: string): Promise<boolean> {
  const code = text.replaceAll(/[\s-]/g, '');
  const method = code.length === 10 ? 'recovery' : 'totp';
  const check = () =>
    method === 'totp' ? useTotp(deps, operator, code) : useRecoveryCode(deps, operator, code);
  return judgeSecondFactor(uncounted(deps), { app: PORTAL, user: asUser(operator), check, method });
}

/** Notes a finished sign-in: time, place and a line of the audit. */
export async function noteSignIn(deps: SignInDeps, { id }: Operator, address: string): Promise<void> {
  const lastSignIn = deps.clock.now();
  const change = await changeOperator(deps, id, (current) => ({
    ...(withNetwork(deps, current) ?? current),
    lastSignIn,
  }));
  if (!change) return;
  await joinOwners(deps, change.after);
  deps.events.emit('operator_signed_in', { operatorId: id });
  await recordAudit(deps, { operator: change.after, address }, { action: 'signIn' });
}

type Verdict = 'right' | 'wrong' | 'replayed';

/** RFC 6238 §5.2: a time step is accepted once, in the write that decides. */
async function useTotp(deps: SignInDeps, { id }: Operator, code: string): Promise<Verdict> {
  let verdict: Verdict = 'wrong';
  const change = await changeOperator(deps, id, async (current) => {
    if (current.totpSecret === undefined) return undefined;
    const step = await deps.totp.verify({
      secret: current.totpSecret,
      code,
      now: deps.clock.now(),
      afterStep: current.totpLastStep,
    });
    verdict = typeof step === 'number' ? 'right' : (step ?? 'wrong');
    return typeof step === 'number' ? { ...current, totpLastStep: step } : undefined;
  });
  return change ? verdict : 'wrong';
}

/** Each recovery code is right once. */
async function useRecoveryCode(deps: SignInDeps, { id }: Operator, code: string): Promise<Verdict> {
  const change = await changeOperator(deps, id, (current) => {
    const isIt = (digest: string) => deps.codes.matches('recovery', PORTAL.id, id, code, digest);
    const left = current.recoveryCodes.filter((digest) => !isIt(digest));
    return left.length < current.recoveryCodes.length ? { ...current, recoveryCodes: left } : undefined;
  });
  return wasChanged(change) ? 'right' : 'wrong';
}
