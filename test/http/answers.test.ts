import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { effects, probeRoutes } from './probes.ts';

describe('answers', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ routes: probeRoutes });
    app = await host.createApp();
  });
  after(() => host.stop());

  const asApp = (method: string, path: string, options: Parameters<TestHost['request']>[2] = {}) =>
    host.request(method, path, { ...options, headers: { 'app-token': app.appToken, ...options.headers } });

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
        assert.match(String(headers['content-security-policy']), /default-src 'none'/);
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
      assert.match(String(page.headers['content-security-policy']), /form-action 'self'/);
      assert.equal(page.headers['referrer-policy'], 'no-referrer');
    });

    it('serves HEAD and prefetching of a link like GET, without effects', async () => {
      const link = `/api/appuser/open?appToken=${app.appToken}`;
      const before = effects.length;
      const head = await host.request('HEAD', link);
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '13']);
      for (const name of ['sec-purpose', 'purpose', 'x-moz']) {
        await host.request('GET', link, { headers: { [name]: 'prefetch' } });
      }
      await host.request('GET', link, { headers: { 'x-purpose': 'preview' } });
      assert.equal(effects.length, before);
      await host.request('GET', link);
      assert.equal(effects.length, before + 1);
    });

    it('keeps nothing out of the log for what a header says', async () => {
      const other = await host.createApp();
      const headers = { 'app-token': other.appToken };
      const calls: [string, string, Record<string, string>][] = [
        ['HEAD', '/api/appuser/read', {}],
        ['GET', '/api/appuser/read', { 'sec-purpose': 'prefetch' }],
        ['POST', '/api/appuser/echo', { purpose: 'x' }],
        ['POST', '/api/appuser/fails', { purpose: 'x', 'sec-purpose': 'prefetch' }],
      ];
      const json = { handle: 'ada@example.com', error: 'handle_taken' };
      for (const [method, path, more] of calls) {
        await host.request(method, path, {
          headers: { ...headers, ...more },
          ...(method === 'POST' && { json }),
        });
      }
      await host.deps.activity.flush();
      const { rows } = await host.deps.store.activity.page(other.id, {}, { offset: 0, limit: 10 });
      assert.deepEqual(rows.map(({ action, status }) => `${action} ${status}`).sort(), [
        'echo success',
        'fails error',
        'read success',
        'read success',
      ]);
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
});
