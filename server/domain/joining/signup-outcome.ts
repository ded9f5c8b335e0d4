import type { App } from '../../model/app.ts';
import { lacksPassword } from '../../model/user.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import { type AttemptDeps, judgePassword } from '../attempts/password-attempts.ts';
import type { TypedPassword } from '../attempts/stored-password.ts';
import { findSpelled, loginName } from '../users/handle.ts';
import { requireRunning } from '../users/session.ts';

/**
 * `waiting`: nothing to tell. `verified`: the signup was completed and this is the password. `setPassword`:
 * it was completed, and the account has no password yet.
 */
export type SignupOutcome = 'waiting' | 'verified' | 'setPassword';

/**
 * What became of a signup, for a client that waits until its link is opened elsewhere. No password is judged
 * before the signup is completed, nor of an account that nobody waits for: one that was completed longer ago
 * than a signup lives, and one that may not log in. A wrong one counts as a wrong log-in. Throws the app's
 * status and, as `loginName`, `invalid_data`.
 */
export async function signupOutcome(
  deps: AttemptDeps,
  { app, handle, ...typed }: { app: App; handle: string } & TypedPassword,
): Promise<SignupOutcome> {
  requireRunning(app);
  const name = loginName(app, handle);
  const { signups, users } = deps.store;
  const signup = await findSpelled(app, handle, (spelling) => signups.findByHandle(app.id, spelling));
  if (!signup || signup.status === 'pending') return 'waiting';
  if (signup.updatedAt + deps.config.signupHours * HOUR_MS <= deps.clock.now()) return 'waiting';
  const user = await users.find(app.id, signup.userId);
  // A lock must not be guessed around.
  if (user?.status !== 'active' || user.lockedAt !== undefined) return 'waiting';
  if (user.handle !== signup.handle) return 'waiting';
  if (lacksPassword(user)) return 'setPassword';
  if (user.passwordHash === undefined) return 'waiting';
  return (await judgePassword(deps, { app, user, handle: name, ...typed })) ? 'verified' : 'waiting';
}
