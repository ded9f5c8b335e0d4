import { isAnonymous, type User } from '../model/user.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { KeyPageRequest, ListedRows } from '../ports/store/page.ts';
import type { UserFilter, UserListSort } from '../ports/store/users.ts';
import type { Filter } from './engine.ts';
import type { Leg } from './key-page.ts';
import { readList } from './list.ts';
import type { Mark } from './marks.ts';
import type { Records } from './records.ts';

export interface UserListDeps {
  records: Records<User>;
  lookups: Lookups;
  mark: Mark;
  /** Whether every row is found by its marks. */
  isMarked: () => Promise<boolean>;
  /** Those whom a search names. */
  named(appId: string, search: NonNullable<UserFilter['search']>): Promise<User[]>;
}
/** So many rows are counted of each filter, to see which one has the fewest. */
const PROBE = 2_000;
/** The way of a list that no mark serves. */
const PLAIN = 'plain';

/** See `UserStore.list`. */
export function listUsers(
  deps: UserListDeps,
  appId: string,
  filter: UserFilter,
  { sort, ...page }: KeyPageRequest & { sort: UserListSort },
): Promise<ListedRows<User>> {
  const { search } = filter;
  const byLogin = sort.endsWith('lastLogin');
  const descending = sort.startsWith('-');
  const fits = (user: User) => fitsFilter(user, filter);
  const created = { createdFrom: filter.createdFrom, createdBefore: filter.createdBefore };
  const byAge = (more: Filter): Leg<User> => ({
    filter: { appId, ...created, ...more },
    by: 'createdAt',
    descending,
    fits,
  });
  const loginLegs = (): Leg<User>[] => {
    const { lastLogin } = filter;
    const touched = typeof lastLogin === 'number' ? { before: lastLogin } : {};
    const used: Leg<User> = { filter: { appId, touched }, by: 'touchedAt', descending, fits };
    const unused = byAge({ touched: 'never' });
    if (lastLogin === 'never') return [unused];
    return lastLogin === undefined ? [used, unused] : [used];
  };
  const unused = descending ? 0 : Number.MAX_SAFE_INTEGER;
  return readList(
    {
      records: deps.records,
      lookups: deps.lookups,
      appId,
      descending,
      fits,
      placeOf: ({ createdAt, lastLogin = unused, id }) =>
        byLogin ? [lastLogin, createdAt, id] : [createdAt, id],
      search: search && {
        values: search.values,
        names: ({ handle, userName }) =>
          search.by === 'handle' ? [handle] : search.by === 'userName' ? [userName] : [handle, userName],
        exact: () => deps.named(appId, search),
        exactOnly: search.by === 'id' || search.by === 'phone',
      },
      choose: async () => (byLogin ? PLAIN : rarest(deps, servedFilters(deps, appId, filter))),
      legs: (choice) =>
        byLogin ? loginLegs() : [byAge(servedFilters(deps, appId, filter)[choice] ?? { appId })],
      along: byLogin ? loginLegs() : undefined,
    },
    page,
  );
}

/** The name of the filter that the fewest rows fit. */
async function rarest({ records, isMarked }: UserListDeps, served: Record<string, Filter>): Promise<string> {
  if (!(await isMarked())) return PLAIN;
  const names = Object.keys(served);
  if (names.length < 2) return names[0] ?? PLAIN;
  const counts = await Promise.all(Object.values(served).map((filter) => records.count(filter, PROBE)));
  return names[counts.indexOf(Math.min(...counts))] ?? PLAIN;
}

/** The filters an index serves, each by itself. Where nearly everybody has a value the newest are as good. */
function servedFilters(deps: UserListDeps, appId: string, filter: UserFilter): Record<string, Filter> {
  const { status, factor, locale, provider, lastLogin, waitsForPassword } = filter;
  const marked = (name: string, value: string): Filter => ({ appId, prefix: deps.mark(appId, name, value) });
  return {
    ...(status && status !== 'active' && { status: marked('status', status) }),
    ...(factor && factor !== 'none' && { factor: marked('factor', factor) }),
    ...(provider && { provider: marked('provider', provider) }),
    ...(locale !== undefined && { locale: marked('locale', locale) }),
    ...(waitsForPassword && { waitsForPassword: marked('waitsForPassword', 'yes') }),
    ...(lastLogin === 'never' && { lastLogin: { appId, touched: 'never' as const } }),
  };
}

/** What a user is marked by. */
export function marksOf(mark: Mark, user: User): string[] {
  const marked = (name: string, value: string) => mark(user.appId, name, value);
  return [
    marked('provider', providerOf(user)),
    marked('locale', user.locale),
    ...(user.status === 'active' ? [] : [marked('status', user.status)]),
    ...(user.lockedAt === undefined ? [] : [marked('status', 'locked')]),
    ...(user.twoFactorTotp ? [marked('factor', 'totp')] : []),
    ...(user.twoFactorPhone ? [marked('factor', 'phone')] : []),
    ...(user.importedFrom === undefined ? [] : [marked('importedFrom', user.importedFrom)]),
    ...(isWaiting(user) ? [marked('waitsForPassword', 'yes')] : []),
    // Found by the unique key already where it is the subject.
    ...(user.subject === user.uid ? [] : [marked('uid', user.uid)]),
  ];
}

function fitsFilter(user: User, filter: UserFilter): boolean {
  const { status, provider, factor, locale, createdFrom, createdBefore, lastLogin, waitsForPassword } =
    filter;
  return (
    (status === undefined || (status === 'locked' ? user.lockedAt !== undefined : user.status === status)) &&
    (provider === undefined || providerOf(user) === provider) &&
    (factor === undefined || hasFactor(user, factor)) &&
    (locale === undefined || user.locale === locale) &&
    (createdFrom === undefined || user.createdAt >= createdFrom) &&
    (createdBefore === undefined || user.createdAt < createdBefore) &&
    (lastLogin === undefined || isUnused(user, lastLogin)) &&
    (waitsForPassword === undefined || isWaiting(user) === waitsForPassword)
  );
}
function providerOf({ loginProvider, handle }: User): NonNullable<UserFilter['provider']> {
  return loginProvider || (isAnonymous(handle) ? 'anonymous' : 'password');
}
function hasFactor({ twoFactorTotp, twoFactorPhone }: User, factor: 'none' | 'totp' | 'phone'): boolean {
  if (factor === 'none') return !twoFactorTotp && !twoFactorPhone;
  return factor === 'totp' ? twoFactorTotp : twoFactorPhone;
}
function isUnused({ lastLogin }: User, wanted: 'never' | number): boolean {
  return wanted === 'never' ? lastLogin === undefined : lastLogin !== undefined && lastLogin < wanted;
}
/** The mark may stay until the next change of the user; nobody who logged in waits. */
function isWaiting({ waitsForPassword = false, lastLogin }: User): boolean {
  return waitsForPassword && lastLogin === undefined;
}
