import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { RouteTable } from '../../../server/http/frame/router.ts';
import { portalRoute, type Route, userRoute } from '../../../server/http/route.ts';

const respond = () => true;
const login = userRoute({
  method: 'POST',
  path: '/api/appuser/login',
  summary: '',
  answer: z.unknown(),
  caller: 'app',
  respond,
});
const complete = userRoute({
  method: 'POST',
  path: '/api/appuser/completeSignup',
  summary: '',
  answer: z.unknown(),
  caller: 'app',
  respond,
});
const page = userRoute({
  method: 'POST',
  path: '/api/appuser/completeSignup',
  summary: '',
  answer: z.unknown(),
  caller: 'link',
  page: true,
  respond,
});
const find = portalRoute({
  method: 'GET',
  path: '/api/app/appId/:appId',
  summary: '',
  answer: z.unknown(),
  input: z.object({ appId: z.string(), more: z.string().optional() }),
  respond,
});
const remove = portalRoute({
  method: 'DELETE',
  path: '/api/app/:appId',
  summary: '',
  answer: z.unknown(),
  respond,
});
const table = new RouteTable([login, complete, page, find, remove]);

function found(method: string, path: string, byQuery = false): Route | undefined {
  const match = table.find(method, path, byQuery);
  return match && 'endpoint' in match ? match.endpoint.route : undefined;
}

describe('route table', () => {
  it('finds exact paths in any spelling', () => {
    for (const path of ['/api/appuser/login', '//API/appUser//LOGIN/', '/api/appuser/%6cogin']) {
      assert.equal(found('POST', path), login, path);
    }
  });

  it('finds paths with parts and keeps the value of a part', () => {
    const match = table.find('GET', '//API/app/appid/Ab%2Fc%zz/', false);
    assert.ok(match && 'params' in match);
    assert.equal(match.endpoint.route, find);
    assert.equal(match.params.appId, 'Ab%2Fc%zz');
    assert.equal(found('DELETE', '/api/app/0123'), remove);
  });

  it('knows neither more nor fewer segments', () => {
    for (const path of ['/api/app/appId/a/b', '/api', '', '/api/appuser/login/x']) {
      assert.equal(table.find('GET', path, false), undefined, path);
    }
  });

  it('names the methods of a known path', () => {
    assert.deepEqual(table.find('PUT', '/api/appuser/login', false), {
      pattern: '/api/appuser/login',
      allowed: 'POST, OPTIONS',
    });
    const match = table.find('POST', '/api/app/appId/x', false);
    assert.deepEqual(match, { pattern: '/api/app/appId/:appId', allowed: 'GET, HEAD, OPTIONS' });
  });

  it('serves HEAD by the GET route', () => assert.equal(found('HEAD', '/api/app/appId/x'), find));

  it('gives the page to callers with a link', () => {
    assert.equal(found('POST', '/api/appuser/completeSignup', true), page);
    assert.equal(found('POST', '/api/appuser/completeSignup', false), complete);
    assert.equal(found('POST', '/api/appuser/login', true), login);
  });

  it('refuses two declarations of one method and path', () => {
    const twin = { ...login, path: '/api/appuser/LOGIN' };
    assert.throws(() => new RouteTable([login, twin]), TypeError);
    assert.throws(() => new RouteTable([page, { ...page }]), TypeError);
    assert.throws(() => new RouteTable([remove, { ...remove }]), TypeError);
  });

  it('knows which members are required', () => {
    const match = table.find('GET', '/api/app/appId/x', false);
    assert.ok(match && 'endpoint' in match);
    assert.deepEqual(match.endpoint.required, [{ name: 'appId', orElse: [] }]);
    assert.deepEqual([...match.endpoint.names], ['appId', 'more']);
  });
});
