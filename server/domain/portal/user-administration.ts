import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { PageRequest } from '../../ports/store/page.ts';
import { deleteUser } from '../account/deletion.ts';
import { withPassword } from '../account/password.ts';
import { getActiveAppForPortal, getAppForPortal } from '../apps/apps.ts';
import { endWaits } from '../attempts/end-waits.ts';
import { type CreateDeps, createUser } from '../joining/create-user.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { findHolder, isEmail, parseHandle } from '../users/handle.ts';
import { countPassword } from '../users/password-kinds.ts';
import { type NewPassword, requireNewPassword } from '../users/password-rules.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';

/**
 * Adds a user who need not confirm anything (contract §4.6.27, P11). Throws `app_gone`, `app_suspended`,
 * `invalid_data` (handle, password), `handle_taken` and `users_full`.
 */
export async function addUser(
  deps: CreateDeps & Pick<Deps, 'passwords' | 'codes'>,
  { appId, handle: typed, password }: { appId: string; handle: string; password: NewPassword },
): Promise<User> {
  const app = await getActiveAppForPortal(deps, appId);
  requireNewPassword(app, password);
  const handle = parseHandle(app, typed);
  if (await findHolder(deps, app, typed)) throw handleTaken();
  const passwordHash = await deps.passwords.hash(password.md5);
  const ids = { userId: deps.codes.newRowId(deps.clock.now()), uid: deps.codes.newId() };
  const { user } = await createUser(deps, {
    app,
    ids,
    handle,
    passwordHash,
    locale: DEFAULT_LOCALE,
    metaData: {},
    loginProvider: '',
    via: 'portal',
    full: 'users_full',
  }).catch((error: unknown) => {
    // Somebody joined meanwhile.
    throw isHostError(error, 'handle_taken') ? handleTaken() : error;
  });
  await recordSignup(deps, user);
  return user;
}

/** The portal may know who is there. */
function handleTaken(): HostError {
  return new HostError('handle_taken', { because: { reason: 'taken', field: 'handle' } });
}

/** The signup row of a user who needed none; a request that was waiting goes with its code. */
async function recordSignup(deps: Pick<Deps, 'store' | 'codes'>, user: User): Promise<void> {
  const { appId, handle, id: userId, uid, metaData, locale, createdAt, updatedAt } = user;
  await deps.store.signups.removeByHandle(appId, handle);
  try {
    await deps.store.signups.insert({
      id: deps.codes.newRowId(createdAt),
      appId,
      revision: 1,
      handle,
      status: 'active',
      kind: 'none',
      userId,
      uid,
      metaData,
      locale,
      signupProvider: '',
      createdAt,
      updatedAt,
    });
  } catch (error) {
    // Somebody asked to sign up in this moment; the account is there, so that request leads nowhere.
    if (!isHostError(error, 'handle_taken')) throw error;
  }
}

/** The user with that very handle, apart from case. Throws `app_gone` and `user_unknown`. */
export async function getUserForPortal(
  deps: Pick<Deps, 'store'>,
  { appId, handle }: { appId: string; handle: string },
): Promise<{ app: App; user: User }> {
  const app = await getAppForPortal(deps, appId);
  // Anonymous handles keep their case.
  const user =
    (await deps.store.users.findByHandle(appId, handle.trim())) ?? (await findHolder(deps, app, handle));
  if (!user) throw new HostError('user_unknown');
  return { app, user };
}

/** Users whose handle or user name contains a text, by handle; none for an unknown app. */
export function searchUsers(
  { store }: Pick<Deps, 'store'>,
  {
    appId,
    value,
    page,
    hideAnonymous,
  }: { appId: string; value: string; page: PageRequest; hideAnonymous: boolean },
): Promise<User[]> {
  return store.users.search(appId, { value, hideAnonymous, ...page });
}

/** Removes a user with all rows of the handle; answers who it was. Throws `app_gone` and `user_unknown`. */
export async function removeUser(
  deps: Pick<Deps, 'store' | 'passwords' | 'clock' | 'events' | 'figures' | 'wakeAssets'>,
  input: { appId: string; handle: string },
): Promise<User> {
  const { app, user } = await getUserForPortal(deps, input);
  await deleteUser(deps, { app, user, by: 'portal' });
  return user;
}

/**
 * Suspends or reinstates a user of that app. Suspending ends every access token in the same write;
 * reinstating lifts the lock and the waits of the account. Throws `user_unknown`.
 */
export async function setUserStatus(
  deps: Pick<Deps, 'store' | 'clock' | 'events' | 'handleRef'>,
  { appId, userId, status }: { appId: string; userId: string; status: 'active' | 'suspend' },
): Promise<true> {
  const change = await changeUser(deps, { appId, id: userId }, (current) => ({
    ...(status === 'suspend' ? withoutSessions(current, deps.clock.now()) : current),
    status,
    updatedAt: deps.clock.now(),
  }));
  if (!change) throw new HostError('user_unknown');
  const { before, after: user } = change;
  if (status === 'active') await endWaits(deps, { user, by: 'portal' });
  if (before.status === status) return true;
  deps.events.emit('user_status_changed', { appId, userId, from: before.status, to: status });
  if (status === 'suspend') {
    deps.events.emit('token_revoked', { appId, userId, scope: 'all', cause: 'suspension' });
  }
  return true;
}

/**
 * Gives a user another password and mails `mailed`, or without it a notice. Every access token ends in the
 * same write; true is answered once the password is stored, the mail follows with retries. Throws `app_gone`,
 * `user_unknown` and `invalid_data`.
 */
export async function resetUserPassword(
  deps: MessageDeps & Pick<Deps, 'passwords'>,
  input: { appId: string; userId: string; password: NewPassword; mailed: string | undefined },
): Promise<true> {
  const { appId, userId, password, mailed } = input;
  const app = await getAppForPortal(deps, appId);
  const before = await deps.store.users.find(appId, userId);
  if (!before) throw new HostError('user_unknown');
  requireNewPassword(app, password);
  const passwordHash = await deps.passwords.hash(password.md5);
  const change = await changeUser(deps, { appId, id: userId }, (current) =>
    withPassword(current, passwordHash, deps.clock.now()),
  );
  if (!change) throw new HostError('user_unknown');
  const { after: user } = change;
  await countPassword(deps, app, { before: before.passwordHash, after: passwordHash });
  await endWaits(deps, { user, by: 'portal' });
  deps.events.emit('password_set_by_portal', { appId, userId });
  deps.figures.count(appId, 'password_reset', 'portal');
  deps.events.emit('token_revoked', { appId, userId, scope: 'all', cause: 'password_set_by_portal' });
  if (!isEmail(user.handle)) return true;
  await sendMessage(deps, {
    app,
    name: mailed === undefined ? 'passwordSetNotice' : 'passwordSetByPortal',
    locale: user.locale,
    to: user.handle,
    values: mailed === undefined ? {} : { PASSWORD: mailed },
    userId,
    outcome: 'queue',
  });
  return true;
}
