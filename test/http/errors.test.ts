import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { probeRoutes } from './probes.ts';

describe('refusals and log lines', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ routes: probeRoutes });
    app = await host.createApp();
  });
  after(() => host.stop());

  const asApp = (method: string, path: string, options: Parameters<TestHost['request']>[2] = {}) =>
    host.request(method, path, { ...options, headers: { 'app-token': app.appToken, ...options.headers } });

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
      const { time, ms, ...line }: Record<string, unknown> = lines[0] ?? {};
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
