import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeUser } from '../users/change.ts';

/**
 * Ends the lock and every wait of an account in one write, wherever the guesses came from: a finished reset
 * does it, and the portal. The day's budget of second factors stays. Answers the record as stored.
 */
export async function endWaits(
  deps: Pick<Deps, 'store' | 'clock' | 'events'>,
  { user, by }: { user: Pick<User, 'appId' | 'id'>; by: 'reset' | 'portal' },
): Promise<User | undefined> {
  const changed = await changeUser(deps, user, withoutWaits);
  if (changed?.before.lockedAt !== undefined)
    deps.events.emit('account_unlocked', { appId: user.appId, userId: user.id, by });
  return changed?.after;
}

/** The user whom no lock and no earlier wrong guess keeps from logging in. */
export function withoutWaits(user: User): User {
  return { ...user, lockedAt: undefined, waitsEnded: (user.waitsEnded ?? 0) + 1 };
}
