import { eachRow } from '../../client/host/index.ts';
import type { ListedUser } from '../../client/host/user.ts';
import type { UserFilter, UserList, UserQuery } from '../../client/host/users.ts';
import { isAnonymous } from '../../server/model/user.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { csvDownload } from '../csv.ts';
import { Refusal } from '../frame/refusal.ts';
import type { PortalReply, PortalRoute } from '../frame/route.ts';
import type { Texts } from '../frame/texts.ts';
import {
  choiceFilter,
  countText,
  type Filter,
  filledPage,
  listAddress,
  listModel,
  PAGE_ROWS,
} from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';

const DAY_MS = 86_400_000;
const CHOICES = {
  status: ['active', 'suspend', 'pending', 'locked'],
  provider: ['password', 'apple', 'google', 'anonymous'],
  factor: ['none', 'totp', 'phone'],
  lastLogin: ['never', '30d', '90d'],
  waitsForPassword: ['true', 'false'],
} as const;
/** Parameters of the address that say whom a list is of. */
export const FILTER_NAMES = ['search', ...Object.keys(CHOICES), 'locale', 'createdFrom', 'createdTo'];
const SORTS = ['created', '-created', 'lastLogin', '-lastLogin'] as const;
type Sort = (typeof SORTS)[number];

/** The users of an app. */
export const userListRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/users', may: 'seeUsers', respond: list }),
  appRoute({ method: 'GET', path: '/users/export', may: 'actOnMany', respond: exportAll }),
];

async function list(request: AppRequest): Promise<PortalReply> {
  const { access, host, appId, base, operator, query } = request;
  // Whoever may not read handles must not find out about one either.
  if (access === 'masked' && (query.get('search') ?? '') !== '') throw new Refusal(403);
  const path = `${base}/users`;
  const sort = sortOf(query);
  const asked = { ...filterOf(query), appId, sort, limit: PAGE_ROWS };
  const found = await filledPage(query, (after) => host.users.list({ ...asked, after }));
  const shown = listModel(path, query, { filters: filtersOf(request), next: found.next });
  return appPage(request, 'users', 'users.title', {
    rows: found.rows.map((user) => rowOf(request, user)),
    list: shown,
    isEmpty: found.rows.length === 0 && !shown.isFiltered,
    said: said(request.texts, found),
    count: countText(request.texts, query, found),
    created: sortLink(path, query, sort, 'created'),
    lastLogin: sortLink(path, query, sort, 'lastLogin'),
    // What the form for many sends along.
    filter: FILTER_NAMES.map((name) => ({ name, value: query.get(name) ?? '' })).filter(({ value }) => value),
    addAddress: `${path}/add`,
    exportAddress: listAddress(`${path}/export`, query),
    mayAct: accessOf(operator, 'actOnUser') === 'full',
    mayMany: accessOf(operator, 'actOnMany') === 'full',
  });
}

function rowOf({ access, base, texts }: AppRequest, user: ListedUser) {
  const shown = access === 'masked' ? mask : (text: string) => text;
  return {
    id: user._id,
    href: `${base}/users/${user._id}`,
    handle: shown(user.handle),
    userName: user.userName && shown(user.userName),
    state: stateOf(user),
    status: texts.say(`users.status.${stateOf(user)}`),
    provider: texts.say(`users.provider.${providerOf(user)}`),
    factor: texts.say(`users.factor.${factorOf(user)}`),
    locale: user.locale,
    createdAt: user.createdAt,
    lastLogin: user.lastLogin,
  };
}

/** What an account is in: the lock stands beside the status, and is what people look for. */
export function stateOf({ status, lockedAt }: ListedUser): (typeof CHOICES.status)[number] {
  return status === 'active' && lockedAt !== undefined ? 'locked' : status;
}
/** By what somebody logs in. */
export function providerOf({ loginProvider, handle }: ListedUser): (typeof CHOICES.provider)[number] {
  if (loginProvider !== '') return loginProvider;
  return isAnonymous(handle) ? 'anonymous' : 'password';
}

function factorOf(user: ListedUser): (typeof CHOICES.factor)[number] {
  if (user.twoFactorGoogleVerification) return 'totp';
  return user.twoFactorPhoneVerification ? 'phone' : 'none';
}

/** How the host looked, in words: an empty page means something else each time. */
function said(texts: Texts, { searched }: UserList): string | undefined {
  return searched && texts.say(`users.searched.${searched.replace(' ', '')}`);
}

function filtersOf({ access, app, query, texts }: AppRequest): Filter[] {
  const choice = (name: keyof typeof CHOICES) =>
    choiceFilter(texts, query, {
      name,
      label: texts.say(`users.${name}`),
      prefix: `users.${name}.`,
      values: CHOICES[name],
    });
  const day = (name: string): Filter => ({
    name,
    label: texts.say(`users.${name}`),
    day: true,
    value: query.get(name) ?? '',
  });
  const locale = query.get('locale') ?? '';
  const locales = ['', ...app.locales].map((value) => ({
    value,
    label: value || texts.say('all'),
    chosen: value === locale,
  }));
  const search: Filter = {
    name: 'search',
    label: texts.say('users.search'),
    search: true,
    value: query.get('search') ?? '',
    hint: texts.say('users.searchHint'),
  };
  return [
    ...(access === 'masked' ? [] : [search]),
    choice('status'),
    choice('lastLogin'),
    ...[
      choice('provider'),
      choice('factor'),
      { name: 'locale', label: texts.say('language'), options: locales },
      day('createdFrom'),
      day('createdTo'),
      choice('waitsForPassword'),
    ].map((filter) => ({ ...filter, rare: true })),
  ];
}

/** What the address asks for; a value that no filter has is as if it were not there. */
export function filterOf(query: URLSearchParams): UserFilter {
  const one = <N extends keyof typeof CHOICES>(name: N) =>
    CHOICES[name].find((value) => value === query.get(name)) as (typeof CHOICES)[N][number] | undefined;
  const waits = one('waitsForPassword');
  const [from, to] = [dayOf(query.get('createdFrom')), dayOf(query.get('createdTo'))];
  return {
    search: query.get('search')?.trim() || undefined,
    status: one('status'),
    provider: one('provider'),
    factor: one('factor'),
    locale: query.get('locale') || undefined,
    lastLogin: one('lastLogin'),
    ...(waits !== undefined && { waitsForPassword: waits === 'true' }),
    ...(from !== undefined && { createdFrom: new Date(from).toISOString() }),
    ...(to !== undefined && { createdTo: new Date(to + DAY_MS).toISOString() }),
  };
}

function dayOf(text: string | null): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

function sortOf(query: URLSearchParams): Sort {
  return SORTS.find((sort) => sort === query.get('sort')) ?? '-created';
}

/** The head of a column that sorts, first the newest. */
function sortLink(path: string, query: URLSearchParams, sort: Sort, by: 'created' | 'lastLogin') {
  const order = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none';
  const next = order === 'descending' ? by : `-${by}`;
  return { order, mark: MARKS[order], href: listAddress(path, query, { sort: next }) };
}
const MARKS = { ascending: '↑', descending: '↓', none: '↕' } as const;

const COLUMNS = [
  ...['_id', 'uid', 'handle', 'userName', 'status', 'provider', 'factor', 'phone', 'locale'],
  ...['createdAt', 'lastLogin', 'lockedAt'],
];

async function exportAll(request: AppRequest): Promise<PortalReply> {
  const { appId, app, hostId, query, audit } = request;
  const asked = { ...filterOf(query), appId, sort: sortOf(query) };
  await audit({ action: 'exportUsers', host: hostId, appId });
  return csvDownload(`${app.name}-users.csv`, COLUMNS, lines(request, asked));
}

async function* lines({ host }: AppRequest, asked: UserQuery): AsyncIterable<readonly string[]> {
  for await (const user of eachRow((paging) => host.users.list({ ...asked, ...paging }))) {
    const { _id, uid, handle, userName = '', phone = '', locale, createdAt } = user;
    yield [
      ...[_id, uid, handle, userName, stateOf(user), providerOf(user), factorOf(user), phone, locale],
      ...[createdAt, user.lastLogin ?? '', user.lockedAt ?? ''],
    ];
  }
}
