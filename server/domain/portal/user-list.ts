import type { App } from '../../model/app.ts';
import { HostError, refused } from '../../model/errors.ts';
import { languageOf } from '../../model/locale.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { UserFilter, UserListSort } from '../../ports/store/users.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { handleSpellings } from '../users/handle.ts';
import { findLocale } from '../users/locale.ts';
import { parsePhone } from '../users/phone-number.ts';
import { type ListPage, type ListRequest, readList, withTotal } from './list.ts';

/** What a list of users is asked for; see `UserFilter`. */
export type UserQuery = Pick<UserFilter, 'status' | 'provider' | 'factor' | 'waitsForPassword'> & {
  /** May begin with `handle:`, `id:`, `user:` or `phone:`. */
  search?: string | undefined;
  /** A BCP 47 tag. */
  locale?: string | undefined;
  /** Inclusive and exclusive, epoch ms. */
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  /** `30d`: logged in, but not for 30 days. */
  lastLogin?: 'never' | '30d' | '90d' | undefined;
};
const QUIET_DAYS = { '30d': 30, '90d': 90 } as const;

/** A page of an app's users (additions §4). Throws `app_gone`, and `refused` for a cursor of another list. */
export async function listUsers(
  deps: Pick<Deps, 'store' | 'cursors' | 'clock'>,
  { appId, query, sort, page }: { appId: string; query: UserQuery; sort: UserListSort; page: ListRequest },
): Promise<ListPage<User>> {
  const app = await getAppForPortal(deps, appId);
  const name = { list: 'users', appId, filter: { ...query, sort } };
  const filter = filterOf(app, query, deps.clock.now());
  const listed = await readList(deps, name, page, (keyPage) =>
    deps.store.users.list(appId, filter, { ...keyPage, sort }),
  );
  return withTotal(listed, query, () => deps.store.users.total(appId));
}

function filterOf(app: App, query: UserQuery, now: number): UserFilter {
  const { search, locale, createdTo, lastLogin, ...filter } = query;
  const searched = search === undefined ? undefined : parseSearch(app, search);
  return {
    ...filter,
    ...(searched && { search: searched }),
    ...(locale !== undefined && { locale: knownLocale(app, locale) }),
    createdBefore: createdTo,
    ...(lastLogin && {
      lastLogin: lastLogin === 'never' ? lastLogin : now - QUIET_DAYS[lastLogin] * DAY_MS,
    }),
  };
}

/** Users may have a language that the app has dropped since. */
function knownLocale(app: App, tag: string): string {
  const locale = findLocale(app, tag) ?? languageOf(tag);
  if (locale === undefined) throw refused('no language', { reason: 'unknown_value', field: 'locale' });
  return locale;
}

const PREFIXES = { handle: 'handle', id: 'id', user: 'userName', phone: 'phone' } as const;

function parseSearch(app: App, text: string): NonNullable<UserFilter['search']> {
  const [, prefix, rest = ''] = /^(handle|id|user|phone):(.*)$/s.exec(text) ?? [];
  const by = prefix === undefined ? 'any' : PREFIXES[prefix as keyof typeof PREFIXES];
  const value = (prefix === undefined ? text : rest).trim();
  switch (by) {
    case 'id':
      return { by, values: [value.toLowerCase()] };
    case 'phone':
      return { by, values: [asNumber(value)] };
    case 'userName':
      return { by, values: unique([value, value.toLowerCase()]) };
    default:
      return { by, values: spellingsOf(app, value) };
  }
}

/**
 * The spellings under which a handle may be stored, and what was typed: anonymous handles keep their case.
 */
export function spellingsOf(app: App, value: string): string[] {
  try {
    return unique([value, value.toLowerCase(), ...handleSpellings(app, value)]);
  } catch (error) {
    // What nobody can be called may still be a part of what somebody is called.
    if (error instanceof HostError) return unique([value, value.toLowerCase()]);
    throw error;
  }
}

function asNumber(text: string): string {
  try {
    return parsePhone(text);
  } catch {
    return text;
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
