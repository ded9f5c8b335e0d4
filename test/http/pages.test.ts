import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { hashTyped, typedMembers } from '../../server/http/frame/typed-text.ts';
import { routes as allRoutes } from '../../server/http/routes/index.ts';
import { healthRoutes } from '../../server/http/routes/pages/health.ts';
import { openApiRoute } from '../../server/http/routes/pages/openapi.ts';
import { wellKnownRoutes } from '../../server/http/routes/pages/well-known.ts';
import type { App } from '../../server/model/app.ts';
import { ROUTES } from '../contract/table.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { patched } from '../support/patched.ts';
import { until } from '../support/until.ts';

describe('addresses outside the API', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ routes: [...healthRoutes, ...wellKnownRoutes, openApiRoute(allRoutes)] });
    app = await host.createApp();
  });
  after(() => host.stop());
  const get = (path: string, headers = {}) => host.request('GET', path, { headers });

  it('tells that it is alive and ready, whatever the credentials', async () => {
    const bad = { 'server-secret': 'bad', 'app-token': 'bad' };
    assert.deepEqual((await get('/healthz', bad)).body, { status: 'ok' });
    const ready = await get('/readyz', bad);
    assert.deepEqual([ready.status, ready.body], [200, { status: 'ready', database: 'ok' }]);
  });

  it('greets, and refuses a bad credential even there', async () => {
    const greeting = await get('/');
    assert.equal(greeting.status, 200);
    assert.ok(greeting.text.length > 0);
    assert.equal((await get('/', { 'app-token': 'bad' })).body.code, 400);
    assert.equal((await get('/', { 'server-secret': 'bad' })).body.code, 500);
  });

  it('publishes an issuer that leads to the keys', async () => {
    const issuer = `${host.deps.config.apiUrl}/apps/${app.id}`;
    const discovery = await get(`/apps/${app.id}/.well-known/openid-configuration`);
    assert.equal(discovery.body.issuer, issuer);
    assert.equal(discovery.body.jwks_uri, `${issuer}/.well-known/jwks.json`);
    assert.equal(discovery.headers['cache-control'], 'public, max-age=300');
    const jwks = await get(`/apps/${app.id}/.well-known/jwks.json`);
    assert.equal(jwks.headers['cache-control'], 'public, max-age=300');
    assert.equal(jwks.headers['content-type'], 'application/json; charset=utf-8');
    const [key] = jwks.body.keys;
    assert.deepEqual([key.use, key.alg, key.kid], ['sig', 'RS256', app.keys[0]?.kid]);
    assert.equal(key.d, undefined);
    const pem = await get(`/apps/${app.id}/public-key.pem`);
    const published = createPublicKey(pem.text).export({ format: 'jwk' });
    assert.equal(published.n, key.n);
  });

  it('knows no other app', async () => {
    for (const page of ['.well-known/jwks.json', '.well-known/openid-configuration', 'public-key.pem']) {
      const answer = await get(`/apps/${'f'.repeat(32)}/${page}`);
      assert.deepEqual([answer.status, answer.body.status], [404, 'Fails']);
    }
  });

  it('describes the codes that the contract lists for each route, and none but those that any may answer', async () => {
    const { body } = await get('/openapi.json');
    for (const { method, path, errors, addition } of ROUTES) {
      if (!path.startsWith('/api/appuser/') || addition) continue;
      const { responses } = body.paths[path][method.toLowerCase()];
      const { schema } = responses[400].content['application/json'];
      const described: number[] = schema.properties.code.enum;
      const anywhere = [400, 401, 403, 405, 500, 602];
      // An app that hides accounts says the same of every account that is in the way.
      if (path === '/api/appuser/socialLogin') anywhere.push(600);
      assert.deepEqual(
        errors.filter((code) => !described.includes(code)),
        [],
        `${method} ${path} leaves out`,
      );
      assert.deepEqual(
        described.filter((code) => !errors.includes(code) && !anywhere.includes(code)),
        [],
        `${method} ${path} makes up`,
      );
    }
  });

  it('shows an example of every request and answer, which the host itself would take', async () => {
    const { body } = await get('/openapi.json');
    let shown = 0;
    for (const { method, path, input, answer, upload, page } of allRoutes) {
      const operation = body.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      const key = `${method} ${path}`;
      if (!operation || page) continue;
      const request = structuredClone(operation.requestBody?.content['application/json']?.example);
      if (input && request && !upload) {
        const shape = input.shape;
        hashTyped(typedMembers(shape), request);
        const checked = input.safeParse(request);
        assert.ok(checked.success, `${key}: ${JSON.stringify(request)} ${checked.error}`);
        shown++;
      }
      if ('media' in answer || answer instanceof z.ZodNever) continue;
      const { example } = operation.responses[200].content['application/json'];
      const checked = answer.safeParse(example);
      assert.ok(checked.success, `${key}: ${JSON.stringify(example)} ${checked.error}`);
      shown++;
    }
    assert.ok(shown > 100, String(shown));
    const login = body.paths['/api/appuser/login'].post;
    assert.deepEqual(login.requestBody.content['application/json'].example, {
      handle: 'ada@example.com',
      passwordText: 'Correct-Horse-7',
    });
  });

  it('describes the page beside a JSON route', async () => {
    const { body } = await get('/openapi.json');
    const { post } = body.paths['/api/appuser/completeSignup'];
    assert.ok(
      post.parameters.some(
        ({ name, in: place }: Record<string, string>) => name === 'appToken' && place === 'query',
      ),
    );
    assert.deepEqual(post.security, [{ appToken: [] }, { accessToken: [] }, { linkToken: [] }]);
    assert.deepEqual(Object.keys(post.responses[200].content), ['application/json', 'text/html']);
    assert.deepEqual(Object.keys(post.responses[410].content), ['text/html']);
    assert.match(post.description, /it is a page/);
  });

  it('names the codes and reasons of each route by status, those of the portal too', async () => {
    const { body } = await get('/openapi.json');
    const told = (path: string, status: number) => {
      const { schema } = body.paths[path].post.responses[status].content['application/json'];
      return (schema.anyOf ?? [schema]) as {
        properties: { code?: { enum: number[] }; reason?: { enum: string[] } };
      }[];
    };
    const [login] = told('/api/appuser/login', 400);
    assert.ok(login?.properties.reason?.enum.includes('invalid_handle'));
    const [codes, fails] = told('/api/app/addUser', 403);
    assert.deepEqual(codes?.properties.code?.enum, [401, 402]);
    assert.ok(fails?.properties.reason?.enum.includes('password_rules'));
    assert.match(body.paths['/api/app/addUser'].post.responses[403].description, /handle already registered/);
  });

  it('describes every route', async () => {
    const { body } = await get('/openapi.json');
    assert.equal(body.openapi, '3.1.0');
    const operationIds = new Set<string>();
    for (const { method, path } of allRoutes.filter((route) => route.path !== '/openapi.json')) {
      const operation = body.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      assert.ok(operation, `${method} ${path}`);
      operationIds.add(operation.operationId);
      const [content] = Object.values<{ schema: unknown }>(operation.responses[200]?.content ?? {});
      const retired = /\/(?:re)?(?:init|remove)Cosync|saveUserSchema|remoteNotification/.test(path);
      assert.equal(content?.schema === undefined, retired, `${method} ${path}`);
      for (const [, part] of path.matchAll(/:(\w+)/g)) {
        assert.ok(
          operation.parameters.some(
            (known: { name: string; in: string }) => known.name === part && known.in === 'path',
          ),
        );
      }
    }
    assert.ok(operationIds.size > 0);
    const joined = body.paths['/api/appuser/register'].post.responses[200].content['application/json'].schema;
    assert.deepEqual(joined.required, ['jwt', 'access-token', 'signed-user-token']);
    assert.equal(joined.additionalProperties, undefined, 'an answer may grow');
    const login = body.paths['/api/appuser/login'].post.requestBody.content['application/json'].schema;
    assert.deepEqual(login.required, ['handle']);
    const either = [{ anyOf: [{ required: ['password'] }, { required: ['passwordText'] }] }];
    assert.deepEqual(login.allOf, either);
    assert.deepEqual(login.properties.passwordText, { type: 'string', minLength: 1, maxLength: 1024 });
    assert.deepEqual(body.servers, [{ url: host.deps.config.apiUrl }]);
    const tags = body.tags.map(({ name }: { name: string }) => name);
    assert.deepEqual(tags, ['client', 'portal', 'host']);
    const { properties } = body.components.schemas.Code;
    assert.deepEqual(Object.keys(properties).slice(0, 4), ['code', 'message', 'reason', 'field']);
  });
});

describe('readiness', () => {
  it('turns 503 while the database is away, and back, with one event each', async () => {
    const host = await startTestHost({ routes: healthRoutes });
    try {
      const { store } = host.deps;
      const answerOf = (status: number) =>
        until(`/readyz answers ${status}`, async () => {
          const answer = await host.request('GET', '/readyz');
          return answer.status === status && answer.body;
        });
      await patched(store, { ping: () => Promise.reject(new Error('away')) }, async () => {
        assert.deepEqual(await answerOf(503), { status: 'unavailable', database: 'down' });
        assert.equal((await host.request('GET', '/healthz')).status, 200);
      });
      assert.deepEqual(await answerOf(200), { status: 'ready', database: 'ok' });
      const events = host.events.map(({ event, level }) => [event, level]);
      assert.deepEqual(events, [
        ['database_lost', 'error'],
        ['database_back', 'info'],
      ]);
    } finally {
      await host.stop();
    }
  });
});
