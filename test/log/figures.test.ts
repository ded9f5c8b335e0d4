import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFigures } from '../../server/log/figures.ts';
import type { Figure } from '../../server/model/figure.ts';
import type { FigureStore } from '../../server/ports/store/figures.ts';
import { FakeClock } from '../support/clock.ts';

const DAY = Date.UTC(2026, 0, 15) / 86_400_000;

function setUp() {
  const written: Figure[][] = [];
  const state = { takes: Number.POSITIVE_INFINITY, woken: 0 };
  const store = {
    async add(figures: readonly Figure[]) {
      if (--state.takes < 0) throw new Error('away');
      written.push(figures.map((figure) => ({ ...figure })));
    },
  } as unknown as FigureStore;
  const clock = new FakeClock(Date.UTC(2026, 0, 15, 23, 59, 59, 999));
  const wake = () => void state.woken++;
  return { figures: createFigures({ store, clock, wake }), clock, written, state };
}

describe('figures in memory', () => {
  it('adds up what has one key and writes it once', async () => {
    const { figures, written, state } = setUp();
    figures.count('a', 'signup_requested', 'code', 'EN');
    figures.count('a', 'signup_requested', 'code', 'EN');
    figures.count('a', 'signup_requested', 'code', 'DE');
    figures.count('b', 'renewed');
    assert.equal(state.woken, 1);
    await figures.write();
    await figures.write();
    assert.deepEqual(written, [
      [
        { appId: 'a', day: DAY, metric: 'signup_requested', first: 'code', second: 'EN', count: 2 },
        { appId: 'a', day: DAY, metric: 'signup_requested', first: 'code', second: 'DE', count: 1 },
        { appId: 'b', day: DAY, metric: 'renewed', first: '', second: '', count: 1 },
      ],
    ]);
  });

  it('begins a day at midnight UTC', async () => {
    const { figures, clock, written } = setUp();
    figures.count('a', 'renewed');
    clock.advance(1);
    figures.count('a', 'renewed');
    await figures.write();
    assert.deepEqual(
      written.flat().map(({ day, count }) => [day, count]),
      [
        [DAY, 1],
        [DAY + 1, 1],
      ],
    );
  });

  it('keeps what the store did not take, and writes nothing twice', async () => {
    const { figures, written, state } = setUp();
    for (let n = 0; n < 600; n++) figures.count(`app${n}`, 'renewed');
    state.takes = 1;
    await assert.rejects(figures.write());
    figures.count('app599', 'renewed');
    state.takes = Number.POSITIVE_INFINITY;
    await figures.write();
    const sums = Map.groupBy(written.flat(), ({ appId }) => appId);
    assert.equal(sums.size, 600);
    for (const [appId, rows] of sums) {
      const sum = rows.reduce((all, { count }) => all + count, 0);
      assert.equal(sum, appId === 'app599' ? 2 : 1, appId);
    }
  });

  it('takes nothing for a dimension that could tell who somebody is', async () => {
    const { figures, written } = setUp();
    for (const text of ['ada@example.com', '+4915112345678', '2001:db8::1', 'x'.repeat(33), 'a b']) {
      figures.count('a', 'login', text, text);
    }
    await figures.write();
    assert.deepEqual(
      written.flat().map(({ first, second, count }) => [first, second, count]),
      [['other', 'other', 5]],
    );
  });
});
