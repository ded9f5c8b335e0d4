import type { App } from '../../model/app.ts';
import { FACTOR_NAMES, type Factor } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { FACTORS } from './factors.ts';

/**
 * The second factor that a log-in must pass (table of contract §3.3): one the user confirmed, while the app
 * has any factor switched on. With both on the app's mode decides.
 */
export function dueFactor(deps: Pick<Deps, 'texter'>, app: App, user: User): Factor | undefined {
  if (app.twoFactorVerification === 'none') return undefined;
  const possible = FACTOR_NAMES.filter((name) => FACTORS[name].canPass(deps, app, user));
  return possible.find((name) => FACTORS[name].mode === app.twoFactorVerification) ?? possible[0];
}
