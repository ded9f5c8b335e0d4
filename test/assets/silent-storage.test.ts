import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { placeOf } from '../../server/model/asset.ts';
import { anOwner } from '../http/asset/stage.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { anAsset } from '../support/records.ts';
import { until } from '../support/until.ts';

/** Longer than one request to a storage may take. */
const LANE_MS = 5_000;

describe('a storage that takes calls and never answers', () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(
      socket
        .on('error', () => {})
        .on('close', () => sockets.delete(socket))
        .resume(),
    );
    most = Math.max(most, sockets.size);
    asked += 1;
  });
  let [most, asked] = [0, 0];
  let host: TestHost;
  let endpoint: string;
  before(async () => {
    host = await startTestHost();
    endpoint = (await listenOnLoopback(server)).url;
  });
  after(async () => {
    await host.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bucket = () => ({
    assetStorage: 's3' as const,
    assetBucket: 'files',
    assetEndpoint: endpoint,
    assetKeyId: 'key',
    assetSecret: 'secret',
  });

  it('holds up no removal of another app', async () => {
    const evil = await anOwner(host, bucket());
    const other = await anOwner(host);
    const kept = (await other.upload()).body;
    const now = host.clock.now();
    const place = placeOf(evil.app, 's3');
    for (let n = 0; n < 60; n++) {
      const row = anAsset({
        appId: evil.app.id,
        storage: 's3',
        status: 'removing',
        place,
        dueAt: now - 1000,
      });
      await host.deps.store.assets.insert(row);
    }
    host.deps.wakeAssets();
    await until('it is asked', () => sockets.size > 0);
    const startedAt = performance.now();
    await other.post('remove', { ids: [kept._id] });
    await until('the file of the other app is gone', async () => {
      return (await host.deps.store.assets.find(other.app.id, kept._id)) === undefined;
    });
    assert.ok(performance.now() - startedAt < LANE_MS, 'before the first ones are given up');
    assert.ok(most <= 10, 'a few connections at a time');
  });

  it('is asked for a few files of a list, and no list waits for more', async () => {
    const evil = await anOwner(host, bucket());
    const writableUntil = host.clock.now() + 3_600_000;
    for (let n = 0; n < 40; n++) {
      const { id: userId } = evil.user;
      await host.deps.store.assets.insert(
        anAsset({ appId: evil.app.id, userId, storage: 's3', writableUntil }),
      );
    }
    await until('nothing else is asked', () => sockets.size === 0);
    [most, asked] = [0, 0];
    const { status, body } = await evil.get('?limit=40');
    assert.deepEqual([status, body.rows.length], [200, 40]);
    assert.deepEqual([most, asked], [8, 8]);
  });
});
