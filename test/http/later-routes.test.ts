import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RouteTable } from '../../server/http/frame/router.ts';
import { laterRoutes, routes } from '../../server/http/routes/index.ts';
import { later } from '../../server/http/routes/later.ts';

const first = routes.filter((route) => !laterRoutes.includes(route));

describe('routes that are loaded with the first request for one of them', () => {
  it('are told by their paths, and no other route by those', () => {
    for (const { path } of laterRoutes) assert.ok(later.fits(path), path);
    for (const { path } of first) assert.equal(later.fits(path), false, path);
  });

  it('are found once they are loaded, however the path is spelled, and loaded once', async () => {
    let loads = 0;
    const table = new RouteTable(first, {
      ...later,
      load: () => {
        loads++;
        return later.load();
      },
    });
    assert.equal(table.find('GET', '/api/app/users', false), undefined);
    assert.equal(await table.addLater('/api/appuser/unknown'), false);
    assert.equal(await table.addLater('/unknown'), false);
    assert.equal(loads, 0);
    const added = await Promise.all(['//API/App/users', '/api/host/'].map((path) => table.addLater(path)));
    assert.deepEqual(added, [true, true]);
    assert.equal(loads, 1);
    const found = table.find('GET', '/api/app/users', false);
    assert.ok(found && 'endpoint' in found && found.endpoint.route.path === '/api/app/users');
    assert.deepEqual(table.find('DELETE', '/api/app/users', false), {
      pattern: '/api/app/users',
      allowed: 'GET, HEAD, OPTIONS',
    });
  });

  it('are asked for again when they could not be loaded', async () => {
    let loads = 0;
    const table = new RouteTable(first, {
      ...later,
      load: async () => (loads++ === 0 ? assert.fail('no such file') : later.load()),
    });
    await assert.rejects(table.addLater('/api/app'));
    assert.equal(await table.addLater('/api/app'), true);
  });
});
