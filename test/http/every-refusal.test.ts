import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { declaredReasons } from '../../server/http/declared-refusals.ts';
import { typedMembers } from '../../server/http/frame/typed-text.ts';
import type { Refusal, Route } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import { HostError } from '../../server/model/errors.ts';
import { split } from '../support/because.ts';
import { type Answer, PASSWORD, startTestHost, type TestHost } from '../support/host.ts';

type Json = Record<string, unknown>;
type Schema = z.core.JSONSchema.BaseSchema;
type Body = { raw: string; type: string };

/** One of these is a value that a member takes. */
const CANDIDATES: readonly unknown[] = [
  ...['x', 'ada@example.com', 'ANON_1', '123456', '0123456789abcdef01234567', PASSWORD, 'EN', '2026-01-01'],
  ...[
    'login',
    '+15557654321',
    '1',
    'https://example.com',
    'a.b',
    '#123456',
    '{}',
    '[]',
    true,
    1,
    {},
    [],
    [{}],
  ],
  ...[['x'], [{ path: 'a.b' }]],
];
/** Contract §2.2. */
const BODY_LIMIT = 102_400;
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const WANTED: Record<Route['caller'], string> = {
  nobody: '',
  app: 'app-token',
  'app or user': 'app-token',
  user: 'access-token',
  superuser: 'access-token',
  link: 'appToken',
  server: 'server-secret',
};
/** Bodies that are none, whatever the route, with the HTTP status of the frame. */
const NO_BODIES: [about: string, body: Body | { raw: Buffer; type: string }, status: number][] = [
  ['broken JSON', { raw: '{"a":', type: JSON_TYPE }, 400],
  ['a list', { raw: '[]', type: JSON_TYPE }, 400],
  ['a number', { raw: '7', type: JSON_TYPE }, 400],
  ['JSON too deep', { raw: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`, type: JSON_TYPE }, 400],
  ['broken UTF-8', { raw: Buffer.from('{"a":"\xff"}', 'latin1'), type: JSON_TYPE }, 400],
  ['another media type', { raw: 'a', type: 'text/plain' }, 415],
];

const API = routes.filter(
  ({ path, open, upload, page }) => path.startsWith('/api/') && !open && !upload && !page,
);
const schemasOf = (route: Route): Record<string, Schema> =>
  route.input
    ? ({
        ...z.toJSONSchema(route.input, { io: 'input', unrepresentable: 'any' }).properties,
      } as Record<string, Schema>)
    : {};
const partsOf = ({ path }: Route) => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
const branches = (schema: Schema): Schema[] => (schema.anyOf ? schema.anyOf.flatMap(branches) : [schema]);
/** The JSON types that a member takes; undefined: any. */
function typesOf(schema: Schema): Set<string> | undefined {
  const all = branches(schema).map(({ type, enum: words, const: word }) => {
    if (type) return type;
    return words || word !== undefined ? 'string' : undefined;
  });
  return all.includes(undefined)
    ? undefined
    : new Set(all.map((type) => (type === 'integer' ? 'number' : String(type))));
}

/** Additions §1.1, on every route as it is declared. */
describe('every refusal of every route', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  /** What a request needs to be whole: its credential, and a value for each member it must have. */
  async function stageOf(route: Route) {
    const app = await host.createApp();
    const user = await host.createUser(app);
    const { token } = await host.deps.hostTokens.issueSuperUserToken({
      appId: app.id,
      name: 'root',
      expiresInMinutes: 60,
    });
    const accessToken = await host.accessToken(app, user);
    const headersOf: Partial<Record<Route['caller'], Record<string, string>>> = {
      user: { 'access-token': accessToken },
      superuser: { 'access-token': token },
      server: { 'server-secret': host.serverSecret },
    };
    const headers = headersOf[route.caller] ?? { 'app-token': app.appToken };
    const shape = route.input?.shape ?? {};
    const known: Json = { appId: app.id, userId: user.id, handle: user.handle };
    const required = Object.keys(shape).filter((name) => shape[name]?.safeParse(undefined).success === false);
    const input = Object.fromEntries(
      [...new Set([...required, ...partsOf(route)])].map((name) => {
        const words = schemasOf(route)[name]?.enum ?? [];
        const value = [known[name], ...words, ...CANDIDATES].find(
          (candidate) => candidate !== undefined && shape[name]?.safeParse(candidate).success !== false,
        );
        assert.notEqual(value, undefined, `${route.path} ${name}`);
        return [name, value];
      }),
    );
    return { app, user, accessToken, headers, input, required };
  }
  type Stage = Awaited<ReturnType<typeof stageOf>>;

  function call(route: Route, stage: Stage, input: Json, headers = stage.headers): Promise<Answer> {
    const parts = partsOf(route);
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(String(input[name])),
    );
    const rest = Object.entries(input).filter(([name]) => !parts.includes(name));
    if (route.method === 'POST')
      return host.request('POST', path, { headers, json: Object.fromEntries(rest) });
    const query = rest.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
    return host.request(route.method, query ? `${path}?${query}` : path, { headers });
  }
  const send = (route: Route, { headers }: Stage, { raw, type }: { raw: string | Buffer; type: string }) =>
    host.request('POST', route.path, { headers: { ...headers, 'content-type': type }, raw });

  /** Refused in the form that the route declares, and with exactly these words. */
  function refused(
    answer: Answer,
    refusal: Refusal,
    because: Json | undefined,
    about: string,
    status?: number,
  ) {
    const told = split(answer.body ?? {});
    const { code, message } = typeof refusal === 'object' ? {} : new HostError(refusal);
    const form =
      typeof refusal === 'object'
        ? { status: status ?? refusal.fails, code: undefined }
        : { status: status ?? new HostError(refusal).status, code };
    assert.deepEqual(
      { about, status: answer.status, code: told.old.code, because: told.because },
      { about, ...form, because },
    );
    if (message !== undefined) assert.equal(told.old.message, message, about);
    else assert.match(String(told.old.status), /^fails$/i, about);
  }

  for (const route of API) {
    const key = `${route.method} ${route.path}`;
    const wanted = WANTED[route.caller];
    const { caller, missing, malformed } = route.refuse;
    const schemas = schemasOf(route);
    const texts = new Map(typedMembers(route.input?.shape ?? {}).map(({ name, hashed }) => [hashed, name]));

    describe(key, () => {
      it('names the credential that is wanted, and says nothing of one that is invalid', async () => {
        const stage = await stageOf(route);
        const { input } = stage;
        refused(await call(route, stage, input, {}), caller, { reason: 'no_credential', wanted }, 'none');
        const others: Record<string, string> = {
          'server-secret': host.serverSecret,
          'app-token': stage.app.appToken,
          'access-token': stage.accessToken,
        };
        const taken = ['app', 'app or user'].includes(route.caller)
          ? ['app-token', 'access-token']
          : [wanted];
        for (const [name, token] of Object.entries(others)) {
          if (taken.includes(name)) continue;
          const answer = await call(route, stage, input, { [name]: token });
          refused(answer, caller, { reason: 'wrong_credential', wanted }, name);
        }
        const invalid = { 'app-token': 'invalid_app_token', 'access-token': 'invalid_access_token' } as const;
        for (const [name, error] of Object.entries(invalid)) {
          const answer = await call(route, stage, input, { [name]: 'x.y.z' });
          refused(answer, error, undefined, `invalid ${name}`);
        }
        refused(await call(route, stage, input, { 'server-secret': 'x' }), 'internal', undefined, 'secret');
      });

      if (route.input) {
        it('names the member that is missing or empty', async () => {
          const stage = await stageOf(route);
          for (const name of stage.required) {
            if (partsOf(route).includes(name)) continue;
            for (const [about, value] of [
              ['absent', undefined],
              ['empty', ''],
            ] as const) {
              const { [name]: _, ...others } = stage.input;
              const answer = await call(
                route,
                stage,
                value === undefined ? others : { ...others, [name]: value },
              );
              refused(answer, missing, { reason: 'missing', field: name }, `${name} ${about}`);
            }
          }
        });

        it('names the member that is of another type, too long, no word of a list or no Unicode', async () => {
          const stage = await stageOf(route);
          for (const [name, schema] of Object.entries(schemas)) {
            for (const [about, value, reason] of wrongValues(route, name, schema)) {
              const answer = await call(route, stage, { ...stage.input, [name]: value });
              refused(answer, malformed, { reason, field: name }, `${name} ${about}`);
            }
          }
        });

        it('names the member that came twice', async () => {
          const stage = await stageOf(route);
          const names = Object.keys(schemas).filter((name) => !partsOf(route).includes(name));
          for (const name of names) {
            const pairs = Object.entries(stage.input).filter(([each]) => each !== name);
            const text = [...pairs, [name, 'a'], [name, 'b']]
              .map(
                ([each, value]) =>
                  `${each}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
              )
              .join('&');
            const answer =
              route.method === 'POST'
                ? await send(route, stage, { raw: text, type: FORM })
                : await host.request(route.method, `${pathOf(route, stage)}?${text}`, {
                    headers: stage.headers,
                  });
            refused(answer, malformed, { reason: 'wrong_type', field: name }, name);
          }
        });
      }

      if (route.method === 'POST') {
        it('says of a body that is none that it is no JSON, and names no member', async () => {
          const stage = await stageOf(route);
          const form = route.form === 'code' ? ('invalid_data' as const) : { fails: 400 as const };
          for (const [about, body, status] of NO_BODIES) {
            refused(await send(route, stage, body), form, { reason: 'not_json' }, about, status);
          }
          const large = { raw: `{"a":"${'x'.repeat(BODY_LIMIT)}"}`, type: JSON_TYPE };
          refused(await send(route, stage, large), form, { reason: 'too_long' }, 'too large', 413);
        });
      }

      it('declares its errors, and only words that there are', () => {
        assert.ok(route.errors, 'errors');
        if (texts.size > 0) assert.ok(declaredReasons(route).has('not_md5'));
      });
    });
  }

  function pathOf(route: Route, { input }: Stage): string {
    return route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  }

  /** Values a member does not take, each with the word for it. */
  function wrongValues(
    route: Route,
    name: string,
    schema: Schema,
  ): [about: string, value: unknown, reason: string][] {
    const isText = route.method !== 'POST' || partsOf(route).includes(name);
    const types = typesOf(schema);
    const wrong: [string, unknown, string][] = [];
    const takes = (type: string) => types === undefined || types.has(type);
    const lenient = route.input?.shape[name]?.safeParse({ $gt: [1] }).success;
    if (!isText && !lenient) {
      const others: [string, unknown][] = [
        ['number', 7],
        ['boolean', true],
        ['array', ['a']],
        ['object', { $gt: '' }],
      ];
      for (const [type, value] of others) if (!takes(type)) wrong.push([type, value, 'wrong_type']);
      if (!takes('string') && !(types?.size === 0)) wrong.push(['string', 'a text', 'wrong_type']);
      if (takes('string')) wrong.push(['half a character', 'a\ud800', 'wrong_type']);
    }
    const longest = branches(schema).map(({ maxLength }) => maxLength ?? 0);
    const ofText = branches(schema).every(({ type }) => type === 'string');
    const tooLong = 'x'.repeat(Math.max(...longest) + 1);
    const isBounded = ofText && longest.every((length) => length > 0) && tooLong.length < BODY_LIMIT;
    if (isBounded && !lenient && !partsOf(route).includes(name))
      wrong.push(['too long', tooLong, 'too_long']);
    if (branches(schema).every(({ enum: words }) => words?.every((word) => typeof word === 'string'))) {
      wrong.push(['no word of the list', 'neither', 'unknown_value']);
    }
    return wrong;
  }
});
