import type { App } from '../../model/app.ts';
import { type ErrorName, HostError, refused } from '../../model/errors.ts';
import type { Metadata, User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { withoutWaits } from '../attempts/end-waits.ts';
import { tellOwner, withFactorChange } from '../factors/factor-change.ts';
import { FACTORS } from '../factors/factors.ts';
import type { MessageDeps } from '../messages/message.ts';
import { subjectOf } from '../tokens/claims.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { findHolder, parseHandle, parseUserName } from '../users/handle.ts';
import { requireLocale } from '../users/locale.ts';
import { parsePhone, requireReachable } from '../users/phone-number.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { withoutSentCodes } from '../users/sent-codes.ts';
import { StaleError, userRevision } from './revision.ts';
import { changedNames, cleanMetadata, withMetadata } from './user-metadata.ts';

/** What may be changed of an account; an empty user name or number takes it away. */
export interface UserChange {
  handle?: string | undefined;
  userName?: string | undefined;
  locale?: string | undefined;
  phone?: string | undefined;
  status?: 'active' | 'suspend' | undefined;
  metaData?: Metadata | undefined;
}

type UpdateDeps = MessageDeps & Pick<Deps, 'store' | 'codes'>;

/**
 * Changes an account in one write, all of it or nothing, if it still is at `revision`. Another handle and a
 * suspension end every session; a number set here counts as verified. Throws `StaleError`, `app_gone`,
 * `user_unknown`, `refused` (`fixed_handle`, `taken`, a number that guards the account), `invalid_data`,
 * `invalid_metadata` and `user_names_disabled`.
 */
export async function updateUser(
  deps: UpdateDeps,
  { appId, userId, revision, ...change }: { appId: string; userId: string; revision: string } & UserChange,
): Promise<User> {
  const app = await getAppForPortal(deps, appId);
  const asked = parsedChange(app, change);
  const changed = await naming(() =>
    changeUser(deps, { appId, id: userId.toLowerCase() }, async (current) => {
      if (userRevision(deps, current) !== revision) throw new StaleError(current);
      const next = applied(deps, app, current, asked);
      if (next === undefined) return undefined;
      await requireFree(deps, app, current, next);
      return next;
    }),
  );
  if (!changed) throw new HostError('user_unknown');
  if (wasChanged(changed)) await tell(deps, app, changed);
  return changed.after;
}

/** Everything in the form it is kept in; what cannot be kept is refused before anything is read. */
function parsedChange(app: App, { handle, userName, locale, phone, metaData, status }: UserChange) {
  if (userName && !app.userNamesEnabled) throw new HostError('user_names_disabled');
  return {
    handle: handle === undefined ? undefined : parseHandle(app, handle),
    userName: userName ? parseUserName(userName) : userName,
    locale: locale === undefined ? undefined : requireLocale(app, locale),
    phone: phone ? requireReachable(app, parsePhone(phone, 'phone'), 'phone') : phone,
    metaData: metaData === undefined ? undefined : cleanMetadata(app, metaData),
    status,
  };
}

/** The account as it will be; undefined when nothing would change. */
function applied(
  deps: UpdateDeps,
  app: App,
  current: User,
  { handle, userName, locale, phone, metaData, status }: ReturnType<typeof parsedChange>,
): User | undefined {
  const now = deps.clock.now();
  let next = current;
  if (handle !== undefined && handle !== current.handle) next = withHandle(app, next, handle, now);
  if (userName !== undefined) next = { ...next, userName: userName || undefined };
  if (locale !== undefined) next = { ...next, locale };
  if (phone !== undefined) next = withPhone(next, phone, now);
  if (metaData !== undefined) next = withMetadata(app, next, metaData);
  if (status !== undefined && status !== current.status) next = withStatus({ ...next, status }, now);
  return userRevision(deps, next) === userRevision(deps, current) ? undefined : { ...next, updatedAt: now };
}

function withHandle(app: App, user: User, handle: string, now: number): User {
  if (app.userIdFormat !== 'uid') {
    const because = { reason: 'fixed_handle', field: 'handle' } as const;
    throw refused('the handle is the identifier of users in this app', because);
  }
  const moved = { ...withoutSentCodes(user), handle };
  return withoutSessions({ ...moved, ...(user.subject && { subject: subjectOf(app, moved) }) }, now);
}

function withPhone(user: User, phone: string, now: number): User {
  const waiting = { pendingPhone: undefined, phoneCode: undefined };
  if (phone === user.phone && user.phoneVerified) return { ...user, ...waiting };
  const guards = FACTORS.phone.guards(user);
  if (phone === '' && guards) {
    throw refused('codes are sent to this number', { reason: 'unknown_value', field: 'phone' });
  }
  const next = { ...user, ...waiting, phone: phone || undefined, phoneVerified: phone !== '' };
  return guards ? withFactorChange(next, now) : next;
}

function withStatus(user: User, now: number): User {
  return user.status === 'suspend' ? withoutSessions(user, now) : withoutWaits(user);
}

/** Who else has the handle in any spelling; the unique keys of the store are what decides. */
async function requireFree(deps: UpdateDeps, app: App, current: User, next: User): Promise<void> {
  if (next.handle === current.handle) return;
  const holder = await findHolder(deps, app, next.handle);
  if (holder && holder.id !== current.id) throw taken('handle');
}

const KEYS = { handle_taken: 'handle', user_name_taken: 'userName', phone_taken: 'phone' } as const;

async function naming<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof HostError) || !(error.error in KEYS)) throw error;
    throw taken(KEYS[error.error as Extract<ErrorName, keyof typeof KEYS>]);
  }
}

function taken(field: string): HostError {
  return refused(`another user has this ${field}`, { reason: 'taken', field });
}

async function tell(
  deps: UpdateDeps,
  app: App,
  { before, after }: { before: User; after: User },
): Promise<void> {
  const userId = after.id;
  const fields = changedFields(before, after);
  deps.events.emit('user_changed', { appId: app.id, userId, fields, by: 'portal' });
  if (after.status !== before.status) {
    deps.events.emit('user_status_changed', { appId: app.id, userId, from: before.status, to: after.status });
  }
  if (fields.includes('metaData')) {
    const paths = changedNames(before, after.metaData);
    deps.events.emit('user_metadata_changed', { appId: app.id, userId, paths });
  }
  if (after.epoch !== before.epoch) {
    const cause = after.status === 'suspend' && before.status !== 'suspend' ? 'suspension' : 'handle_changed';
    deps.events.emit('token_revoked', { appId: app.id, userId, scope: 'all', cause });
  }
  if (FACTORS.phone.guards(before) && after.phone !== before.phone) {
    await tellOwner(deps, { app, user: after, change: { factor: 'phone', switched: 'Changed' } });
  }
}

const FIELDS = ['handle', 'userName', 'locale', 'phone', 'status', 'metaData'] as const;

/** Names alone, never a value. */
function changedFields(before: User, after: User): string[] {
  const text = (user: User, field: (typeof FIELDS)[number]) => JSON.stringify(user[field]);
  return FIELDS.filter((field) => text(before, field) !== text(after, field));
}
