import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { AddressLimit } from '../../server/http/frame/request-limit.ts';
import { isHostError } from '../../server/model/errors.ts';
import { FakeClock } from '../support/clock.ts';
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
      const retryAfter = Number(refused.headers['retry-after']);
      assert.deepEqual(
        [refused.status, refused.body],
        [429, { code: 429, message: 'too many requests', retryAfter }],
      );
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

  it('limits what anybody may ask at ten times as much, together, and health probes not at all', async () => {
    const { routes } = await import('../../server/http/routes/index.ts');
    const host = await startTestHost({ routes, config: { addressLimitPerMinute: 2 } });
    try {
      const get = async (path: string) => (await host.request('GET', path)).status;
      for (let call = 0; call < 10; call++) {
        assert.equal(await get('/openapi.json'), 200);
        assert.equal(await get('/'), 200);
      }
      for (const path of ['/', '/openapi.json']) assert.equal(await get(path), 429);
      for (const path of ['/healthz', '/readyz']) assert.equal(await get(path), 200);
      host.clock.advance(60_000);
      assert.equal(await get('/'), 200);
    } finally {
      await host.stop();
    }
  });

  it('refuses an address that is not known, which nobody could count', () => {
    const emitted: string[] = [];
    const deps = { clock: new FakeClock(), events: { emit: (event: string) => void emitted.push(event) } };
    const limit = new AddressLimit(3, deps);
    const isRefused = (error: unknown) => isHostError(error, 'too_many_requests');
    assert.throws(() => limit.count(''), isRefused);
    assert.throws(() => limit.check(''), isRefused);
    limit.count('inside the process');
    new AddressLimit(0, deps).count('');
  });

  const headersOfAll = ['x-request-id', 'cache-control', 'content-security-policy', 'referrer-policy'];
  for (const hstsSubdomains of [false, true]) {
    it(`sends the same headers with everything the frame refuses${hstsSubdomains ? ', for subdomains when told so' : ''}`, async () => {
      const host = await startTestHost({
        routes: probeRoutes,
        config: { apiUrl: 'https://auth.example', hstsSubdomains },
      });
      try {
        const answered = await host.request('GET', '/nowhere');
        const refused = {
          'no host': 'GET / HTTP/1.1\r\n\r\n',
          expectation: 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n',
          connect: 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
          'no HTTP': 'nonsense\r\n\r\n',
          'headers too long': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
        };
        for (const [what, text] of Object.entries(refused)) {
          const [head = ''] = (await ask(host.port, text)).split('\r\n\r\n');
          const headers = new Headers(
            head
              .split('\r\n')
              .slice(1)
              .map((line) => line.split(': ') as [string, string]),
          );
          assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
          assert.equal(
            headers.get('strict-transport-security'),
            `max-age=31536000${hstsSubdomains ? '; includeSubDomains' : ''}`,
          );
          for (const name of headersOfAll.slice(1))
            assert.equal(headers.get(name), answered.headers[name], what);
          assert.match(headers.get('x-request-id') ?? '', /^[\w.-]+$/);
        }
      } finally {
        await host.stop();
      }
    });
  }

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

async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}
