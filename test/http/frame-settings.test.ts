import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startTestHost } from '../support/host.ts';
import { probeRoutes } from './probes.ts';

describe('settings of the frame', () => {
  it('answers allowed origins only, and serves the others without CORS headers', async () => {
    const host = await startTestHost({
      routes: probeRoutes,
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
    const host = await startTestHost({
      routes: probeRoutes,
      config: { addressLimitPerMinute: 3, trustProxyHops: 1 },
    });
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
    const host = await startTestHost({ routes: probeRoutes, config: { addressLimitPerMinute: 3 } });
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
