import type { Route } from '../../server/http/route.ts';
import type { RequestOptions } from './host.ts';

/** Pseudo-random numbers from a seed (mulberry32), so that a failing request can be made again. */
export class Seeded {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** 0 ≤ n < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new TypeError('nothing to pick from');
    return picked;
  }
}

/** What a right request of a route would carry. */
export interface Credentials {
  headers: Record<string, string>;
  /** Value of the `appToken` query of link routes. */
  queryToken?: string;
  /** Right values by member name. */
  values: Record<string, string>;
}
export interface Malformed {
  /** Which kind of wrongness, for the message of a failing test. */
  kind: string;
  method: string;
  path: string;
  options: RequestOptions;
}

const WRONG_VALUES: readonly unknown[] = [
  7,
  -1.5,
  1e300,
  true,
  null,
  '',
  ' ',
  [],
  ['x'],
  {},
  { $gt: '' },
  { a: { b: [1] } },
  [[[[[[]]]]]],
  '\u0000',
  '\ud800',
  '\u202e\ufffd\u0007',
  'x'.repeat(5000),
  '__proto__',
  '%00%ff%',
  '{"a":{"__proto__":{"b":1}}}',
  '{"a":'.repeat(200),
  '../../etc/passwd',
  "' OR 1=1 --",
  '(a+)+$',
  '-1',
  '1e9',
  '0x10',
  '99999999999999999999',
];
const ODD_METHODS = [
  'PUT',
  'PATCH',
  'DELETE',
  'GET',
  'POST',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'OPTIONS',
];
const CREDENTIAL_HEADERS = ['server-secret', 'app-token', 'access-token'];
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

type Mutation = (base: Base, random: Seeded) => Malformed | Omit<Malformed, 'kind'>;
interface Base {
  route: Route;
  method: string;
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  values: Record<string, unknown>;
  names: string[];
}

const MUTATIONS: Record<string, Mutation> = {
  'wrong value in JSON': (base, random) => request(base, { values: withWrong(base, random) }),
  'wrong value in a form': (base, random) =>
    request(base, { raw: formOf(withWrong(base, random)), headers: FORM_TYPE }),
  'member left out': (base, random) => {
    const { [random.pick(base.names)]: _, ...values } = base.values;
    return request(base, { values });
  },
  'broken JSON': (base, random) => {
    const text = JSON.stringify(base.values);
    return request(base, { raw: text.slice(0, random.below(text.length)), headers: JSON_TYPE });
  },
  'flipped bytes': (base, random) => {
    const bytes = Buffer.from(JSON.stringify(base.values));
    for (let flips = 0; flips < 3; flips++) bytes[random.below(bytes.length)] = random.below(256);
    return request(base, { raw: bytes, headers: random.pick([JSON_TYPE, FORM_TYPE, {}]) });
  },
  'broken UTF-8': (base, random) => {
    const bad = random.pick(['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xe2\x82', '\xf5\x80\x80\x80']);
    const raw = Buffer.from(`{"${random.pick(base.names)}":"${bad}"}`, 'latin1');
    return request(base, { raw, headers: random.pick([JSON_TYPE, FORM_TYPE]) });
  },
  'body too large': (base, random) =>
    request(base, { raw: `{"x":"${'x'.repeat(102_393)}"}`, headers: random.pick([JSON_TYPE, FORM_TYPE]) }),
  'deep nesting': (base, random) => {
    const open = random.pick(['[', '{"a":']);
    const levels = Math.floor(102_000 / open.length);
    return request(base, { raw: open.repeat(random.pick([9, 500, levels])), headers: JSON_TYPE });
  },
  'many members': (base) =>
    request(base, {
      values: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index])),
    }),
  'no object': (base, random) =>
    request(base, {
      raw: random.pick(['[]', '1', 'null', '"x"', 'true', 'undefined', '']),
      headers: JSON_TYPE,
    }),
  'odd content type': (base, random) =>
    request(base, {
      values: base.values,
      headers: random.pick<Record<string, string>>([
        { 'content-type': 'text/plain' },
        { 'content-type': 'multipart/form-data' },
        { 'content-type': 'multipart/form-data; boundary=x' },
        { 'content-type': 'application/json; charset=utf-7' },
        { 'content-type': ';;;' },
        { 'content-encoding': 'gzip' },
        { 'content-encoding': 'br, gzip' },
      ]),
    }),
  multipart: (base, random) => {
    const name = random.pick(['file', 'appName', 'other', '', '__proto__']);
    const part = `--x\r\nContent-Disposition: form-data; name="${name}"; filename="../a"\r\n\r\nPK\r\n`;
    const raw = random.pick([part, `${part}--x--\r\n`, `${part}${part}--x--`, '--x', '--y--']);
    return request(base, { raw, headers: { 'content-type': 'multipart/form-data; boundary=x' } });
  },
  'credential of another kind': (base, random) => {
    const token = Object.values(base.headers)[0] ?? 'x';
    return request(
      { ...base, headers: { [random.pick(CREDENTIAL_HEADERS)]: token } },
      { values: base.values },
    );
  },
  'forged credential': (base, random) => {
    const headers = Object.entries(base.headers).map(([name, token]) => {
      const at = random.below(token.length);
      return [
        name,
        random.pick([token.slice(0, at), `${token.slice(0, at)}A${token.slice(at + 1)}`, 'a.b.c', '.']),
      ];
    });
    return request({ ...base, headers: Object.fromEntries(headers) }, { values: base.values });
  },
  'repeated header': (base) => {
    const headers = Object.entries(base.headers).map(([name, token]) => [name, [token, token]]);
    const once = request(base, { values: base.values });
    return {
      ...once,
      options: { ...once.options, headers: { ...once.options.headers, ...Object.fromEntries(headers) } },
    };
  },
  'odd method': (base, random) => ({ ...request(base, {}), method: random.pick(ODD_METHODS) }),
  'odd path': (base, random) => {
    const at = random.below(base.path.length);
    const insert = random.pick(['%', '%zz', '%00', '%2f', '//', '/../', '%c0%af', ';', '%e4', '*', '\\']);
    return request(
      { ...base, path: base.path.slice(0, at) + insert + base.path.slice(at) },
      { values: base.values },
    );
  },
  'odd query': (base, random) => {
    const name = random.pick([...base.names, 'appToken', '__proto__']);
    const query = random.pick([
      `${name}=1&${name}=2`,
      `${name}[$gt]=`,
      '&&=&=',
      `${name}=%`,
      `${name}=%ff`,
      '?'.repeat(99),
    ]);
    return request({ ...base, path: `${base.path}?${query}` }, { values: base.values });
  },
};

/** `count` requests, each wrong in one way, over all routes and all ways in turn. */
export function* malformedRequests(
  routes: readonly Route[],
  credentialsOf: (route: Route) => Credentials,
  options: { seed: number; count: number },
): Generator<Malformed> {
  const random = new Seeded(options.seed);
  const kinds = Object.entries(MUTATIONS);
  for (let number = 0; number < options.count; number++) {
    const route = routes[number % routes.length];
    const [kind, mutate] = kinds[Math.floor(number / routes.length) % kinds.length] ?? [];
    if (!route || !kind || !mutate) throw new TypeError('no routes');
    yield { kind, ...mutate(baseOf(route, credentialsOf(route)), random) };
  }
}

function baseOf(route: Route, { headers, queryToken, values }: Credentials): Base {
  const names = Object.keys(route.input?.shape ?? {});
  const own = Object.fromEntries(names.map((name) => [name, values[name] ?? 'x']));
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? 'x');
  const query = { ...(queryToken && { appToken: queryToken }), ...(route.method !== 'POST' && own) };
  return {
    route,
    method: route.method,
    path,
    query,
    headers,
    values: own,
    names: names.length > 0 ? names : ['x'],
  };
}

function withWrong(base: Base, random: Seeded): Record<string, unknown> {
  return { ...base.values, [random.pick(base.names)]: random.pick(WRONG_VALUES) };
}

function request(
  base: Base,
  body: { values?: Record<string, unknown>; raw?: string | Buffer; headers?: Record<string, string> },
): Omit<Malformed, 'kind'> {
  const headers = { ...base.headers, ...body.headers };
  const isPost = base.method === 'POST';
  // What a GET would carry in its body goes into its query.
  const query = formOf({ ...base.query, ...(isPost ? {} : body.values) });
  const joined = query === '' ? '' : `${base.path.includes('?') ? '&' : '?'}${query}`;
  const payload = isPost && body.values ? { raw: JSON.stringify(body.values) } : { raw: body.raw };
  const typed = payload.raw !== undefined && body.values ? { ...JSON_TYPE, ...headers } : headers;
  return { method: base.method, path: `${base.path}${joined}`, options: { ...payload, headers: typed } };
}

function formOf(values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => `${name}=${escapeText(typeof value === 'string' ? value : JSON.stringify(value))}`,
    )
    .join('&');
}

function escapeText(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
