import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Metadata, User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { requireNewPath } from '../apps/metadata-fields.ts';
import { isCompleteMetadata } from '../tokens/claims.ts';
import { changeUser } from '../users/change.ts';
import { requireSafeNames, requireStorable, valueAt, withoutValue, withValue } from '../users/metadata.ts';
import { getUserForPortal } from './user-administration.ts';

/** A value the portal adds outside the app's fields. */
interface AddedValue {
  path?: string | undefined;
  value?: unknown;
}

/**
 * Replaces a user's metadata by what the portal sends: values of configured fields trimmed, empty invite
 * values left out, added values set (contract §4.6.15, P10). Throws `app_gone`, `user_unknown`, `refused` for
 * a path that cannot be, `invalid_metadata` for what is too large.
 */
export async function replaceMetadata(
  deps: Pick<Deps, 'store' | 'clock' | 'events'>,
  input: { appId: string; handle: string; metaData: Metadata; added: readonly AddedValue[] },
): Promise<true> {
  const { app, user } = await getUserForPortal(deps, input);
  const metaData = cleanMetadata(app, input.metaData, input.added);
  const stored = await changeUser(deps, user, (current) => ({
    ...withMetadata(app, current, metaData),
    updatedAt: deps.clock.now(),
  }));
  if (!stored) throw new HostError('user_unknown');
  deps.events.emit('user_metadata_changed', {
    appId: app.id,
    userId: user.id,
    paths: changedNames(user, metaData),
  });
  return true;
}

/** The user with other metadata: what was due is so no more once it is complete. */
export function withMetadata(app: App, user: User, metaData: Metadata): User {
  const metadataDue = (user.metadataDue && !isCompleteMetadata(app, user.handle, metaData)) || undefined;
  return { ...user, metaData, metadataDue };
}

/** Metadata as it is kept, of what the portal sends. Throws as `replaceMetadata`. */
export function cleanMetadata(app: App, sent: Metadata, added: readonly AddedValue[] = []): Metadata {
  const metaData = cleaned(app, sent, added);
  requireSafeNames(metaData);
  requireStorable(metaData);
  return metaData;
}

function cleaned(app: App, sent: Metadata, added: readonly AddedValue[]): Metadata {
  let metaData = app.metaData.reduce((so, { path }) => trimmed(so, path), sent);
  for (const { path } of app.metaDataInvite) {
    metaData = trimmed(metaData, path);
    if (valueAt(metaData, path) === '') metaData = withoutValue(metaData, path);
  }
  for (const { path, value } of added) {
    if (!path || value === undefined || value === null || value === '') continue;
    requireNewPath(path, 'addedMetadata');
    metaData = withValue(metaData, path, typeof value === 'string' ? value.trim() : value);
  }
  return metaData;
}

function trimmed(metaData: Metadata, path: string): Metadata {
  const value = valueAt(metaData, path);
  return typeof value === 'string' ? withValue(metaData, path, value.trim()) : metaData;
}

/** Top-level names whose values differ, never the values. */
export function changedNames(before: User, after: Metadata): string[] {
  const names = new Set([...Object.keys(before.metaData), ...Object.keys(after)]);
  const text = (metaData: Metadata, name: string) => JSON.stringify(metaData[name]);
  return [...names].filter((name) => text(before.metaData, name) !== text(after, name));
}
