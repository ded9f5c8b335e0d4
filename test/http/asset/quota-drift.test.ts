import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { takeBytes, usedBytes } from '../../../server/domain/assets/quota.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { anAsset } from '../../support/records.ts';
import { anOwner } from './stage.ts';

const MB = 1_048_576;

describe('a quota that is asked all the time', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('gives nothing back of what is being reserved while it looks', async () => {
    const owner = await anOwner(host, { assetQuotaMb: 1 });
    const { store } = host.deps;
    const of = { appId: owner.app.id, userId: owner.user.id };
    // Counted, and not in a row yet: another one at each look, as with many calls at once.
    const begun: number[] = [MB / 4];
    let stored = [anAsset({ ...of, status: 'reserved', storageSize: MB / 2 })];
    for (const asset of stored) await store.assets.insert(asset);
    const counter = `assets/${of.appId}/${of.userId}`;
    await store.counters.increment(counter, { now: host.clock.now(), by: MB / 2 + MB / 4 });
    const clock = {
      now: () => host.clock.now(),
      async pause() {
        const size = begun.shift() ?? 0;
        const next = anAsset({ ...of, status: 'reserved', storageSize: size, createdAt: host.clock.now() });
        await store.assets.insert(next);
        const [old] = stored;
        if (old) {
          await store.assets.remove({ ...old, revision: 1 });
          await store.counters.decrement(counter, old.storageSize);
        }
        stored = [...stored.slice(1), next];
        await store.counters.increment(counter, { now: host.clock.now(), by: MB / 4 });
        begun.push(MB / 4);
      },
    };
    await assert.rejects(takeBytes({ store, clock }, owner.app, of.userId, MB - 1), {
      because: { reason: 'quota_exceeded', field: 'size' },
    });
    const rows = stored.reduce((sum, { storageSize }) => sum + storageSize, 0);
    assert.equal(await usedBytes({ store, clock }, of), rows + MB / 4);
  });

  it('gives back what a crash left counted, once it is quiet', async () => {
    const owner = await anOwner(host, { assetQuotaMb: 1 });
    const { store } = host.deps;
    const of = { appId: owner.app.id, userId: owner.user.id };
    await owner.init({ size: 100 });
    await store.counters.increment(`assets/${of.appId}/${of.userId}`, { now: host.clock.now(), by: MB / 2 });
    const clock = { now: () => host.clock.now(), pause: async () => {} };
    await takeBytes({ store, clock }, owner.app, of.userId, MB - 100);
    assert.equal(await usedBytes({ store, clock }, of), MB);
  });
});
