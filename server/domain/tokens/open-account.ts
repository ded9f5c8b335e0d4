import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { FactorMethod } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { requireRunning } from '../users/session.ts';

/** How somebody proved who they are. */
export type LoginMethod =
  | 'password'
  | FactorMethod
  | 'apple'
  | 'google'
  | 'anonymous'
  | 'signup'
  | 'register';

/** What a refusal counts as (additions §5). */
const FIGURES = { locked: 'locked', suspend: 'suspended', pending: 'pending' } as const;

/** As `requireRunning`, for a log-in: its refusal is an event. Throws `app_suspended` and `app_migrated`. */
export function requireOpenApp(
  deps: Pick<Deps, 'events' | 'metrics' | 'figures'>,
  app: App,
  attempt: { method: LoginMethod; userId?: string; handleRef?: string },
): void {
  try {
    requireRunning(app);
  } catch (error) {
    const reason = error instanceof HostError ? error.error : undefined;
    deps.events.emit('login_failed', { ...attempt, reason });
    deps.metrics.login('failed');
    deps.figures.count(app.id, 'login_failed', 'app');
    throw error;
  }
}

/**
 * Throws `user_suspended` for a user who may not log in, a lock counting as suspension (contract S36);
 * `signup_pending` where a password is asked for (contract §3.1, §3.5.1).
 */
export function requireOpenAccount(
  deps: Pick<Deps, 'events' | 'metrics' | 'figures'>,
  user: User,
  method: LoginMethod,
): void {
  if (user.status === 'active' && user.lockedAt === undefined) return;
  const reason = user.status === 'active' ? 'locked' : user.status;
  deps.events.emit('login_failed', { userId: user.id, method, reason });
  deps.metrics.login('failed');
  deps.figures.count(user.appId, 'login_failed', FIGURES[reason]);
  const pending = user.status === 'pending' && method === 'password';
  throw new HostError(pending ? 'signup_pending' : 'user_suspended');
}
