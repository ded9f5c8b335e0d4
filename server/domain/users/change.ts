import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';

interface Replaceable<T> {
  replace(record: T): Promise<T | undefined>;
}

const ATTEMPTS = 40;

/**
 * Reads a record, changes it and writes it back if nobody else wrote meanwhile, else begins again: `change` must decide anew from what
 * it is given each time. It answers `undefined` to leave the record as it is, or throws to refuse. Answers the record as stored, or
 * undefined when it is gone. Throws `service_unavailable` when others keep being faster.
 */
export async function change<T>(
  store: Replaceable<T>,
  read: () => Promise<T | undefined>,
  changeRecord: (record: T) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = await read();
    if (record === undefined) return undefined;
    const changed = await changeRecord(record);
    if (changed === undefined) return record;
    const stored = await store.replace(changed);
    if (stored !== undefined) return stored;
    if (attempt > 2) await new Promise((resolve) => setTimeout(resolve, attempt));
  }
  throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
}

/** `change` for a user: `undefined` when the user is gone. */
export function changeUser(
  deps: Pick<Deps, 'store'>,
  { appId, id }: Pick<User, 'appId' | 'id'>,
  changeRecord: (user: User) => User | undefined | Promise<User | undefined>,
): Promise<User | undefined> {
  return change(deps.store.users, () => deps.store.users.find(appId, id), changeRecord);
}
