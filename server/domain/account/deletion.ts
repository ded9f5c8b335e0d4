import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { removeAssetsOfUser } from '../assets/removal.ts';
import { type AttemptDeps, judgePassword } from '../attempts/password-attempts.ts';
import type { TypedPassword } from '../attempts/stored-password.ts';
import { type IdentityDeps, identify } from '../login/social-login.ts';
import { changeUser } from '../users/change.ts';
import { findByLoginName } from '../users/handle.ts';
import { countPassword } from '../users/password-kinds.ts';
import { isNamed, withoutSession, withoutSessions } from '../users/renewed-sessions.ts';
import { releaseSeat } from '../users/seats.ts';
import { currentUser, requireRunning } from '../users/session.ts';

interface DeletionProof {
  handle?: string | undefined;
  password?: string | undefined;
  /** See `TypedPassword`. */
  passwordText?: string | undefined;
  /** Identity token, for social accounts. */
  token?: string | undefined;
}

/**
 * Deletes the caller's own account, proven once more by password or by an identity token of the same social
 * account (contract A22). Throws `missing_parameter` without any proof, `invalid_credentials` for a wrong
 * password or somebody else's handle, `user_names_disabled`, `apple_unsupported`, `google_unsupported`,
 * `invalid_identity_token`, `invalid_data`.
 */
export async function deleteAccount(
  deps: AttemptDeps & IdentityDeps & Pick<Deps, 'wakeAssets'>,
  { caller, proof }: { caller: UserCaller; proof: DeletionProof },
): Promise<true> {
  const { handle, password, passwordText, token } = proof;
  if (!handle && !password && !token) throw missing('missing_parameter');
  const { app } = caller;
  requireRunning(app);
  const byPassword = handle !== undefined && password !== undefined;
  const user = await currentUser(deps, caller);
  if (byPassword) await provePassword(deps, app, user, handle, { password, passwordText });
  else if (token) await proveIdentity(deps, app, user, token);
  else throw missing('invalid_data', handle === undefined ? 'handle' : 'password');
  await deleteUser(deps, { app, user, by: 'user' });
  return true;
}

function missing(error: ErrorName, field?: string): HostError {
  return new HostError(error, { because: { reason: 'missing', ...(field && { field }) } });
}

async function provePassword(
  deps: AttemptDeps,
  app: App,
  user: User,
  handle: string,
  typed: TypedPassword,
): Promise<void> {
  const named = await findByLoginName(deps, app, handle);
  if (named?.id !== user.id) throw new HostError('invalid_credentials');
  const right = await judgePassword(deps, { app, user, handle: user.handle, ...typed, loggedIn: true });
  if (!right) throw new HostError('invalid_credentials');
}

async function proveIdentity(deps: IdentityDeps, app: App, user: User, token: string): Promise<void> {
  if (user.loginProvider === '') throw new HostError('invalid_data');
  const identity = await identify(deps, { app, provider: user.loginProvider, token });
  if (identity.subject !== user.socialUserId) throw new HostError('invalid_identity_token');
}

/**
 * Removes a user with the files, and the signup, the invites and the messages of the handle, and gives the
 * seat back. The user goes last, so that a crash in between leaves an account that can be deleted again.
 */
export async function deleteUser(
  deps: Pick<Deps, 'store' | 'passwords' | 'clock' | 'events' | 'figures' | 'wakeAssets'>,
  { app, user, by }: { app: App; user: User; by: 'user' | 'portal' },
): Promise<void> {
  await deps.store.signups.removeByHandle(app.id, user.handle);
  await deps.store.invites.removeByHandle(app.id, user.handle);
  for (const to of [user.handle, user.phone]) if (to) await deps.store.messages.removeRecipient(app.id, to);
  await removeAssetsOfUser(deps, app, user.id);
  if (!(await deps.store.users.remove(app.id, user.id))) return;
  await Promise.all([releaseSeat(deps, app), countPassword(deps, app, { before: user.passwordHash })]);
  deps.events.emit('user_deleted', { userId: user.id, by });
  deps.figures.count(app.id, 'user_deleted', by);
  deps.events.emit('token_revoked', { userId: user.id, scope: 'all', cause: 'user_deleted' });
}

/**
 * Ends the caller's session, that is its access token and those it was renewed with, or with `everywhere` all
 * of the user's and the log-ins that wait for a code.
 */
export async function logOut(
  deps: Pick<Deps, 'store' | 'clock' | 'events' | 'figures' | 'origin'>,
  { caller, everywhere }: { caller: UserCaller; everywhere: boolean },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  const updatedAt = deps.clock.now();
  await changeUser(deps, user, (current) => {
    const ended = !everywhere && isNamed(session) && withoutSession(current, session, updatedAt);
    return { ...(ended || withoutSessions(current, updatedAt)), updatedAt };
  });
  deps.events.emit('token_revoked', {
    userId: user.id,
    scope: everywhere ? 'all' : 'one',
    cause: 'logout',
  });
  return true;
}
