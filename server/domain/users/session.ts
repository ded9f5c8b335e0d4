import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import { type NetworkDeps, noticeVisit } from './known-networks.ts';
import { noticeActive, type VisitDeps } from './visits.ts';

/**
 * Every status other than `active` stops an app (contract §8 S14). Throws `app_suspended` or `app_migrated`.
 */
export function requireRunning(app: App): void {
  if (app.status === 'migrated') throw new HostError('app_migrated');
  if (app.status !== 'active') throw new HostError('app_suspended');
}

type SessionDeps = NetworkDeps & VisitDeps;
/**
 * The user behind an access token, one read. Throws `user_suspended` when the user is not active,
 * `invalid_access_token` when there is none any more, and when the token was logged out or is older than the
 * user's last password change, reset or suspension. The first call of a day notes where the user is.
 */
export async function currentUser(deps: SessionDeps, caller: UserCaller): Promise<User> {
  const { app, session } = caller;
  const user = session.userId
    ? await deps.store.users.find(app.id, session.userId)
    : await deps.store.users.findByHandle(app.id, session.handle);
  if (!user) throw new HostError('invalid_access_token');
  if (user.status !== 'active') throw new HostError('user_suspended');
  // Tokens of an old installation carry no epoch: they live until the first event that moves it.
  if ((session.epoch ?? 0) !== user.epoch) throw new HostError('invalid_access_token');
  if (session.jti && user.revokedTokens.some(({ jti }) => jti === session.jti)) {
    throw new HostError('invalid_access_token');
  }
  noticeVisit(deps, user);
  noticeActive(deps, user);
  return user;
}
