import type { App, FactorMode } from '../../model/app.ts';
import { FACTOR_NAMES, type Factor } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { type PhoneDeps, startPhoneChallenge, useSmsCode } from './sms-code.ts';
import { useTotp, type Verdict } from './spend-code.ts';

interface SecondFactor {
  /** The mode of an app in which its users may switch it on, and in which it goes before the others. */
  readonly mode: Exclude<FactorMode, 'none'>;
  /** Whether the user switched it on. */
  isOn(user: User): boolean;
  /** Whether it guards the account, whatever the app's mode says at the moment. */
  guards(user: User): boolean;
  /** Whether a log-in could be asked for it now. */
  canPass(deps: Pick<Deps, 'texter'>, app: App, user: User): boolean;
  /** The user without it. */
  off(user: User): User;
  /** What a log-in that waits for it begins with. */
  challenge?(deps: PhoneDeps, input: { app: App; user: User; loginTokenId: string }): Promise<void>;
  /** Judges a code and uses it up in the write that decides. */
  use(
    deps: CodeDeps & Pick<Deps, 'totp'>,
    input: { app: App; user: User; code: string; loginTokenId?: string },
  ): Promise<Verdict>;
}

/**
 * Every second factor, once: a name in `model/factor.ts` and its entry here. Routes switch them, templates
 * tell of it.
 */
export const FACTORS: Readonly<Record<Factor, SecondFactor>> = {
  totp: {
    mode: 'google',
    isOn: (user) => user.twoFactorTotp,
    guards: (user) => user.twoFactorTotp,
    canPass: (_deps, _app, user) => user.twoFactorTotp && user.totpSecret !== undefined,
    off: (user) => ({ ...user, twoFactorTotp: false, totpSecret: undefined, totpLastStep: undefined }),
    use: useTotp,
  },
  phone: {
    mode: 'phone',
    isOn: (user) => user.twoFactorPhone,
    guards: (user) => user.twoFactorPhone && user.phoneVerified,
    canPass: (deps, app, user) => user.twoFactorPhone && user.phoneVerified && deps.texter.available(app),
    off: (user) => ({ ...user, twoFactorPhone: false, pendingPhone: undefined, phoneCode: undefined }),
    challenge: startPhoneChallenge,
    use: useSmsCode,
  },
};

/** The factor that guards this account, the first where several do. */
export function guardingFactor(user: User): Factor | undefined {
  return FACTOR_NAMES.find((name) => FACTORS[name].guards(user));
}

/** Whether a second factor guards this account, whatever the app's mode says at the moment. */
export function hasFactor(user: User): boolean {
  return guardingFactor(user) !== undefined;
}
