import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import {
  DownloadReply,
  PageReply,
  portalRoute,
  type Route,
  TextReply,
  userRoute,
} from '../../server/http/route.ts';
import type { App } from '../../server/model/app.ts';
import { type ErrorName, HostError } from '../../server/model/errors.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

const names = z.object({ error: z.string() });
const thrown = ({ input }: { input: { error: string } }): never => {
  if (input.error === 'bug') throw new TypeError('secret text');
  throw new HostError(input.error as ErrorName, { detail: 'in detail' });
};
const effects: string[] = [];
const routes: Route[] = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/echo',
    summary: '',
    caller: 'app',
    input: z.object({
      handle: z.string(),
      code: z.union([z.string(), z.number()]).optional(),
      metaData: z.string().optional(),
    }),
    log: { action: 'echo' },
    respond: ({ input }) => input,
  }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/read',
    summary: '',
    caller: 'app',
    limited: false,
    log: { action: 'read' },
    respond: ({ request }) => {
      if (!request.idle) effects.push('read');
      return { read: true };
    },
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/fails',
    summary: '',
    caller: 'app',
    input: names,
    log: { action: 'fails' },
    respond: thrown,
  }),
  userRoute({ method: 'POST', path: '/api/appuser/done', summary: '', caller: 'app', respond: () => true }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/page',
    summary: '',
    caller: 'link',
    page: true,
    input: names,
    respond: thrown,
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/fails',
    summary: '',
    input: names,
    failsStatus: { app_gone: 403 },
    codeStatus: { users_full: 403 },
    log: { action: 'portalFails' },
    respond: thrown,
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/lower',
    summary: '',
    input: names,
    lowerCaseFails: true,
    respond: thrown,
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/appId/:appId',
    summary: '',
    input: z.object({ appId: z.string() }),
    respond: ({ input }) => input,
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/file',
    summary: '',
    respond: () => new DownloadReply(Readable.from(['a', 'b']), 'x"\r\ny', 'application/zip'),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/text',
    summary: '',
    respond: () => new TextReply('{}', { cacheControl: 'public, max-age=300' }),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/html',
    summary: '',
    respond: () => new PageReply('<p>', 201),
  }),
];

describe('the frame around every route', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ routes });
    app = await host.createApp();
  });
  after(() => host.stop());

  const asApp = (method: string, path: string, options: Parameters<TestHost['request']>[2] = {}) =>
    host.request(method, path, { ...options, headers: { 'app-token': app.appToken, ...options.headers } });
  const echo = (raw: string | Buffer, type?: string) =>
    asApp('POST', '/api/appuser/echo', { raw, headers: type === undefined ? {} : { 'content-type': type } });

  describe('bodies', () => {
    const FORM = 'application/x-www-form-urlencoded';
    const cases: [string, string | Buffer, string | undefined, unknown][] = [
      ['JSON', '{"handle":"a","code":7}', 'application/json', { handle: 'a', code: 7 }],
      ['JSON with a charset', '{"handle":"å"}', 'Application/JSON; charset=UTF-8', { handle: 'å' }],
      ['a form', 'handle=a&code=7', FORM, { handle: 'a', code: '7' }],
      ['JSON without a type', ' {"handle":"a"}', undefined, { handle: 'a' }],
      ['a form without a type', 'handle=a', undefined, { handle: 'a' }],
      ['null as absent', '{"handle":"a","code":null}', 'application/json', { handle: 'a' }],
      [
        'unknown members, dropped',
        '{"handle":"a","appId":"x","__proto__":{"y":1}}',
        'application/json',
        { handle: 'a' },
      ],
      [
        'JSON text in a form',
        'handle=a&metaData={"b":"c&d=e"}',
        FORM,
        { handle: 'a', metaData: '{"b":"c&d=e"}' },
      ],
    ];
    for (const [what, raw, type, expected] of cases) {
      it(`takes ${what}`, async () => {
        const answer = await echo(raw, type);
        assert.deepEqual([answer.status, answer.body], [200, expected]);
      });
    }

    const refused: [string, string | Buffer, string | undefined, number, number][] = [
      ['an empty body as missing members', '', 'application/json', 400, 403],
      ['an empty member as missing', '{"handle":""}', 'application/json', 400, 403],
      ['presence before types', '{"handle":null,"code":{}}', 'application/json', 400, 403],
      ['a wrong type', '{"handle":["a"]}', 'application/json', 400, 602],
      ['a repeated form parameter', 'handle=a&handle=b', FORM, 400, 602],
      ['a nested form name', 'handle[$gt]=', FORM, 400, 403],
      ['broken JSON', '{"handle":', 'application/json', 400, 602],
      ['a JSON list', '["handle"]', 'application/json', 400, 602],
      ['a JSON text', '"handle"', 'application/json', 400, 602],
      ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'application/json', 400, 602],
      ['broken UTF-8 in a form', Buffer.from('handle=\xe5', 'latin1'), FORM, 400, 602],
      ['9 levels', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`, 'application/json', 400, 602],
      ['another type', '{"handle":"a"}', 'text/plain', 415, 602],
      ['multipart', '--x', 'multipart/form-data; boundary=x', 415, 602],
      ['another charset', '{"handle":"a"}', 'application/json; charset=utf-16', 415, 602],
      ['102,401 bytes', `{"handle":"${'a'.repeat(102_388)}"}`.padEnd(102_401), 'application/json', 413, 602],
    ];
    for (const [what, raw, type, status, code] of refused) {
      it(`refuses ${what}`, async () => {
        const answer = await echo(raw, type);
        assert.deepEqual([answer.status, answer.body?.code], [status, code]);
      });
    }

    it('takes 102,400 bytes, and refuses a compressed body', async () => {
      const answer = await echo(`{"handle":"${'a'.repeat(1000)}"}`.padEnd(102_400), 'application/json');
      assert.equal(answer.status, 200);
      const packed = await asApp('POST', '/api/appuser/echo', {
        raw: '{"handle":"a"}',
        headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      });
      assert.deepEqual([packed.status, packed.body.code], [415, 602]);
    });

    it('emits input_refused for what is wrong, not for what is absent', async () => {
      const start = host.events.length;
      await echo('{"handle":""}', 'application/json');
      await echo('{"handle":7}', 'application/json');
      await echo('handle=a&handle=b', FORM);
      const events = host.events.slice(start).map(({ event, field, reason }) => [event, field, reason]);
      assert.deepEqual(events, [
        ['input_refused', 'handle', 'invalid_type'],
        ['input_refused', 'handle', 'repeated'],
      ]);
    });
  });

  describe('answers', () => {
    it('answers true in exactly four bytes', async () => {
      const answer = await asApp('POST', '/api/appuser/done', { raw: '' });
      assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [200, 'true', '4']);
    });

    it('carries the headers of every answer', async () => {
      for (const path of ['/api/appuser/read', '/nowhere']) {
        const { headers } = await asApp('GET', path);
        assert.equal(headers['content-type'], 'application/json; charset=utf-8');
        assert.equal(headers['cache-control'], 'no-store');
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['access-control-allow-origin'], '*');
        assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/);
        assert.equal(headers['strict-transport-security'], undefined);
        assert.ok(headers['x-request-id']);
      }
    });

    it('keeps a good request id and replaces a bad one', async () => {
      const id = async (given: string) =>
        (await asApp('GET', '/api/appuser/read', { headers: { 'x-request-id': given } })).headers[
          'x-request-id'
        ];
      assert.equal(await id('abc.DEF_1-2'), 'abc.DEF_1-2');
      assert.notEqual(await id('a b'), 'a b');
      assert.notEqual(await id('x'.repeat(65)), 'x'.repeat(65));
      assert.notEqual(await id(''), await id(''));
    });

    it('streams files under a harmless name', async () => {
      const answer = await host.portal('GET', '/api/app/file');
      assert.deepEqual([answer.text, answer.headers['content-type']], ['ab', 'application/zip']);
      assert.equal(answer.headers['content-disposition'], 'attachment; filename="x___y"');
      const head = await host.portal('HEAD', '/api/app/file');
      assert.deepEqual([head.status, head.text], [200, '']);
    });

    it('answers texts and pages with their own headers', async () => {
      const text = await host.portal('GET', '/api/app/text');
      assert.equal(text.headers['cache-control'], 'public, max-age=300');
      const page = await host.portal('GET', '/api/app/html');
      assert.deepEqual([page.status, page.headers['content-type']], [201, 'text/html; charset=utf-8']);
      assert.match(page.headers['content-security-policy'] ?? '', /form-action 'self'/);
      assert.equal(page.headers['referrer-policy'], 'no-referrer');
    });

    it('serves HEAD and prefetching like GET, without effects and without a log row', async () => {
      const before = effects.length;
      const head = await asApp('HEAD', '/api/appuser/read');
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '13']);
      await asApp('GET', '/api/appuser/read', { headers: { 'sec-purpose': 'prefetch' } });
      assert.equal(effects.length, before);
      await asApp('GET', '/api/appuser/read');
      assert.equal(effects.length, before + 1);
    });
  });

  describe('paths and methods', () => {
    it('finds repaired paths', async () => {
      for (const path of [
        '//api/appuser/read',
        '/API/APPUSER/READ/',
        '/api/appuser/%72ead',
        'http://x/api/appuser/read',
      ]) {
        assert.equal((await asApp('GET', path)).status, 200, path);
      }
      const part = await host.portal('GET', '//api/APP/appid/AbC/');
      assert.deepEqual(part.body, { appId: 'AbC' });
    });

    it('answers unknown paths 404 and wrong methods 405, each in its form', async () => {
      const unknown = await asApp('GET', '/api/appuser/nothing');
      assert.deepEqual([unknown.status, unknown.body.code], [404, 602]);
      assert.equal((await asApp('GET', '//API/appuser')).body.code, 602);
      for (const path of ['/api/app/x/y/z', '/elsewhere', '/api/appuserx']) {
        const answer = await host.portal('GET', path);
        assert.deepEqual([answer.status, answer.body.status], [404, 'Fails'], path);
      }
      const wrong = await asApp('GET', '/api/appuser/echo');
      assert.deepEqual([wrong.status, wrong.body.code, wrong.headers.allow], [405, 602, 'POST, OPTIONS']);
      for (const method of ['TRACE', 'PUT', 'PATCH', 'PROPFIND', 'DELETE']) {
        assert.equal((await asApp(method, '/api/appuser/echo')).status, 405, method);
      }
    });

    it('answers preflight requests with 204 and what may be sent', async () => {
      const answer = await host.request('OPTIONS', '/api/appuser/echo', {
        headers: { origin: 'https://a.example', 'access-control-request-headers': 'x-mine' },
      });
      assert.deepEqual([answer.status, answer.text], [204, '']);
      assert.equal(answer.headers['access-control-allow-methods'], 'GET,HEAD,PUT,PATCH,POST,DELETE');
      assert.equal(
        answer.headers['access-control-allow-headers'],
        'app-token, access-token, server-secret, content-type, x-mine',
      );
    });
  });

  describe('errors', () => {
    const user = (error: string) => asApp('POST', '/api/appuser/fails', { json: { error } });
    const portal = (error: string, path = '/api/app/fails') => host.portal('POST', path, { json: { error } });

    it('answers a refusal in the form of the route', async () => {
      const code = await user('handle_taken');
      assert.deepEqual([code.status, code.body], [400, { code: 601, message: 'handle already registered' }]);
      const fails = await portal('user_unknown');
      assert.deepEqual([fails.status, fails.body], [400, { status: 'Fails', message: 'in detail' }]);
      assert.equal((await portal('app_gone')).status, 403);
      assert.deepEqual((await portal('users_full')).body.code, 407);
      assert.equal((await portal('refused', '/api/app/lower')).body.status, 'fails');
    });

    it('answers the unexpected with code 500 and HTTP 400, or Fails and HTTP 500, and logs it once without its text', async () => {
      const start = host.events.length;
      const code = await user('bug');
      assert.deepEqual([code.status, code.body], [400, { code: 500, message: 'internal server error' }]);
      const fails = await portal('bug');
      assert.deepEqual(
        [fails.status, fails.body],
        [500, { status: 'Fails', message: 'internal server error' }],
      );
      const events = host.events.slice(start);
      assert.deepEqual(
        events.map(({ event, name }) => [event, name]),
        [
          ['unexpected_error', 'TypeError'],
          ['unexpected_error', 'TypeError'],
        ],
      );
      assert.ok(!JSON.stringify(host.lines).includes('secret text'));
    });

    it('advises when to come back', async () => {
      const answer = await user('service_unavailable');
      assert.deepEqual([answer.status, answer.body.code], [503, 503]);
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
    });

    it('answers pages for what a link is refused', async () => {
      const page = (error: string) =>
        host.request('GET', `/api/appuser/page?appToken=${app.appToken}&error=${error}`);
      const status: [string, number][] = [
        ['signup_expired', 410],
        ['invalid_data', 400],
        ['bug', 400],
        ['service_unavailable', 503],
      ];
      for (const [error, expected] of status) {
        const answer = await page(error);
        assert.deepEqual(
          [answer.status, answer.headers['content-type']],
          [expected, 'text/html; charset=utf-8'],
          error,
        );
      }
      const tool = await host.request('GET', '/api/appuser/page?appToken=x&error=x');
      assert.equal(tool.body.code, 400);
      const browser = await host.request('GET', '/api/appuser/page?appToken=x&error=x', {
        headers: { accept: 'text/html,*/*' },
      });
      assert.deepEqual([browser.status, browser.headers['content-type']], [400, 'text/html; charset=utf-8']);
    });
  });

  describe('log', () => {
    it('writes one line per request: pattern, no query, no body', async () => {
      const start = host.lines.length;
      const answer = await host.portal('GET', '/api/app/appId/0123?secret=1');
      const lines = host.lines.slice(start);
      assert.equal(lines.length, 1);
      const { time, ms, ...line } = lines[0] ?? {};
      assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
      assert.equal(typeof ms, 'number');
      assert.deepEqual(line, {
        level: 'info',
        msg: 'request',
        requestId: answer.headers['x-request-id'],
        method: 'GET',
        route: '/api/app/appId/:appId',
        status: 200,
      });
    });

    it('gives events of a request its id, route, app and address', async () => {
      const start = host.events.length;
      const answer = await asApp('POST', '/api/appuser/echo', { json: { handle: 1 } });
      const event = host.events[start];
      assert.equal(event?.requestId, answer.headers['x-request-id']);
      assert.equal(event?.route, '/api/appuser/echo');
      assert.equal(event?.appId, app.id);
      assert.equal(event?.address, '127.0.0.1');
    });

    it('writes a row for each outcome of a route, none for refused parameters', async () => {
      const other = await host.createApp();
      const call = (path: string, json: unknown) =>
        host.request('POST', path, { json, headers: { 'app-token': other.appToken } });
      await call('/api/appuser/echo', { handle: 'ada@example.com' });
      await call('/api/appuser/echo', {});
      await call('/api/appuser/fails', { error: 'handle_taken' });
      await host.deps.activity.flush();
      const { rows } = await host.deps.store.activity.page(other.id, {}, { offset: 0, limit: 10 });
      const seen = rows.map(({ action, value, logType, status, handle }) => ({
        action,
        value,
        logType,
        status,
        handle,
      }));
      assert.deepEqual(
        new Set(seen.map((row) => JSON.stringify(row))),
        new Set(
          [
            {
              action: 'echo',
              value: '{"handle":"ada@example.com","status":true}',
              logType: 'user',
              status: 'success',
              handle: 'ada@example.com',
            },
            {
              action: 'fails',
              value: '{"code":601,"message":"handle already registered"}',
              logType: 'user',
              status: 'error',
            },
          ].map((row) => JSON.stringify(row)),
        ),
      );
    });
  });
});

describe('settings of the frame', () => {
  it('answers allowed origins only, and serves the others without CORS headers', async () => {
    const host = await startTestHost({
      routes,
      config: { allowOrigin: ['https://a.example'], apiUrl: 'https://auth.example' },
    });
    try {
      const get = async (origin?: string) =>
        (await host.request('GET', '/nowhere', { headers: origin ? { origin } : {} })).headers;
      assert.equal((await get('https://a.example'))['access-control-allow-origin'], 'https://a.example');
      for (const origin of ['https://b.example', undefined]) {
        assert.equal((await get(origin))['access-control-allow-origin'], undefined);
        assert.equal((await get(origin)).vary, 'Origin');
      }
      assert.match((await get())['strict-transport-security'] ?? '', /max-age/);
      const preflight = await host.request('OPTIONS', '/x', { headers: { origin: 'https://b.example' } });
      assert.deepEqual(
        [preflight.status, preflight.headers['access-control-allow-methods']],
        [204, undefined],
      );
    } finally {
      await host.stop();
    }
  });

  it('limits an address on limited routes, once per minute with one event', async () => {
    const host = await startTestHost({ routes, config: { addressLimitPerMinute: 3, trustProxyHops: 1 } });
    try {
      const app = await host.createApp();
      const post = (path: string, address: string, headers = {}) =>
        host.request('POST', path, {
          json: {},
          headers: { 'x-forwarded-for': address, 'app-token': app.appToken, ...headers },
        });
      for (let call = 0; call < 3; call++)
        assert.equal((await post('/api/appuser/done', '1.1.1.1')).status, 200);
      const refused = await post('/API//appuser/done', '9.9.9.9, 1.1.1.1');
      assert.deepEqual([refused.status, refused.body], [429, { code: 429, message: 'too many requests' }]);
      assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
      await post('/api/appuser/done', '1.1.1.1');
      assert.equal(host.events.filter(({ event }) => event === 'address_limited').length, 1);
      assert.equal((await post('/api/appuser/done', '2.2.2.2')).status, 200);
      const free = await host.request('GET', '/api/appuser/read', {
        headers: { 'x-forwarded-for': '1.1.1.1', 'app-token': app.appToken },
      });
      assert.equal(free.status, 200);
      host.clock.advance(60_000);
      assert.equal((await post('/api/appuser/done', '1.1.1.1')).status, 200);
    } finally {
      await host.stop();
    }
  });

  it('limits server secrets only after wrong ones', async () => {
    const host = await startTestHost({ routes, config: { addressLimitPerMinute: 3 } });
    try {
      const get = (secret: string) =>
        host.request('GET', '/api/app/text', { headers: { 'server-secret': secret } });
      for (let call = 0; call < 5; call++) assert.equal((await get(host.serverSecret)).status, 200);
      for (let call = 0; call < 3; call++) assert.equal((await get('wrong')).body.code, 500);
      const refused = await get('wrong');
      assert.deepEqual([refused.status, refused.body.status], [429, 'Fails']);
    } finally {
      await host.stop();
    }
  });
});
