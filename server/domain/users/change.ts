import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Deps } from '../../ports/deps.ts';

interface Replaceable<T> {
  replace(record: T): Promise<T | undefined>;
}

/** What became of a record. */
export interface Change<T> {
  before: T;
  after: T;
}

const ATTEMPTS = 40;

/**
 * Reads a record, changes it and writes it back if nobody else wrote meanwhile, else begins again: `change`
 * must decide anew from what it is given each time. It answers `undefined` to leave the record as it is, or
 * throws to refuse. Answers the record it was given last and the record as stored, the very same where it was
 * left; undefined when it is gone. Throws `service_unavailable` when others keep being faster.
 */
export async function change<T>(
  clock: Clock,
  store: Replaceable<T>,
  read: () => Promise<T | undefined>,
  changeRecord: (record: T) => T | undefined | Promise<T | undefined>,
): Promise<Change<T> | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await read();
    if (before === undefined) return undefined;
    const changed = await changeRecord(before);
    if (changed === undefined) return { before, after: before };
    const after = await store.replace(changed);
    if (after !== undefined) return { before, after };
    if (attempt > 2) await clock.pause(attempt);
  }
  throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
}

/** `change` for a user: `undefined` when the user is gone. */
export function changeUser(
  deps: Pick<Deps, 'store' | 'clock'>,
  { appId, id }: Pick<User, 'appId' | 'id'>,
  changeRecord: (user: User) => User | undefined | Promise<User | undefined>,
): Promise<Change<User> | undefined> {
  return change(deps.clock, deps.store.users, () => deps.store.users.find(appId, id), changeRecord);
}

/** Whether anything was written. */
export function wasChanged<T>(change: Change<T> | undefined): change is Change<T> {
  return change !== undefined && change.after !== change.before;
}
