import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeUser } from '../users/change.ts';

export type SpendDeps = Pick<Deps, 'store' | 'clock'>;
export type Verdict = 'right' | 'wrong' | 'replayed';

/** RFC 6238 §5.2: a time step is accepted once, so the last one is stored and only a greater one counts. */
export function useTotp(
  deps: SpendDeps & Pick<Deps, 'totp'>,
  { user, code }: { user: User; code: string },
): Promise<Verdict> {
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

/** Each recovery code is right once. */
export function useRecoveryCode(
  deps: SpendDeps & Pick<Deps, 'codes'>,
  { user, code }: { user: User; code: string },
): Promise<Verdict> {
  return spend(deps, user, (current) => {
    const left = current.recoveryCodes.filter(
      (digest) => !deps.codes.matches('recovery', user.appId, user.id, code, digest),
    );
    return left.length === current.recoveryCodes.length ? 'wrong' : { ...current, recoveryCodes: left };
  });
}

/** Decides on the record as it is now and writes it without the proof; a lost race decides again. */
export async function spend(
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
