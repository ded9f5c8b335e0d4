import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { FACTOR_METHODS } from '../../model/factor.ts';
import { loginEpoch, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { HostToken } from '../../ports/security/host-tokens.ts';
import { type FactorDeps, judgeFactorCode } from '../factors/factor-code.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { requireOpenAccount, requireOpenApp } from '../tokens/open-account.ts';

type CompletionDeps = FactorDeps & TokenDeps;

type LoginToken = Extract<HostToken, { kind: 'login' }>;

/**
 * Exchanges a login token and the code of the factor it remembers, or a recovery code, for tokens. The token
 * is spent by its first success, dies with `CODE_TRIES` tries and with every password or factor change.
 * Throws `invalid_credentials` for whatever is wrong with token or code, `user_suspended`, `app_suspended`,
 * `app_migrated`, `invalid_metadata`.
 */
export async function completeLogin(
  deps: CompletionDeps,
  { app, loginToken, code }: { app: App; loginToken: string; code: string },
): Promise<IssuedTokens> {
  const token = await deps.hostTokens.verify(loginToken, 'login');
  const user = token?.appId === app.id ? await deps.store.users.find(app.id, token.userId) : undefined;
  if (!token || !user) return refuse(deps, app);
  const attempt = { method: FACTOR_METHODS[token.factor], userId: user.id } as const;
  requireOpenApp(deps, app, attempt);
  requireOpenAccount(deps, user, attempt.method);
  if (token.epoch !== undefined && token.epoch !== loginEpoch(user)) return refuse(deps, app, user);
  const tries = await countTry(deps, token);
  if (tries === undefined) return refuse(deps, app, user);
  const { factor, jti } = token;
  const method = await judgeFactorCode(deps, { app, user, factor, code, loginTokenId: jti });
  if (!method) {
    if (tries === deps.config.codeTries) {
      deps.events.emit('code_exhausted', { userId: user.id, purpose: 'login' });
    }
    throw new HostError('invalid_credentials');
  }
  if (!(await spendToken(deps, token))) return refuse(deps, app, user);
  return issueTokens(deps, { app, user, method });
}

/** Counted before anything is compared, right or wrong. Undefined when the token has no try left. */
function countTry(
  deps: Pick<Deps, 'config' | 'store' | 'clock'>,
  token: LoginToken,
): Promise<number | undefined> {
  return deps.store.counters.increment(`login-tries/${token.jti}`, {
    now: deps.clock.now(),
    cap: deps.config.codeTries,
    expiresAt: token.expiresAt,
  });
}

/** True for one caller only. */
async function spendToken(deps: Pick<Deps, 'store' | 'clock'>, token: LoginToken): Promise<boolean> {
  const uses = await deps.store.counters.increment(`login-used/${token.jti}`, {
    now: deps.clock.now(),
    cap: 1,
    expiresAt: token.expiresAt,
  });
  return uses !== undefined;
}

function refuse(deps: Pick<Deps, 'events' | 'metrics' | 'figures'>, app: App, user?: User): never {
  deps.events.emit('login_failed', { userId: user?.id, method: 'login_token', reason: 'login_token' });
  deps.metrics.login('failed');
  deps.figures.count(app.id, 'login_failed', 'code');
  throw new HostError('invalid_credentials');
}
