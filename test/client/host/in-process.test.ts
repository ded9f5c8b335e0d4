import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestHandler } from '../../../client/host/index.ts';
import { createHostClient, HostClientError, inProcessFetch } from '../../../client/host/index.ts';
import { createApp } from '../../../server/http/koa.ts';
import { routes } from '../../../server/http/routes/index.ts';
import { createLogger } from '../../../server/log/logger.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { until } from '../../support/until.ts';

describe('the in-process transport', () => {
  let host: TestHost;
  let handle: RequestHandler;
  before(async () => {
    host = await startTestHost();
    handle = createApp(host.deps, routes, createLogger('error', { write: () => {} })).callback();
  });
  after(() => host.stop());

  const client = (address?: string) =>
    createHostClient({ url: host.url, secret: host.serverSecret, fetch: inProcessFetch(handle, address) });

  it('answers as the same request over a connection does', async () => {
    const created = await client().apps.create({ name: 'In process' });
    const overWire = createHostClient({ url: host.url, secret: host.serverSecret });
    const { appId } = created;
    assert.deepEqual(await client().apps.get({ appId }), await overWire.apps.get({ appId }));
    for (const each of [client(), overWire]) {
      await assert.rejects(each.apps.create({ name: '' }), { status: 400, reason: 'missing', field: 'name' });
      await assert.rejects(each.apps.get({ appId: 'f'.repeat(32) }), { status: 403 });
    }
  });

  it('carries files both ways', async () => {
    const { appId } = await client().apps.create({ name: 'Exported' });
    const file = await client().data.export({ appId });
    assert.equal(file.name, appId);
    const zip = await new Response(file.body).blob();
    assert.ok(zip.size > 500);
    const imported = await client().data.importApp({ appName: 'Imported', file: zip });
    assert.equal(imported.name, 'Imported');
  });

  it('names the operator as a connection does', async () => {
    const asked = { url: host.url, secret: host.serverSecret, operator: 'Ada Lovelace' };
    const named = createHostClient({ ...asked, fetch: inProcessFetch(handle) });
    const { appId } = await named.apps.create({ name: 'Named' });
    const added = await named.users.add({
      appId,
      handle: 'ada@example.com',
      passwordText: 'a calm Phrase 9',
    });
    const { rows } = await named.logs.list({ appId, handle: added.handle });
    assert.deepEqual(
      rows.map(({ action, by }) => [action, by]),
      [['addUser', 'Ada Lovelace']],
    );
  });

  it('says who asks: the address given stands in the log of who was refused', async () => {
    const seen: string[] = [];
    const watched = { ...host.deps, config: { ...host.deps.config, trustProxyHops: 1 } };
    for (const deps of [host.deps, watched]) {
      const app = createApp(
        deps,
        [
          {
            ...(routes.find(({ path }) => path === '/api/app/connection') ?? assert.fail()),
            respond: () => {
              seen.push(String(host.deps.origin.network()));
              return true;
            },
          },
        ],
        createLogger('error', { write: () => {} }),
      );
      for (const address of ['203.0.113.7', '2001:db8::7', '203.0.113.7']) {
        const fetch = inProcessFetch(app.callback(), address);
        await createHostClient({ url: host.url, secret: host.serverSecret, fetch }).host.ping();
      }
    }
    const [first, second, again, ...behindProxy] = seen;
    assert.equal(first, again);
    assert.notEqual(first, second);
    assert.deepEqual(behindProxy, [first, second, again]);
  });

  it('stops the making of an answer that nobody reads', async () => {
    let made = 0;
    let closed = false;
    const endless: RequestHandler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.on('close', () => {
        closed = true;
      });
      const more = (): void => {
        while (!closed && made < 10_000) {
          made++;
          if (!response.write(Buffer.alloc(64 * 1024))) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    };
    const response = await inProcessFetch(endless)('http://127.0.0.1/');
    await pause(20);
    assert.ok(made < 20, 'no more is made than is read');
    await response.body?.cancel();
    await until('the answer is given up', () => closed);
  });

  it('ends with its caller', async () => {
    let gone = false;
    const hanging: RequestHandler = (request) => {
      request.socket.once('close', () => {
        gone = true;
      });
    };
    const hung = createHostClient({
      url: host.url,
      secret: 's',
      fetch: inProcessFetch(hanging),
      timeoutMs: 50,
    });
    await assert.rejects(hung.apps.reset({ appId: 'a' }), (error) => {
      assert.ok(error instanceof HostClientError);
      return error.kind === 'timeout';
    });
    await until('the request is given up', () => gone);
  });
});
