import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { isAnonymous, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { type CodeDeps, judgeCode } from '../attempts/code-attempts.ts';
import { admitCode } from '../attempts/code-budget.ts';
import { endWaits } from '../attempts/end-waits.ts';
import { type AttemptDeps, judgePassword } from '../attempts/password-attempts.ts';
import { standIn } from '../attempts/stand-in.ts';
import type { TypedPassword } from '../attempts/stored-password.ts';
import { isTrusted } from '../attempts/wait-limits.ts';
import { type MessageDeps, writeToNobody } from '../messages/message.ts';
import { sendResetCode } from '../messages/reset-code.ts';
import { changeUser } from '../users/change.ts';
import { findByLoginName, loginName } from '../users/handle.ts';
import { rememberNetwork } from '../users/known-networks.ts';
import { countPassword } from '../users/password-kinds.ts';
import { type NewPassword, requireNewPassword } from '../users/password-rules.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { withoutSentCodes } from '../users/sent-codes.ts';
import { currentUser, requireRunning } from '../users/session.ts';

/** Where a message goes that is only written: nobody has this address. */
const STRANGER = 'nobody@invalid.invalid';

/**
 * The record with another password: every access token, pending log-in and sent code of the user ends in the
 * same write; the second factor stays (contract S7, S16).
 */
export function withPassword(user: User, passwordHash: string, now: number): User {
  return { ...withoutSentCodes(withoutSessions(user, now)), passwordHash, updatedAt: now };
}

/**
 * Sends a reset code to the handle of an account that has a password; a new code voids the old one. Throws
 * `account_unknown` for unknown, social and anonymous accounts (contract A33) unless the app hides accounts,
 * and `user_names_disabled`.
 */
export async function forgotPassword(
  deps: CodeDeps & MessageDeps,
  { app, handle }: { app: App; handle: string },
): Promise<true> {
  requireRunning(app);
  const typed = loginName(app, handle);
  const user = await findByLoginName(deps, app, handle);
  const known = user !== undefined && user.loginProvider === '' && !isAnonymous(user.handle);
  if (!known && !app.hideAccounts) throw new HostError('account_unknown');
  // Unknown handles are counted like known ones.
  const subject = known ? user.id : typed;
  const unproven = { to: known ? user.handle : typed, open: true };
  // Else strangers could keep the owner from a reset by asking for one.
  const trusted = await isTrusted(deps, { app, user: known ? user : undefined });
  if (!(await admitCode(deps, { app, subject, purpose: 'reset', trusted, unproven }))) return true;
  await (known
    ? sendResetCode(deps, app, user, { name: 'resetPassword', HANDLE: typed })
    : doAsMuch(deps, app, typed));
  return true;
}

/**
 * What an unknown account costs in an app that hides accounts: a message is written, and as much stored as a
 * code and a message are.
 */
async function doAsMuch(deps: MessageDeps, app: App, typed: string): Promise<void> {
  const stored = { app, handle: typed, what: 'reset' };
  await standIn(deps, stored, { writes: 1, lastsMs: MINUTE_MS });
  await writeToNobody(deps, {
    app,
    name: 'resetPassword',
    locale: DEFAULT_LOCALE,
    to: STRANGER,
    values: { HANDLE: typed },
    code: deps.codes.newCode(),
    outcome: 'queue',
  });
  await standIn(deps, stored, { writes: 1, lastsMs: MINUTE_MS });
}

/**
 * Sets a new password with a mailed code, whichever spelling of the account the code was asked for with. Ends
 * the account's wait and lock. Throws `invalid_data` alike for an unknown account, a wrong, expired or used
 * code and a refused password.
 */
export async function resetPassword(
  deps: AttemptDeps & CodeDeps,
  { app, handle, password, code }: { app: App; handle: string; password: NewPassword; code: string },
): Promise<true> {
  requireRunning(app);
  requireNewPassword(app, password);
  const typed = loginName(app, handle);
  const user = await findForReset(deps, app, handle);
  const right = await judgeCode(deps, {
    app,
    purpose: 'reset',
    trusted: await isTrusted(deps, { app, user }),
    subject: user?.id ?? typed,
    stored: user?.resetCode,
    code,
    who: { userId: user?.id, handle: typed },
  });
  if (!user || !right) throw new HostError('invalid_data');
  const passwordHash = await deps.passwords.hash(password.md5);
  const changed = await changeUser(deps, user, (current) => {
    if (current.resetCode?.id !== user.resetCode?.id) throw new HostError('invalid_data');
    return withPassword(current, passwordHash, deps.clock.now());
  });
  if (!changed) throw new HostError('invalid_data');
  await countPassword(deps, app, { before: user.passwordHash, after: passwordHash });
  const free = await endWaits(deps, { user, by: 'reset' });
  if (free) await rememberNetwork(deps, free);
  deps.events.emit('password_reset', { userId: user.id });
  deps.figures.count(app.id, 'password_reset', 'user');
  deps.events.emit('token_revoked', { userId: user.id, scope: 'all', cause: 'password_reset' });
  return true;
}

/** An account that cannot be named while user names are off is an unknown one here (contract §3.5.13). */
async function findForReset(deps: Pick<Deps, 'store'>, app: App, typed: string): Promise<User | undefined> {
  try {
    return await findByLoginName(deps, app, typed);
  } catch (error) {
    if (isHostError(error, 'user_names_disabled')) return undefined;
    throw error;
  }
}

/**
 * Replaces the caller's password; all access tokens die, the caller's own too (design §7). Throws
 * `invalid_data` for a wrong current password, which counts like a failed log-in, and for a refused new one.
 */
export async function changePassword(
  deps: AttemptDeps,
  { caller, newPassword, ...typed }: { caller: UserCaller; newPassword: NewPassword } & TypedPassword,
): Promise<true> {
  const { app } = caller;
  requireRunning(app);
  requireNewPassword(app, newPassword);
  const user = await currentUser(deps, caller);
  const right = await judgePassword(deps, { app, user, handle: user.handle, ...typed, loggedIn: true });
  if (!right) throw new HostError('invalid_data');
  const passwordHash = await deps.passwords.hash(newPassword.md5);
  const changed = await changeUser(deps, user, (current) => {
    // Somebody else's change, reset or suspension came first: the password judged may not be the current one
    // any more.
    if (current.epoch !== user.epoch) throw new HostError('invalid_data');
    return withPassword(current, passwordHash, deps.clock.now());
  });
  if (!changed) throw new HostError('invalid_access_token');
  await countPassword(deps, app, { before: user.passwordHash, after: passwordHash });
  deps.events.emit('password_changed', { userId: user.id });
  deps.events.emit('token_revoked', { userId: user.id, scope: 'all', cause: 'password_changed' });
  return true;
}
