import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import { isAnonymous, type StoredCode, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { type CodeDeps, judgeCode } from '../attempts/code-attempts.ts';
import { admitCode, sendAdmitted } from '../attempts/code-budget.ts';
import { type AttemptDeps, judgePassword } from '../attempts/password-attempts.ts';
import type { TypedPassword } from '../attempts/stored-password.ts';
import { sendAlreadyRegistered } from '../messages/already-registered.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { requireCompleteMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, signTokens } from '../tokens/issue-tokens.ts';
import { changeUser } from '../users/change.ts';
import { findHolder, parseHandle } from '../users/handle.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { withoutSentCodes } from '../users/sent-codes.ts';
import { currentUser, requireRunning, requireSession } from '../users/session.ts';

type HandleDeps = AttemptDeps & CodeDeps & MessageDeps;

/**
 * Sends a code to a handle that the user wants to have, after the password where there is one; the handle in
 * force stays until then. Acts as if sent when a budget is used up; another handle that waits for its code
 * then waits no longer. In an app that hides accounts a handle that somebody has is answered and treated like
 * a free one, but its owner gets the mail. Throws, in this order, the app's status, `invalid_data` (the
 * handle is the `sub` in this app, or can be none), `missing_parameter` and `invalid_credentials` (password),
 * `invalid_metadata` (a required field is empty), `handle_taken`, `too_many_requests`, `internal` (not sent).
 */
export async function setHandle(
  deps: HandleDeps,
  { caller, handle: text, ...typed }: { caller: UserCaller; handle: string } & Partial<TypedPassword>,
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  requireMovable(app);
  const handle = parseHandle(app, text);
  const user = await currentUser(deps, caller);
  await requirePassword(deps, app, user, typed);
  // Before anybody is looked up: it must not tell who is there.
  requireWholeMetadata(app, user, handle);
  const holder = await findHolder(deps, app, text);
  if (holder && (holder.id === user.id || !app.hideAccounts)) throw new HostError('handle_taken');
  const change = (changed: Partial<User>) =>
    changeUser(deps, user, (current) => {
      requireSession(deps, current, session);
      return { ...current, ...changed, updatedAt: deps.clock.now() };
    });
  const ofUser = { app, subject: user.id, purpose: 'handle' } as const;
  // Whoever has a made-up id could be a thousand people.
  const unproven = { to: handle, open: isAnonymous(user.handle) };
  const ofHandle = { app, subject: handle, purpose: 'handle', unproven } as const;
  if (!(await admitCode(deps, ofUser)) || !(await admitCode(deps, ofHandle))) {
    // Else a code sent before would put a handle in force that the user no longer wants.
    if (user.pendingHandle !== handle) await change({ pendingHandle: undefined, handleCode: undefined });
    return true;
  }
  const { code, stored } = newCode(deps, user, handle);
  await change({ pendingHandle: handle, handleCode: stored });
  const send = () =>
    holder ? sendAlreadyRegistered(deps, holder, app) : sendCode(deps, { app, user, handle, code });
  await sendAdmitted(deps, ofUser, () => sendAdmitted(deps, ofHandle, send));
  return true;
}

/**
 * Puts the waiting handle in force, in the write that uses its code up and ends every session and sent code
 * of the user, and answers the tokens of a new session; it is no log-in and proof of nothing, so the time of
 * the log-in stays. Throws `invalid_data` for a wrong, expired or used code, `invalid_metadata`, and
 * `handle_taken` when somebody joined with the handle meanwhile.
 */
export async function verifyHandle(
  deps: HandleDeps & Pick<Deps, 'appTokens' | 'hostTokens'>,
  { caller, code }: { caller: UserCaller; code: string },
): Promise<IssuedTokens> {
  const { app, session } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  const { authTime } = session;
  const expiresAt = deps.hostTokens.accessTokenEnd(authTime);
  if (expiresAt <= deps.clock.now()) throw new HostError('invalid_access_token');
  const { pendingHandle: handle, handleCode: stored } = user;
  const who = { userId: user.id, handle: user.handle };
  const right = await judgeCode(deps, { app, purpose: 'handle', subject: user.id, stored, code, who });
  if (!right || handle === undefined) throw new HostError('invalid_data');
  requireWholeMetadata(app, user, handle);
  const holder = await findHolder(deps, app, handle);
  if (holder && holder.id !== user.id) throw new HostError('handle_taken');
  const changed = await changeUser(deps, user, (current) => {
    requireSession(deps, current, session);
    const isSame = current.handleCode?.id === stored?.id && current.pendingHandle === handle;
    if (!isSame) throw new HostError('invalid_data');
    return withHandle(current, handle, deps.clock.now());
  });
  if (!changed) throw new HostError('invalid_access_token');
  const { before, after } = changed;
  deps.events.emit('handle_changed', { userId: user.id });
  deps.events.emit('token_revoked', { userId: user.id, scope: 'all', cause: 'handle_changed' });
  // It is done: what follows does not depend on each other and shares a commit.
  const [tokens] = await Promise.all([
    signTokens(deps, { app, user: after, session: { number: 0, authTime, expiresAt } }),
    tellFormerHandle(deps, app, before),
    // What was asked for with either handle has no part in the account, nor outlives it.
    deps.store.signups.removeByHandle(app.id, before.handle),
    deps.store.signups.removeByHandle(app.id, after.handle),
  ]);
  return tokens;
}

/** The record with another handle: every session ends, and what was sent to the old one opens nothing. */
function withHandle(user: User, handle: string, now: number): User {
  return { ...withoutSentCodes(withoutSessions(user, now)), handle, updatedAt: now };
}

function requireMovable({ userIdFormat }: App): void {
  if (userIdFormat === 'uid') return;
  throw new HostError('invalid_data', { because: { reason: 'fixed_handle', field: 'handle' } });
}

async function requirePassword(
  deps: AttemptDeps,
  app: App,
  user: User,
  { password, passwordText }: Partial<TypedPassword>,
): Promise<void> {
  if (user.passwordHash === undefined) return;
  if (!password) {
    throw new HostError('missing_parameter', { because: { reason: 'missing', field: 'password' } });
  }
  const typed = { password, passwordText };
  const right = await judgePassword(deps, { app, user, handle: user.handle, ...typed, loggedIn: true });
  if (!right) throw new HostError('invalid_credentials');
}

/** An anonymous user needs none until there is a name to put beside them. */
function requireWholeMetadata(app: App, user: User, handle: string): void {
  if (!user.metadataDue) requireCompleteMetadata(app, handle, user.metaData, 'invalid_metadata');
}

function newCode(deps: HandleDeps, user: User, handle: string): { code: string; stored: StoredCode } {
  const code = deps.codes.newCode();
  const expiresAt = deps.clock.now() + deps.config.resetCodeMinutes * MINUTE_MS;
  const { appId, id: subject } = user;
  const input = { purpose: 'handle', appId, subject, code, expiresAt, boundTo: handle } as const;
  return { code, stored: deps.codes.stored(input) };
}

function sendCode(
  deps: MessageDeps,
  { app, user, handle, code }: { app: App; user: User; handle: string; code: string },
): Promise<void> {
  return sendMessage(deps, {
    app,
    name: 'changeHandle',
    locale: user.locale,
    to: handle,
    values: {},
    code,
    userId: user.id,
    purpose: 'handle',
    outcome: 'wait',
  });
}

function tellFormerHandle(deps: MessageDeps, app: App, { id, handle, locale }: User): Promise<void> {
  return sendMessage(deps, {
    app,
    name: 'handleChanged',
    locale,
    to: handle,
    values: {},
    userId: id,
    outcome: 'queue',
  });
}
