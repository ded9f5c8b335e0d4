import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFigures } from '../../server/log/figures.ts';
import type { Figure } from '../../server/model/figure.ts';
import type { FigureStore } from '../../server/ports/store/figures.ts';
import type { UserStore } from '../../server/ports/store/users.ts';
import { FakeClock } from '../support/clock.ts';

const DAY = Date.UTC(2026, 0, 15) / 86_400_000;

function setUp() {
  const written: Figure[][] = [];
  const state = { takes: Number.POSITIVE_INFINITY, woken: 0, seen: new Map<string, number>() };
  const figureStore: Pick<FigureStore, 'add'> = {
    async add(figures: readonly Figure[]) {
      if (--state.takes < 0) throw new Error('away');
      written.push(figures.map((figure) => ({ ...figure })));
    },
  };
  const users: Pick<UserStore, 'recordVisits'> = {
    async recordVisits(visits) {
      if (--state.takes < 0) throw new Error('away');
      return visits.flatMap((visit) => {
        const lastSeenDay = state.seen.get(visit.userId);
        if (lastSeenDay !== undefined && lastSeenDay >= visit.day) return [];
        state.seen.set(visit.userId, visit.day);
        return [{ ...visit, lastSeenDay }];
      });
    },
  };
  const clock = new FakeClock(Date.UTC(2026, 0, 15, 23, 59, 59, 999));
  const wake = () => void state.woken++;
  return {
    figures: createFigures({ store: { figures: figureStore, users }, clock, wake }),
    clock,
    written,
    state,
  };
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

  /** Visits of one user at these times; what they count as, each time anew. */
  async function visitsAt(createdAt: string, times: readonly string[]) {
    const { figures, clock, written } = setUp();
    const user = { appId: 'a', id: 'u', createdAt: Date.parse(createdAt) };
    const counted: string[][] = [];
    for (const time of times) {
      written.length = 0;
      clock.advance(Date.parse(time) - clock.now());
      figures.visit(user);
      figures.visit(user);
      await figures.write();
      const named = written
        .flat()
        .map(({ metric, first, second, count }) =>
          [metric, first, second, count === 1 ? '' : count].filter((part) => part !== '').join(' '),
        );
      counted.push(named.sort());
    }
    return counted;
  }

  it('counts the first visit of a UTC day, an ISO week and a month, and a return by weeks since', async () => {
    assert.deepEqual(
      await visitsAt('2025-12-28T23:00:00Z', [
        '2025-12-28T23:00:00Z',
        '2025-12-28T23:59:59Z',
        '2025-12-29T00:00:00Z',
        '2025-12-31T12:00:00Z',
        '2026-01-01T12:00:00Z',
        '2026-01-05T12:00:00Z',
        '2027-01-03T12:00:00Z',
      ]),
      [
        ['active_day', 'active_month', 'active_week', 'returned 2025-W52 0'],
        [],
        ['active_day', 'active_week', 'returned 2025-W52 1'],
        ['active_day'],
        ['active_day', 'active_month'],
        ['active_day', 'active_week', 'returned 2025-W52 2'],
        ['active_day', 'active_month', 'active_week', 'returned 2025-W52 53'],
      ],
    );
  });

  it('counts a visit that the store did not take when it does', async () => {
    const { figures, written, state } = setUp();
    state.takes = 0;
    figures.visit({ appId: 'a', id: 'u', createdAt: 0 });
    await assert.rejects(figures.write());
    state.takes = Number.POSITIVE_INFINITY;
    await figures.write();
    assert.deepEqual(
      written.flat().map(({ metric }) => metric),
      ['active_day', 'active_week', 'returned', 'active_month'],
    );
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
