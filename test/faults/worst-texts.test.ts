import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Route } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import { prepareEveryRoute } from '../support/every-route.ts';
import { type RequestOptions, send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { KeepAlive } from '../support/keep-alive.ts';
import type { Credentials } from '../support/malformed.ts';
import { turnsOf } from '../support/stopwatch.ts';

/** What a body, a line of a request and a header may hold, with room for the rest. */
const BODY_BYTES = 96_000;
const LINE_BYTES = 14_000;
/** The longest text that any member takes, and the longest handle. */
const TEXT_MAX = 65_536;
const HANDLE_MAX = 320;
/**
 * What the event loop may work for one request: ten times what the slowest took on a machine with 2 cores.
 */
const CEILING_MS = 360;
/** Below this nothing is compared: noise would tell. */
const NOISE_MS = 25;
const TRIES = 4;

/** Beginnings that some work on texts has been slow with, and what makes them longer. */
const WORST: Record<string, { begins?: string; repeats: string; ends?: string }> = {
  'marks in the wrong order': { begins: 'a', repeats: '\u0315\u0300\u05ae' },
  'one mark': { begins: 'a', repeats: '\u0301' },
  'capitals that grow': { repeats: '\u0130' },
  'ligatures that unfold': { repeats: '\ufdfa' },
  'blanks before a letter': { begins: 'a', repeats: ' ', ends: 'b' },
  'line feeds': { repeats: '\n' },
  'open tags': { begins: '%CODE%', repeats: '<a href="" ' },
  'open angles': { begins: '%CODE%', repeats: '<' },
  'open comments': { begins: '%CODE%', repeats: '<!--' },
  'open styles': { begins: '%CODE%', repeats: '<style>' },
  paragraphs: { begins: '%CODE%', repeats: '</p><p>' },
  'open braces': { begins: '%CODE%', repeats: '{{' },
  'nested blocks': { begins: '%CODE%', repeats: '{{#if CODE}}' },
  placeholders: { begins: '%CODE%', repeats: '%HANDLE% ' },
  'half placeholders': { begins: '%CODE%', repeats: '%A' },
  'deep lists in JSON': { repeats: '[' },
  'deep objects in JSON': { repeats: '{"a":' },
  'members in JSON': { begins: '{"a":1', repeats: ',"a":1', ends: '}' },
  'backslashes in JSON': { begins: '{"a":"', repeats: '\\\\', ends: '"}' },
  'open strings in JSON': { begins: '{"a":"', repeats: '&x=1' },
  escapes: { repeats: '%41' },
  'broken escapes': { repeats: '%e4%b8' },
  'percent signs': { repeats: '%' },
  'plus signs': { repeats: '+' },
  ampersands: { repeats: '&' },
  parameters: { repeats: '&a=1' },
  names: { repeats: '&password' },
  commas: { repeats: 'a@b.co,' },
  dots: { begins: 'a@', repeats: 'a.' },
  labels: { begins: 'a@', repeats: '\u00df.' },
  'quoted local parts': { begins: '"', repeats: '\\"', ends: '@b.co' },
  'at signs': { repeats: 'a@' },
  digits: { repeats: '1' },
  'digits of another script': { begins: '+', repeats: '\u0661\u2011' },
  slashes: { repeats: '/' },
  'pairs of surrogates': { repeats: '\ud83d\ude00' },
};

/**
 * So many times the repeated part that the text has at most `length` characters and, as `size` counts them,
 * `bytes`.
 */
function worst(kind: string, length: number, bytes = BODY_BYTES, size = sizeInJson): string {
  const { begins = '', repeats, ends = '' } = WORST[kind] ?? { repeats: kind };
  const room = Math.min(
    (length - begins.length - ends.length) / repeats.length,
    (bytes - size(begins + ends)) / size(repeats),
  );
  return begins + repeats.repeat(Math.max(1, Math.floor(room))) + ends;
}
const sizeInJson = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;
const sizeInForm = (text: string) => Buffer.byteLength(text);
const sizeInLine = (text: string) => encodeURI(text).length;

const VALUES: Record<string, unknown> = {
  templateName: 'signUp',
  subject: 'Subject',
  htmlTemplate: '%CODE%',
  provider: 'google',
  token: 'x.y.z',
  loginToken: 'x.y.z',
  phone: '+15551230000',
  userName: 'ada',
  value: 'a',
  index: '0',
  status: 'active',
  setting: 'status',
  rawValue: 'x',
  hashValue: '8c1f3a5b7d9e0f2a4c6e8b0d1f3a5c7e',
  password: '8c1f3a5b7d9e0f2a4c6e8b0d1f3a5c7e',
  newPassword: '0f3a5b7d9e0f2a4c6e8b0d1f3a5c7e8c',
};
const OF_ROUTE: Record<string, (appId: string) => Record<string, unknown>> = {
  '/api/app/updateAppUserMetaData': () => ({ metaData: {} }),
  '/api/app/updateAppMetaData': () => ({ metaData: [] }),
  '/api/app/update': () => ({ handle: 'email', metaData: [] }),
  '/api/app/updateAppSetting': () => ({ handle: 'email' }),
  '/api/app/deleteMetadata': () => ({ type: 'metaData' }),
  '/api/app/updateEmailTemplate': shownTemplate,
  '/api/app/previewTemplate': shownTemplate,
};

/** The id under which the portal is shown a text that nobody has edited. */
function shownTemplate(appId: string): Record<string, unknown> {
  return { _id: createHash('sha256').update(`template ${appId} signUp EN`).digest('hex').slice(0, 24) };
}

interface Shot {
  method: string;
  path: string;
  options: RequestOptions;
}
/** A request by how large its text is: 1 is the largest, ½ half of it. */
type Aim = (share: number) => Shot;

describe('the worst texts to every field of every route', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'auth-worst-texts-'));
  const agent = new KeepAlive();
  let credentials: Map<Route, Credentials>;
  let host: HostProcess;
  let port: number;
  before(async () => {
    credentials = await prepareEveryRoute(dataDir, {
      signupFlow: 'none',
      anonymousLoginEnabled: true,
      userNamesEnabled: true,
      twoFactorVerification: 'phone',
      twilio: { accountSid: 'AC1', token: 't', phoneNumber: '+15550001234' },
      metaData: [{ id: '1', path: 'a', fieldName: 'a', required: false, canEdit: true }],
      metaDataInvite: [{ id: '2', path: 'a', fieldName: 'a', required: false }],
    });
    host = startHostProcess({ dataDir });
    port = await host.listening;
  });
  after(async () => {
    agent.destroy();
    await host?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /**
   * What the event loop of the host has worked so far, in milliseconds; the clock on the wall where the
   * system does not tell.
   */
  function worked(): number {
    return turnsOf(host.child.pid)?.worked ?? performance.now();
  }
  async function cost({ method, path, options }: Shot): Promise<number> {
    const before = worked();
    const { status } = await send({ agent, port, method, path, input: options });
    assert.ok(status < 500, `${method} ${path.slice(0, 80)} → ${status}`);
    return worked() - before;
  }
  /** The least of several: what else the host did meanwhile is no matter. */
  async function least(shot: Shot): Promise<number> {
    let ms = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < TRIES; attempt++) ms = Math.min(ms, await cost(shot));
    return ms;
  }
  async function assertLinear(about: string, aim: Aim): Promise<void> {
    if ((await cost(aim(1))) < NOISE_MS) return;
    const whole = await least(aim(1));
    assert.ok(whole < CEILING_MS, `${about}: ${whole.toFixed(0)} ms`);
    if (whole < NOISE_MS) return;
    const half = await least(aim(0.5));
    assert.ok(
      whole <= 3 * half,
      `${about}: ${half.toFixed(0)} ms for a half, ${whole.toFixed(0)} ms for all`,
    );
  }

  /** A right value for each member, so that a text gets as far as it can. */
  function valuesOf(route: Route): Record<string, unknown> {
    const { values = {} } = credentials.get(route) ?? {};
    return { ...values, ...VALUES, ...OF_ROUTE[route.path]?.(values.appId ?? '') };
  }

  /** The ways a text gets into one field of a route. */
  function* aims(route: Route, field: string, kind: string): Generator<[about: string, aim: Aim]> {
    const { headers = {}, queryToken } = credentials.get(route) ?? {};
    const { method, path } = route;
    const values = valuesOf(route);
    const inPath = path.includes(`:${field}`);
    const target = path.replaceAll(/:(\w+)/g, (_, name) => String(values[name] ?? 'x'));
    if (method !== 'POST' || inPath) {
      const others = Object.keys(route.input?.shape ?? {}).filter((name) => name !== field && values[name]);
      const query = others.map((name) => `${name}=${encodeURIComponent(String(values[name]))}`);
      if (queryToken) query.push(`appToken=${queryToken}`);
      const line = (share: number) => encodeURI(worst(kind, TEXT_MAX, LINE_BYTES * share, sizeInLine));
      const at = (share: number) =>
        inPath
          ? `${path.replace(`:${field}`, line(share))}?${query.join('&')}`
          : `${target}?${query.join('&')}&${field}=${line(share)}`;
      yield ['in the address', (share) => ({ method, path: at(share), options: { headers } })];
      return;
    }
    const address = queryToken ? `${target}?appToken=${queryToken}` : target;
    const json = (value: unknown): Shot => ({
      method,
      path: address,
      options: { headers, json: { ...values, [field]: value } },
    });
    const text = (share: number) => worst(kind, TEXT_MAX * share, BODY_BYTES * share);
    yield ['as a text', (share) => json(text(share))];
    yield ['as long as a handle', (share) => json(worst(kind, HANDLE_MAX * share))];
    const takes = (value: unknown) => route.input?.shape[field]?.safeParse(value).success;
    if (takes(['EN'])) yield ['in a list', (share) => json([text(share)])];
    if (takes({ a: 'x' })) yield ['in an object', (share) => json({ a: text(share) })];
    if (takes([{ path: 'a' }])) {
      yield ['as a path', (share) => json([{ path: worst(kind, 256 * share), value: text(share) }])];
    }
    if (field === 'metaData') {
      yield ['in JSON text', (share) => json(JSON.stringify({ a: worst(kind, 1024 * share) }))];
    }
    const type = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    const form = (share: number) =>
      `${field}=${worst(kind, BODY_BYTES * share, BODY_BYTES * share, sizeInForm)}`;
    yield ['in a form', (share) => ({ method, path: address, options: { headers: type, raw: form(share) } })];
  }

  for (const kind of Object.keys(WORST)) {
    it(`are read in linear time: ${kind}`, async () => {
      for (const route of routes.filter(({ upload }) => !upload)) {
        for (const field of Object.keys(route.input?.shape ?? {})) {
          for (const [way, aim] of aims(route, field, kind)) {
            await assertLinear(`${route.method} ${route.path}, ${field} ${way}`, aim);
          }
        }
      }
    });
  }

  it('are read in linear time in bodies without a field, addresses and headers', async () => {
    const [route = {} as Route] = routes.filter(({ path }) => path === '/api/appuser/login');
    const { headers = {} } = credentials.get(route) ?? {};
    const names =
      'app-token access-token server-secret content-type accept origin x-request-id x-forwarded-for';
    for (const kind of Object.keys(WORST)) {
      const line = (share: number) => encodeURI(worst(kind, TEXT_MAX, LINE_BYTES * share, sizeInLine));
      const body = (share: number) => worst(kind, BODY_BYTES * share, BODY_BYTES * share, sizeInForm);
      for (const type of ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const options = (share: number) => ({
          headers: { ...headers, 'content-type': type },
          raw: body(share),
        });
        await assertLinear(`${kind} as ${type}`, (share) => ({
          method: 'POST',
          path: route.path,
          options: options(share),
        }));
      }
      for (const prefix of ['/', '/api/appuser/', '/api/app/appId/', '/apps/']) {
        await assertLinear(`${kind} behind ${prefix}`, (share) => ({
          method: 'GET',
          path: prefix + line(share),
          options: {},
        }));
      }
      for (const name of `${names} access-control-request-headers purpose user-agent`.split(' ')) {
        const options = (share: number) => ({ headers: { [name]: line(share) }, json: { handle: 'a@b.co' } });
        await assertLinear(`${kind} in ${name}`, (share) => ({
          method: 'POST',
          path: route.path,
          options: options(share),
        }));
      }
    }
  });

  it('got as far as the work on them, and broke nothing', async () => {
    await host.logged();
    const done = new Set(host.lines.filter(({ status }) => status === 200).map(({ route }) => route));
    for (const route of ['updateEmailTemplate', 'previewTemplate', 'update', 'createAppInvite']) {
      assert.ok(done.has(`/api/app/${route}`), route);
    }
    for (const route of [
      'setUserMetadata',
      'signup',
      'login',
      'forgotPassword',
      'setPhone',
      'loginAnonymous',
    ]) {
      const codes = host.lines
        .filter((line) => line.route === `/api/appuser/${route}`)
        .map(({ code }) => code);
      assert.ok(new Set(codes).size > 1, `${route}: ${[...new Set(codes)]}`);
    }
    assert.deepEqual(
      host.lines.filter(({ event }) => event === 'unexpected_error'),
      [],
    );
  });
});
