import type { App } from '../../model/app.ts';
import type { Session, UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type NetworkDeps, noticeVisit } from './known-networks.ts';
import { earlyEndOf } from './renewed-sessions.ts';
import { noticeActive, type VisitDeps } from './visits.ts';

/**
 * Every status other than `active` stops an app (contract §8 S14). Throws `app_suspended` or `app_migrated`.
 */
export function requireRunning(app: App): void {
  if (app.status === 'migrated') throw new HostError('app_migrated');
  if (app.status !== 'active') throw new HostError('app_suspended');
}

export type SessionDeps = NetworkDeps & VisitDeps & Pick<Deps, 'events'>;
/**
 * The user behind an access token, one read. Throws `user_suspended` when the user is not active,
 * `invalid_access_token` when there is none any more, and when the token's session was ended, the token was
 * renewed a while ago, which is an event, or is older than the user's last password change, reset or
 * suspension. The first call of a day notes where the user is. `lately`: for a call that only reads; what
 * another process wrote less than two seconds ago may not be seen.
 */
export async function currentUser(
  deps: SessionDeps,
  caller: UserCaller,
  { lately = false } = {},
): Promise<User> {
  const { app, session } = caller;
  const { users } = deps.store;
  const find = lately ? users.findLately : users.find;
  const user = session.userId
    ? await find(app.id, session.userId)
    : await users.findByHandle(app.id, session.handle);
  if (!user) throw new HostError('invalid_access_token');
  requireSession(deps, user, session);
  noticeVisit(deps, user);
  noticeActive(deps, user);
  return user;
}

/** As `currentUser`, of a user at hand. */
export function requireSession(deps: Pick<Deps, 'clock' | 'events'>, user: User, session: Session): void {
  if (user.status !== 'active') throw new HostError('user_suspended');
  // Tokens of an old installation carry no epoch: they live until the first event that moves it.
  if ((session.epoch ?? 0) !== user.epoch) throw new HostError('invalid_access_token');
  const end = earlyEndOf(user, session, deps.clock.now());
  if (end === undefined) return;
  if (end === 'renewed') deps.events.emit('renewed_token_reused', { userId: user.id });
  throw new HostError('invalid_access_token');
}
