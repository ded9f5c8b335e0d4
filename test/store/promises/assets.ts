import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anAsset, anId, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

export function describeAssets(stage: () => Stage): void {
  it('keeps an asset, and finds it in its own app alone', async () => {
    const { assets } = stage().store;
    const asset = anAsset({ caption: 'Ärmel', extra: { album: [1, { a: null }] } });
    await assets.insert(asset);
    assert.deepEqual(await assets.find(asset.appId, asset.id), asset);
    assert.equal(await assets.find(anId(), asset.id), undefined);
  });

  it('lists the assets of a user and of an app, newest first, without what is only reserved', async () => {
    const { assets } = stage().store;
    const [appId, userId, other] = [anId(), anId(), anId()];
    const made = Array.from({ length: 5 }, (_, n) => anAsset({ appId, userId, createdAt: MADE_AT + n }));
    const foreign = anAsset({ appId, userId: other, createdAt: MADE_AT + 9 });
    const reserved = anAsset({ appId, userId, status: 'reserved', createdAt: MADE_AT + 8 });
    for (const asset of [...made, foreign, reserved]) await assets.insert(asset);
    const first = await assets.list(appId, userId, { limit: 2 });
    assert.deepEqual(first.rows, [made[4], made[3]]);
    await assets.insert(anAsset({ appId, userId, createdAt: MADE_AT + 7 }));
    const second = await assets.list(appId, userId, { after: first.next, limit: 5 });
    assert.deepEqual(second, { rows: [made[2], made[1], made[0]] });
    const all = await assets.list(appId, undefined, { limit: 2 });
    assert.deepEqual(all.rows[0], foreign);
    assert.equal(await assets.count(appId, userId), 6);
  });

  it('moves a reservation to the assets in one write that one of two makes', async () => {
    const { store, another } = stage();
    const { dueAt: _, ...reserved } = anAsset({ status: 'reserved' });
    await store.assets.insert({ ...reserved, dueAt: MADE_AT + 5 });
    const kept = { ...reserved, status: 'active' } as const;
    const written = await Promise.all([store.assets.replace(kept), another().assets.replace(kept)]);
    assert.equal(written.filter((one) => one !== undefined).length, 1);
    const listed = await store.assets.list(kept.appId, kept.userId, { limit: 5 });
    assert.deepEqual(listed.rows, [{ ...kept, revision: 2 }]);
    assert.deepEqual(
      await store.assets.takeDue({ now: MADE_AT + 9, leaseUntil: MADE_AT + 60, limit: 5 }),
      [],
    );
  });

  it('walks everything of a user and of an app, reservations too', async () => {
    const { assets } = stage().store;
    const [appId, userId] = [anId(), anId()];
    const own = [anAsset({ appId, userId }), anAsset({ appId, userId, status: 'reserved' })];
    const place = { kind: 's3', bucket: 'b', region: 'r', keyId: 'k', secret: 'hush' } as const;
    const gone = anAsset({
      appId,
      userId,
      status: 'removing',
      dueAt: MADE_AT + 90_000_000,
      tries: 1,
      place: { ...place, endpoint: 'https://s3.example.com', publicBase: 'https://cdn.example.com' },
    });
    const others = [anAsset({ appId, userId: anId() })];
    for (const asset of [...own, ...others, gone, anAsset()]) await assets.insert(asset);
    const ids = async (rows: AsyncIterable<{ id: string }>) =>
      (await Array.fromAsync(rows)).map(({ id }) => id).sort();
    assert.deepEqual(await ids(assets.stream(appId, userId)), own.map(({ id }) => id).sort());
    assert.deepEqual(await ids(assets.stream(appId)), [...own, ...others].map(({ id }) => id).sort());
    const removals = await Array.fromAsync(assets.streamRemovals());
    assert.deepEqual(
      removals.filter((each) => each.appId === appId),
      [gone],
    );
  });

  it('gives each row that is due to one taker', async () => {
    const { store, another } = stage();
    const appId = anId();
    const input = { now: MADE_AT, leaseUntil: MADE_AT + 60_000, limit: 3 };
    const due = (['reserved', 'removing'] as const).flatMap((status) =>
      Array.from({ length: 6 }, () => anAsset({ appId, status, dueAt: MADE_AT })),
    );
    for (const asset of due) await store.assets.insert(asset);
    const takers = [store, another()].flatMap(({ assets }) => [1, 2, 3, 4].map(() => assets.takeDue(input)));
    const taken = (await Promise.all(takers)).flat().map(({ id }) => id);
    assert.deepEqual(taken.sort(), due.map(({ id }) => id).sort());
  });

  it('gives nothing of the apps that are excepted', async () => {
    const { assets } = stage().store;
    const apps = [anId(), anId(), anId()] as const;
    for (const appId of apps) await assets.insert(anAsset({ appId, status: 'removing', dueAt: MADE_AT }));
    const input = { now: MADE_AT, leaseUntil: MADE_AT + 60_000, limit: 10 };
    const taken = await assets.takeDue({ ...input, exceptApps: [apps[0], apps[2]] });
    assert.deepEqual(
      taken.map(({ appId }) => appId).filter((appId) => apps.includes(appId)),
      [apps[1]],
    );
    const rest = (await assets.takeDue({ ...input, exceptApps: [] })).map(({ appId }) => appId);
    assert.deepEqual(rest.filter((appId) => apps.includes(appId)).sort(), [apps[0], apps[2]].sort());
  });

  it('removes an asset at the revision that was seen alone', async () => {
    const { assets } = stage().store;
    const asset = anAsset();
    await assets.insert(asset);
    assert.equal(await assets.remove({ ...asset, revision: 2 }), false);
    assert.equal(await assets.remove(asset), true);
    assert.equal(await assets.find(asset.appId, asset.id), undefined);
  });
}
