import { PASSWORD } from '../support/insert.ts';

/** What the load generator must know of a data set. */
export interface TrafficFacts {
  readonly appId: string;
  readonly appToken: string;
  readonly serverSecret: string;
  readonly users: number;
  /** Of the first 1,000 users. */
  readonly accessTokens: readonly string[];
  /** Of an operator who is signed in. */
  readonly portalCookie: string;
  /** The hash that imported users have. */
  readonly bcrypt: string;
}
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}
export type Traffic = keyof typeof NEXT;

/** The code of every waiting signup. */
export const SIGNUP_CODE = '123456';

/** Pages of users in every order, filtered or not, and searched for. */
const USER_LISTS = [
  'sort=created',
  'sort=-lastLogin',
  'locale=EN',
  'provider=password&factor=none',
  'search=user1',
  'search=user77@example.com',
];
/** Pages of what else an app has, and its figures. */
const OTHER_LISTS = [
  'signups?limit=50',
  'signups?search=waiting1',
  'invites?limit=50',
  'invites?search=guest1',
  'logs?after=&limit=50',
  'logs?after=&handle=user77@example.com',
  'figures?metric=login&from=2026-01-01&to=2026-01-31',
  'overview?limit=50',
  'inviters?limit=50',
];

/** The `n`-th call of each kind; the calls of `FIXED` kinds are the same again and again. */
const NEXT = {
  bare: (): Call => ({ method: 'GET', path: '/', headers: {} }),
  login: (facts: TrafficFacts, n: number) => logIn(facts, `user${scattered(n, facts.users)}`),
  // Each logs in once: the first time renews the hash.
  'first login of imported users': (facts: TrafficFacts, n: number) => logIn(facts, `imported${n}`),
  signup: (facts: TrafficFacts, n: number) =>
    post(facts, 'signup', {
      handle: `new${n}.${process.pid}@example.com`,
      password: PASSWORD,
      metaData: '{}',
    }),
  completeSignup: (facts: TrafficFacts, n: number) =>
    post(facts, 'completeSignup', { handle: `waiting${n}@example.com`, code: SIGNUP_CODE }),
  getUser: (facts: TrafficFacts, n: number): Call => ({
    method: 'GET',
    path: '/api/appuser/getUser',
    headers: { 'access-token': facts.accessTokens[n % facts.accessTokens.length] ?? '' },
  }),
  getApplication: (facts: TrafficFacts): Call => ({
    method: 'GET',
    path: '/api/appuser/getApplication',
    headers: { 'app-token': facts.appToken },
  }),
  jwks: (facts: TrafficFacts): Call => ({
    method: 'GET',
    path: `/apps/${facts.appId}/.well-known/jwks.json`,
    headers: {},
  }),
  search: (facts: TrafficFacts, n: number): Call => ({
    method: 'GET',
    path: `/api/app/searchUser?appId=${facts.appId}&value=user${scattered(n, facts.users)}@`,
    headers: { 'server-secret': facts.serverSecret },
  }),
  list: (facts: TrafficFacts, n: number): Call => ({
    method: 'GET',
    path: `/api/app/users?appId=${facts.appId}&${USER_LISTS[n % USER_LISTS.length]}`,
    headers: { 'server-secret': facts.serverSecret },
  }),
  'other lists': (facts: TrafficFacts, n: number): Call => {
    const list = OTHER_LISTS[n % OTHER_LISTS.length] ?? '';
    const path = `/api/app/${list}${list.includes('?') ? '&' : '?'}appId=${facts.appId}`;
    return { method: 'GET', path, headers: { 'server-secret': facts.serverSecret } };
  },
  'portal page': (facts: TrafficFacts): Call => ({
    method: 'GET',
    path: `/portal/hosts/here/apps/${facts.appId}/users`,
    headers: { cookie: facts.portalCookie, 'sec-fetch-site': 'same-origin' },
  }),
} satisfies Record<string, (facts: TrafficFacts, n: number) => Call>;
const FIXED: ReadonlySet<Traffic> = new Set<Traffic>([
  ...(['bare', 'getUser', 'getApplication', 'jwks', 'portal page'] as const),
]);

/** Numbers never given out before in this process; with its id in the handle nobody signs up twice. */
const used = new Map<Traffic, number>();

/** A source of calls that are made anew each time; undefined for a kind whose calls are fixed. */
export function sourceOf(traffic: Traffic, facts: TrafficFacts): (() => Call) | undefined {
  if (FIXED.has(traffic)) return undefined;
  return () => {
    const n = used.get(traffic) ?? 0;
    used.set(traffic, n + 1);
    return NEXT[traffic](facts, n);
  };
}

/** The fixed calls that one of `callers` repeats: together they use all tokens, each its own part. */
export function fixedCalls(traffic: Traffic, facts: TrafficFacts, caller: number, callers: number): Call[] {
  const share = traffic === 'getUser' ? Math.max(1, Math.floor(facts.accessTokens.length / callers)) : 1;
  return Array.from({ length: share }, (_, n) => NEXT[traffic](facts, caller * share + n));
}

function logIn(facts: TrafficFacts, name: string): Call {
  return post(facts, 'login', { handle: `${name}@example.com`, password: PASSWORD });
}

function post({ appToken }: TrafficFacts, route: string, body: Record<string, string>): Call {
  return {
    method: 'POST',
    path: `/api/appuser/${route}`,
    headers: { 'app-token': appToken, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** Walks over a whole big store instead of its first thousand rows. */
function scattered(n: number, users: number): number {
  return (n * 7_919) % users;
}
