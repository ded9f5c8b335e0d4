import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import type { Factor } from '../../model/factor.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { isAnonymous, loginEpoch, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type AttemptDeps, judgePassword } from '../attempts/password-attempts.ts';
import { dueFactor } from '../factors/due-factor.ts';
import { FACTORS } from '../factors/factors.ts';
import type { PhoneDeps } from '../factors/sms-code.ts';
import { type CreateDeps, createUser } from '../joining/create-user.ts';
import { admitPoll } from '../joining/signup-polls.ts';
import { requireCompleteMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { requireOpenAccount, requireOpenApp } from '../tokens/open-account.ts';
import { findByLoginName, loginName, requireLoginName } from '../users/handle.ts';

type LoginDeps = AttemptDeps & TokenDeps & PhoneDeps;

/** Proof of a right password that waits for the second factor. */
export interface LoginChallenge {
  loginToken: string;
}

const ANONYMOUS_HANDLE_MAX = 128;
/** What a device may make up. Nothing else, for such a handle stands in lists and spreadsheets as it came. */
const MADE_UP = /^ANON_[A-Za-z0-9._+-]+$/;

/**
 * Exchanges a handle or user name and a password for tokens, or for a login token when a second factor is due (contract §3.3, §3.5.1).
 * Throws `invalid_credentials` for an unknown handle and for a wrong password alike, at the same cost; before that, in this order,
 * `user_names_disabled`, the app's status, and what the contract tells of an account: `signup_pending`, `user_suspended`. An app that
 * hides accounts tells those only to who has the password.
 */
export async function logIn(
  deps: LoginDeps,
  { app, handle, password }: { app: App; handle: string; password: string },
): Promise<IssuedTokens | LoginChallenge> {
  const name = loginName(app, handle);
  requireLoginName(app, name);
  requireOpenApp(deps, app, { method: 'password', handleRef: deps.handleRef(app.id, name) });
  const user = await findByLoginName(deps, app, handle);
  if (!app.hideAccounts) await requireOpen(deps, app, user, name);
  const right = await judgePassword(deps, { app, user, handle: name, password });
  if (!user || !right) throw new HostError('invalid_credentials');
  requireOpenAccount(deps, user, 'password');
  const factor = dueFactor(deps, app, user);
  if (factor) return challenge(deps, app, user, factor);
  return issueTokens(deps, { app, user, method: 'password' });
}

/**
 * Throws `signup_pending` or `user_suspended`, before any password is judged, and `invalid_credentials` to who asks too often whether a signup
 * still waits.
 */
async function requireOpen(
  deps: Pick<Deps, 'store' | 'clock' | 'events' | 'metrics' | 'handleRef'>,
  app: App,
  user: User | undefined,
  name: string,
): Promise<void> {
  if (user) return requireOpenAccount(deps, user, 'password');
  if (app.signupFlow === 'none') return;
  const signup = await deps.store.signups.findByHandle(app.id, name);
  if (signup?.status !== 'pending') return;
  throw new HostError((await admitPoll(deps, app, signup.handle)) ? 'signup_pending' : 'invalid_credentials');
}

/** Throws `internal` when the SMS could not be sent, `invalid_credentials` when no more may be sent. */
async function challenge(
  deps: PhoneDeps & Pick<Deps, 'hostTokens' | 'metrics'>,
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

/**
 * Logs a device in by the id it made up and kept; the first call makes the user (contract §3.5.3). Nothing but the handle counts (S2).
 * Throws, in this order, `invalid_credentials` for what is no anonymous handle (a user of before keeps the one he has),
 * `anonymous_disabled` (also when the app is full), the app's status, `user_suspended`, `invalid_metadata`.
 */
export async function logInAnonymously(
  deps: TokenDeps & CreateDeps,
  { app, handle }: { app: App; handle: string },
): Promise<IssuedTokens> {
  if (!(await isAnonymousHandle(deps, app, handle))) {
    throw new HostError('invalid_credentials', { because: { reason: 'invalid_handle', field: 'handle' } });
  }
  if (!app.anonymousLoginEnabled) throw new HostError('anonymous_disabled');
  requireOpenApp(deps, app, { method: 'anonymous', handleRef: deps.handleRef(app.id, handle) });
  const user = (await findAnonymous(deps, app, handle)) ?? (await createAnonymous(deps, app, handle));
  return issueTokens(deps, { app, user, method: 'anonymous' });
}

async function isAnonymousHandle(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<boolean> {
  if (handle.length > ANONYMOUS_HANDLE_MAX) return false;
  if (MADE_UP.test(unescaped(handle))) return true;
  return isAnonymous(handle) && (await findAnonymous(deps, app, handle)) !== undefined;
}

/** Throws `invalid_credentials` when the handle belongs to somebody who has more than a handle to prove. */
async function findAnonymous(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<User | undefined> {
  for (const spelling of new Set([handle, unescaped(handle)])) {
    const user = await deps.store.users.findByHandle(app.id, spelling);
    if (user?.passwordHash || user?.loginProvider) throw new HostError('invalid_credentials');
    if (user) return user;
  }
  return undefined;
}

async function createAnonymous(
  deps: CreateDeps & Pick<Deps, 'codes'>,
  app: App,
  text: string,
): Promise<User> {
  const handle = unescaped(text);
  requireCompleteMetadata(app, handle, {}, 'invalid_metadata');
  const ids = { userId: deps.codes.newRowId(deps.clock.now()), uid: deps.codes.newId() };
  try {
    return await createUser(deps, {
      app,
      ids,
      handle,
      locale: DEFAULT_LOCALE,
      metaData: {},
      loginProvider: '',
      via: 'anonymous',
      full: 'anonymous_disabled',
    });
  } catch (error) {
    // The same device called twice at once.
    const first = isHostError(error, 'handle_taken') && (await findAnonymous(deps, app, handle));
    if (first) return first;
    throw error;
  }
}

/** A client that does not escape its forms delivers a plus as a blank (contract C2); old hosts stored the blank. */
function unescaped(handle: string): string {
  return handle.replaceAll(' ', '+');
}
