import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { Metadata, User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { requireSentMetadata } from '../tokens/claims.ts';
import { changeUser } from '../users/change.ts';
import { parseUserName } from '../users/handle.ts';
import { requireLocale } from '../users/locale.ts';
import {
  parseMetadataText,
  refusedMetadata,
  requireStorable,
  valueAt,
  withValue,
} from '../users/metadata.ts';
import { currentUser, requireRunning, type SessionDeps } from '../users/session.ts';

type ProfileDeps = SessionDeps;

/** The caller's own account, and when the access token ends (epoch ms). */
export async function ownAccount(
  deps: ProfileDeps & Pick<Deps, 'config'>,
  caller: UserCaller,
): Promise<{ user: User; sessionEnds: number }> {
  requireRunning(caller.app);
  const user = await currentUser(deps, caller, { lately: true });
  return { user, sessionEnds: caller.session.expiresAt ?? deps.config.legacyTokensUntil ?? 0 };
}

async function ownUser(deps: ProfileDeps, caller: UserCaller): Promise<User> {
  requireRunning(caller.app);
  return currentUser(deps, caller);
}

/** Whether nobody in the app has that user name. Throws `user_names_disabled`, `invalid_data`. */
export async function isUserNameAvailable(
  deps: ProfileDeps,
  { caller, userName }: { caller: UserCaller; userName: string },
): Promise<boolean> {
  requireUserNames(caller.app);
  await ownUser(deps, caller);
  const holder = await deps.store.users.findByUserName(caller.app.id, parseUserName(userName));
  return holder === undefined;
}

/**
 * Gives the caller a user name, once and for ever (contract A32). Throws `user_names_disabled`,
 * `invalid_data` (format, or has one already), `user_name_taken`; of two who race for one name, one gets it.
 */
export async function setUserName(
  deps: ProfileDeps,
  { caller, userName: text }: { caller: UserCaller; userName: string },
): Promise<true> {
  requireUserNames(caller.app);
  const user = await ownUser(deps, caller);
  const userName = parseUserName(text);
  return saveUser(deps, user, (current) => {
    if (current.userName !== undefined) throw new HostError('invalid_data');
    return { ...current, userName };
  });
}

/** Throws `invalid_data` for a language the app has not. */
export async function setLocale(
  deps: ProfileDeps,
  { caller, locale: text }: { caller: UserCaller; locale: string },
): Promise<true> {
  requireRunning(caller.app);
  const locale = requireLocale(caller.app, text);
  const user = await currentUser(deps, caller);
  return saveUser(deps, user, (current) => ({ ...current, locale }));
}

/**
 * Sets the editable fields that were sent and keeps everything else (contract A12); whose fields are still
 * due may set each of them, once. Throws `invalid_data` for what is no JSON object and in an app without
 * fields, `invalid_metadata` for a changed field that cannot be edited and for a required one left empty.
 */
export async function setUserMetadata(
  deps: ProfileDeps,
  { caller, metaData: text }: { caller: UserCaller; metaData: string },
): Promise<true> {
  const { app } = caller;
  const sent = parseMetadataText(text, 'invalid_data');
  requireRunning(app);
  const user = await currentUser(deps, caller);
  if (app.metaData.length === 0) throw new HostError('invalid_data');
  return saveUser(deps, user, (current) => ({
    ...current,
    metaData: withSentFields(app, current, sent),
    metadataDue: undefined,
  }));
}

function withSentFields(app: App, user: User, sent: Metadata): Metadata {
  const merged = app.metaData.reduce((metaData, { path, canEdit }) => {
    const value = sentText(sent, path);
    if (value === undefined || value === valueAt(metaData, path)) return metaData;
    if (!canEdit && !user.metadataDue) throw refusedMetadata('not_editable', path);
    return withValue(metaData, path, value);
  }, user.metaData);
  requireSentMetadata(app, user.handle, merged, 'invalid_metadata');
  requireStorable(merged);
  return merged;
}

function sentText(sent: Metadata, path: string): string | undefined {
  const value = valueAt(sent, path);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw refusedMetadata('wrong_type', path);
  return value.trim();
}

function requireUserNames(app: App): void {
  if (!app.userNamesEnabled) throw new HostError('user_names_disabled');
}

/** Throws `invalid_access_token` when the user is gone meanwhile. */
async function saveUser(deps: ProfileDeps, user: User, changed: (current: User) => User): Promise<true> {
  const updatedAt = deps.clock.now();
  const stored = await changeUser(deps, user, (current) => ({ ...changed(current), updatedAt }));
  if (!stored) throw new HostError('invalid_access_token');
  return true;
}
