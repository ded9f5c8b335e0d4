import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { accountWaitsUntil, type LimitDeps } from '../attempts/wait-limits.ts';
import { subjectOf } from '../tokens/claims.ts';
import { getUserForPortal } from './user-administration.ts';

/** Whom the portal means; the id counts where both are given. */
export interface NamedUser {
  appId: string;
  userId?: string | undefined;
  handle?: string | undefined;
}

/** What the portal is shown of one account, beside its row. */
export interface UserDetails {
  user: User;
  sub: string;
  /** When the account as a whole may be tried again. */
  waitsUntil: number | undefined;
  invites: { sent: number; accepted: number };
}

/** The user by id or handle. Throws `app_gone`, `user_unknown`, and `refused` when neither is given. */
export async function getNamedUser(
  deps: Pick<Deps, 'store'>,
  { appId, userId, handle }: NamedUser,
): Promise<{ app: App; user: User }> {
  if (userId === undefined && handle !== undefined) return getUserForPortal(deps, { appId, handle });
  if (userId === undefined)
    throw new HostError('refused', { because: { reason: 'missing', field: 'userId' } });
  const app = await getAppForPortal(deps, appId);
  const user = await deps.store.users.find(appId, userId.toLowerCase());
  if (!user) throw new HostError('user_unknown');
  return { app, user };
}

/** One account, whole. Throws as `getNamedUser`. */
export async function userDetails(
  deps: LimitDeps & Pick<Deps, 'store'>,
  named: NamedUser,
): Promise<UserDetails> {
  const { app, user } = await getNamedUser(deps, named);
  const [waitsUntil, invites] = await Promise.all([
    accountWaitsUntil(deps, app, user),
    deps.store.invites.countBySender(app.id, user.handle),
  ]);
  return { user, sub: subjectOf(app, user), waitsUntil, invites };
}
