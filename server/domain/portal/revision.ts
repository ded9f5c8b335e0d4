import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';

type RevisionDeps = Pick<Deps, 'codes'>;

/**
 * A text that moves with every change of an account and with no log-in: not with the time of the log-in, a
 * code or recovery code it used, or a subject of Apple or Google it bound. Two changes that undo each other
 * lead back to it.
 */
export function userRevision({ codes }: RevisionDeps, user: User): string {
  const { handle, userName, locale, status, metaData, phone, phoneVerified, pendingPhone } = user;
  const { twoFactorPhone, twoFactorTotp, factorChanges = 0, lockedAt, waitsEnded = 0, epoch } = user;
  const shown = { handle, userName, locale, status, metaData, phone, phoneVerified, pendingPhone };
  const counted = { twoFactorPhone, twoFactorTotp, factorChanges, lockedAt, waitsEnded, epoch };
  const text = JSON.stringify(ordered({ ...shown, ...counted }));
  return codes.digest('revision', user.appId, user.id, text);
}

/** A text that moves with every change of an app: of its settings, its secrets, fields, keys and token. */
export function appRevision({ codes }: RevisionDeps, { revision: _, ...app }: App): string {
  return codes.digest('revision', app.id, app.id, JSON.stringify(ordered(app)));
}

/** Members by name: the databases do not keep their order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return members
    .map(([name, member]) => [name, ordered(member)])
    .filter(([, member]) => member !== undefined);
}

/** The row is not the one that the change was meant for. */
export class StaleError<T> extends Error {
  override readonly name = 'StaleError';
  readonly current: T;
  constructor(current: T) {
    super('stale');
    this.current = current;
  }
}
