import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anActivity, anId, aRowId, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

export function describeActivity(stage: () => Stage): void {
  it('pages and counts what a filter holds, newest first', async () => {
    const { activity } = stage().store;
    const appId = anId();
    const rows = Array.from({ length: 12 }, (_, n) =>
      anActivity({
        appId,
        createdAt: MADE_AT + n,
        logType: n % 2 === 0 ? 'user' : 'app',
        status: n % 3 === 0 ? 'error' : 'success',
        action: n < 6 ? 'login' : 'signup',
        value: `${n}`,
      }),
    );
    await activity.insertMany([...rows, anActivity({ appId: anId() })]);
    const page = async (filter: Parameters<typeof activity.page>[1], offset = 0, limit = 20) => {
      const found = await activity.page(appId, filter, { offset, limit });
      return [found.rows.map(({ value }) => value).join(' '), found.total];
    };
    assert.deepEqual(await page({}, 0, 3), ['11 10 9', 12]);
    assert.deepEqual(await page({}, 10), ['1 0', 12]);
    assert.deepEqual(await page({ logType: 'app' }), ['11 9 7 5 3 1', 6]);
    assert.deepEqual(await page({ status: 'error', logType: 'user' }), ['6 0', 2]);
    assert.deepEqual(await page({ from: MADE_AT + 2, to: MADE_AT + 5 }), ['4 3 2', 3]);
    assert.deepEqual(await page({ actions: ['signup', 'invite'], status: 'error' }), ['9 6', 2]);
    assert.deepEqual(await page({ actions: ['invite'] }), ['', 0]);
  });

  it('answers rows exactly as they were recorded, with an app and without', async () => {
    const { activity } = stage().store;
    const appId = anId();
    const { handle: _, ...nameless } = anActivity({ appId });
    const { appId: __, ...ofTheHost } = anActivity();
    await activity.insertMany([nameless, ofTheHost]);
    assert.deepEqual((await activity.page(appId, {}, { offset: 0, limit: 5 })).rows, [nameless]);
    assert.deepEqual((await activity.page('host', {}, { offset: 0, limit: 5 })).rows, [ofTheHost]);
  });

  it('takes a batch again of which some rows had arrived, and leaves those as they are', async () => {
    const { activity } = stage().store;
    const appId = anId();
    const rows = Array.from({ length: 1200 }, (_, n) =>
      anActivity({ id: aRowId(), appId, createdAt: MADE_AT + n }),
    );
    const arrived = rows.filter((_, n) => n % 7 === 0).map((row) => ({ ...row, value: 'arrived' }));
    await activity.insertMany(arrived);
    await activity.insertMany(rows);
    await activity.insertMany(rows);
    const { rows: page, total } = await activity.page(appId, {}, { offset: 0, limit: 7 });
    assert.equal(total, 1200);
    // The newest is number 1199; of seven in a row one is divisible by seven.
    assert.deepEqual(
      page.map(({ value }) => value === 'arrived'),
      [1199, 1198, 1197, 1196, 1195, 1194, 1193].map((n) => n % 7 === 0),
    );
  });

  it('tells when the row at a place was made, and removes older ones of one app', async () => {
    const { activity } = stage().store;
    const [appId, other] = [anId(), anId()];
    const made = (app: string) => (_: unknown, n: number) =>
      anActivity({ id: aRowId(), appId: app, createdAt: MADE_AT + n });
    await activity.insertMany([
      ...Array.from({ length: 10 }, made(appId)),
      ...Array.from({ length: 3 }, made(other)),
    ]);
    assert.equal(await activity.timeAt(appId, 0), MADE_AT + 9);
    assert.equal(await activity.timeAt(appId, 9), MADE_AT);
    assert.equal(await activity.timeAt(appId, 10), undefined);
    assert.equal(await activity.removeOlder(MADE_AT + 4, 3, appId), 3);
    assert.equal(await activity.removeOlder(MADE_AT + 4, 3, appId), 1);
    const left = async (app: string) => (await activity.page(app, {}, { offset: 0, limit: 1 })).total;
    assert.deepEqual([await left(appId), await left(other)], [6, 3]);
  });

  it('removes what is old in bounded steps, over all apps', async () => {
    const { activity } = stage().store;
    const [first, second] = [anId(), anId()];
    const old = { createdAt: MADE_AT - 1_000 };
    const rows = Array.from({ length: 500 }, (_, n) =>
      anActivity({ ...old, id: aRowId(), appId: n % 2 ? first : second }),
    );
    await activity.insertMany([...rows, anActivity({ appId: first, createdAt: MADE_AT - 500 })]);
    assert.equal(await activity.removeOlder(MADE_AT - 500, 300), 300);
    assert.equal(await activity.removeOlder(MADE_AT - 500, 300), 200);
    assert.equal(await activity.removeOlder(MADE_AT - 500, 300), 0);
    assert.equal((await activity.page(first, {}, { offset: 0, limit: 5 })).total, 1);
    assert.equal(await activity.removeAll(first), 1);
  });
}
