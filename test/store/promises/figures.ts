import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Figure } from '../../../server/model/figure.ts';
import { anId } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

const DAY = 20_454;
const aFigure = (fields: Partial<Figure> & Pick<Figure, 'appId'>): Figure => ({
  day: DAY,
  metric: 'signup_requested',
  first: 'code',
  second: 'EN',
  count: 1,
  ...fields,
});
const ALL = { metric: 'signup_requested', from: DAY - 10, to: DAY + 10 } as const;

export function describeFigures(stage: () => Stage): void {
  it('adds up what any number of processes count, new rows and old ones', async () => {
    const { store, another } = stage();
    const appId = anId();
    const stores = [store, another()];
    const batch = (process: number) => [
      aFigure({ appId, count: 2 }),
      aFigure({ appId, second: `P${process % 2}`, count: 1 }),
    ];
    await Promise.all(Array.from({ length: 20 }, (_, n) => stores[n % 2]?.figures.add(batch(n))));
    assert.deepEqual(await store.figures.sums(appId, { ...ALL, by: ['second'] }), [
      { day: DAY, first: '', second: 'EN', count: 40 },
      { day: DAY, first: '', second: 'P0', count: 10 },
      { day: DAY, first: '', second: 'P1', count: 10 },
    ]);
  });

  it('sums over what is not asked for, days ascending, both ends included', async () => {
    const { figures } = stage().store;
    const appId = anId();
    await figures.add([
      aFigure({ appId, day: DAY + 1, first: 'link', count: 5 }),
      aFigure({ appId, count: 1 }),
      aFigure({ appId, first: 'link', second: 'DE', count: 2 }),
      aFigure({ appId, day: DAY - 1, count: 7 }),
      aFigure({ appId, metric: 'login', first: 'password', second: '', count: 9 }),
      aFigure({ appId: anId(), count: 11 }),
    ]);
    const asked = { ...ALL, from: DAY, to: DAY + 1 };
    assert.deepEqual(await figures.sums(appId, { ...asked, by: [] }), [
      { day: DAY, first: '', second: '', count: 3 },
      { day: DAY + 1, first: '', second: '', count: 5 },
    ]);
    assert.deepEqual(await figures.sums(appId, { ...asked, by: ['first', 'second'] }), [
      { day: DAY, first: 'code', second: 'EN', count: 1 },
      { day: DAY, first: 'link', second: 'DE', count: 2 },
      { day: DAY + 1, first: 'link', second: 'EN', count: 5 },
    ]);
    assert.deepEqual(await figures.sums(appId, { ...asked, by: ['first'], second: 'DE' }), [
      { day: DAY, first: 'link', second: '', count: 2 },
    ]);
    assert.equal(await figures.firstDay(appId), DAY - 1);
    assert.equal(await figures.firstDay(anId()), undefined);
  });

  it('tells whether anything was counted at all', async () => {
    const { figures } = stage().store;
    const appId = anId();
    await figures.add([aFigure({ appId, metric: 'message', first: 'email', second: 'sent' })]);
    assert.equal(await figures.counted(appId, 'message'), true);
    assert.equal(await figures.counted(appId, 'message', 'sent'), true);
    assert.equal(await figures.counted(appId, 'message', 'failed'), false);
    assert.equal(await figures.counted(appId, 'login'), false);
    assert.equal(await figures.counted(anId(), 'message'), false);
  });

  it('takes no name for anything but a name', async () => {
    const { figures } = stage().store;
    const appId = anId();
    await figures.add([aFigure({ appId, first: "'; DROP TABLE figures", second: '$ne' })]);
    assert.deepEqual(await figures.sums(appId, { ...ALL, by: ['first', 'second'] }), [
      { day: DAY, first: "'; DROP TABLE figures", second: '$ne', count: 1 },
    ]);
  });

  it('streams every figure of one app once, and removes them all', async () => {
    const { figures } = stage().store;
    const [appId, other] = [anId(), anId()];
    const own = Array.from({ length: 1_203 }, (_, n) => aFigure({ appId, day: n % 401, first: `f${n % 3}` }));
    await figures.add([...own, aFigure({ appId: other })]);
    const streamed = await Array.fromAsync(figures.stream(appId));
    const keyOf = ({ day, first }: Figure) => `${day} ${first}`;
    assert.equal(streamed.length, 1_203);
    assert.deepEqual(new Set(streamed.map(keyOf)), new Set(own.map(keyOf)));
    assert.deepEqual(
      streamed.find(({ day, first }) => day === 0 && first === 'f0'),
      own[0],
    );
    assert.equal(await figures.removeAll(appId), 1_203);
    assert.deepEqual(await Array.fromAsync(figures.stream(appId)), []);
    assert.equal((await Array.fromAsync(figures.stream(other))).length, 1);
  });

  it('removes what is older than a day, a batch at a time, over all apps', async () => {
    const { figures } = stage().store;
    const [one, other] = [anId(), anId()];
    // Days that no other test uses.
    for (const appId of [one, other]) {
      await figures.add([-9, -8, -7].map((day) => aFigure({ appId, day })));
    }
    assert.equal(await figures.removeOlder(-7, 3), 3);
    assert.equal(await figures.removeOlder(-7, 3), 1);
    for (const appId of [one, other]) assert.equal(await figures.firstDay(appId), -7);
  });
}
