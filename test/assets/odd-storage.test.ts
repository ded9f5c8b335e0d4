import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { anOwner } from '../http/asset/stage.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { listenOnLoopback } from '../support/listen.ts';

/** Storages belong to owners of apps, not to whoever runs the host (threats R44). */
describe('a storage that answers what it likes', () => {
  let host: TestHost;
  let said: Record<string, string> = {};
  const server = createServer((_request, response) => {
    response.writeHead(200, said).end();
  });
  let endpoint: string;
  before(async () => {
    host = await startTestHost();
    endpoint = (await listenOnLoopback(server)).url;
  });
  after(async () => {
    await host.stop();
    server.closeAllConnections();
    server.close();
  });

  it('makes no asset of another type or size than there are', async () => {
    const owner = await anOwner(host, {
      assetStorage: 's3',
      assetBucket: 'files',
      assetEndpoint: endpoint,
      assetKeyId: 'key',
      assetSecret: 'secret',
      assetTypes: '*/*',
    });
    const { contentId } = (await owner.init()).body;
    const create = async (headers: Record<string, string>) => {
      said = { ETag: '"a"', 'Content-Type': 'image/jpeg', 'Content-Length': '5', ...headers };
      const { status, body } = await owner.post('create', { contentId });
      return body.reason ?? status;
    };
    for (const type of ['=cmd|x', 'image/<script>', '../../x', 'a/b/c', `image/${'x'.repeat(9_000)}`])
      assert.equal(await create({ 'Content-Type': type }), 'type_not_allowed', type);
    assert.equal(await create({ 'Content-Length': '9007199254740993' }), 'too_large');
    assert.equal(await create({ 'Content-Length': '6' }), 'too_large');
    assert.equal(await create({ 'Content-Type': 'IMAGE/JPEG;x' }), 200);
    assert.equal((await owner.get(`/${contentId}`)).body.contentType, 'image/jpeg');
  });
});
