import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startHostProcess } from '../support/host-process.ts';
import { listenOnLoopback } from '../support/listen.ts';

describe('a portal with a port of its own', { timeout: 400_000 }, () => {
  it('answers there alone, and the API answers there not at all', async () => {
    const own = await freePort();
    const host = startHostProcess({ env: { PORTAL_PORT: String(own) } });
    const port = await host.listening;
    const status = async (at: number, path: string) =>
      (await fetch(`http://127.0.0.1:${at}${path}`, { redirect: 'manual' })).status;
    assert.equal(await status(own, '/portal/sign-in'), 200);
    assert.equal(await status(own, '/healthz'), 200);
    assert.equal(await status(own, '/api/appuser/getApplication'), 404);
    assert.equal(await status(own, '/'), 404);
    assert.equal(await status(port, '/portal/sign-in'), 404);
    assert.equal(await status(port, '/healthz'), 200);
    host.child.kill('SIGTERM');
    assert.equal((await host.ended).code, 0);
    await host.stop();
  });

  it('names the setting when that port is taken', async () => {
    const server = createServer();
    const { port } = await listenOnLoopback(server);
    const host = startHostProcess({ env: { PORTAL_PORT: String(port) } });
    const { code, stderr } = await host.ended;
    assert.equal(code, 78);
    assert.match(stderr, /PORTAL_PORT is in use/);
    await host.stop();
    server.close();
  });
});
