import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Factor } from '../../model/factor.ts';
import { loginEpoch, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type AttemptDeps, passwordVerdict } from '../attempts/password-attempts.ts';
import type { TypedPassword } from '../attempts/stored-password.ts';
import { dueFactor } from '../factors/due-factor.ts';
import { FACTORS } from '../factors/factors.ts';
import type { PhoneDeps } from '../factors/sms-code.ts';
import { admitPoll } from '../joining/signup-polls.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { requireOpenAccount, requireOpenApp } from '../tokens/open-account.ts';
import { findByLoginName, loginName, requireLoginName } from '../users/handle.ts';

type LoginDeps = AttemptDeps & TokenDeps & PhoneDeps;

/** Proof of a right password that waits for the second factor. */
export interface LoginChallenge {
  loginToken: string;
}

/**
 * Exchanges a handle or user name and a password for tokens, or for a login token when a second factor is due
 * (contract §3.3, §3.5.1). Throws `invalid_credentials` for an unknown handle and for a wrong password alike,
 * at the same cost; before that, in this order, `user_names_disabled`, the app's status, and what the
 * contract tells of an account: `signup_pending`, `user_suspended`. An app that hides accounts tells those
 * only to who has the password.
 */
export async function logIn(
  deps: LoginDeps,
  { app, handle, password, passwordText }: { app: App; handle: string } & TypedPassword,
): Promise<IssuedTokens | LoginChallenge> {
  const name = loginName(app, handle);
  requireLoginName(app, name);
  requireOpenApp(deps, app, { method: 'password', handleRef: deps.handleRef(app.id, name) });
  // More than can be hashed are refused before they cost the database anything.
  const { user, right, forgiven } = await deps.passwords.inTurn(async () => {
    const user = await findByLoginName(deps, app, handle);
    if (!app.hideAccounts) await requireOpen(deps, app, user, name);
    const verdict = await passwordVerdict(deps, { app, user, handle: name, password, passwordText });
    return { user, ...verdict };
  });
  if (!user || !right) throw new HostError('invalid_credentials');
  // What both write shares a commit.
  const [outcome] = await Promise.all([letIn(deps, app, user), forgiven]);
  return outcome;
}

async function letIn(deps: LoginDeps, app: App, user: User): Promise<IssuedTokens | LoginChallenge> {
  requireOpenAccount(deps, user, 'password');
  const factor = dueFactor(deps, app, user);
  if (factor) return challenge(deps, app, user, factor);
  return issueTokens(deps, { app, user, method: 'password' });
}

/**
 * Throws `signup_pending` or `user_suspended`, before any password is judged, and `invalid_credentials` to
 * who asks too often whether a signup still waits.
 */
async function requireOpen(
  deps: Pick<Deps, 'store' | 'clock' | 'events' | 'metrics' | 'figures' | 'handleRef'>,
  app: App,
  user: User | undefined,
  name: string,
): Promise<void> {
  if (user) return requireOpenAccount(deps, user, 'password');
  if (app.signupFlow === 'none') return;
  const signup = await deps.store.signups.findByHandle(app.id, name);
  if (signup?.status !== 'pending') return;
  deps.figures.count(app.id, 'login_failed', 'pending');
  throw new HostError((await admitPoll(deps, app, signup.handle)) ? 'signup_pending' : 'invalid_credentials');
}

/** Throws `internal` when the SMS could not be sent, `invalid_credentials` when no more may be sent. */
async function challenge(
  deps: PhoneDeps & Pick<Deps, 'hostTokens' | 'metrics' | 'figures'>,
  app: App,
  user: User,
  factor: Factor,
): Promise<LoginChallenge> {
  const { token, jti } = await deps.hostTokens.issueLoginToken({
    appId: app.id,
    userId: user.id,
    factor,
    epoch: loginEpoch(user),
  });
  await FACTORS[factor].challenge?.(deps, { app, user, loginTokenId: jti });
  deps.events.emit('login_challenged', { userId: user.id, factor });
  deps.metrics.login('challenged');
  return { loginToken: token };
}
