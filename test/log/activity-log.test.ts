import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createActivityLog } from '../../server/log/activity-log.ts';
import type { Activity } from '../../server/model/activity.ts';
import type { ActivityStore } from '../../server/ports/store/activity.ts';
import { FakeClock } from '../support/clock.ts';

function setUp() {
  const written: Activity[][] = [];
  const events: string[] = [];
  const state = { failing: false };
  const store = {
    async insertMany(rows: readonly Activity[]) {
      if (state.failing) throw new Error('away');
      written.push([...rows]);
    },
  } as unknown as ActivityStore;
  let ids = 0;
  const log = createActivityLog({
    store,
    codes: { newRowId: () => String(++ids) },
    clock: new FakeClock(1000),
    events: { emit: (event) => void events.push(event) },
  });
  const record = (action = 'login') =>
    log.record({ action, value: '{}', logType: 'user', status: 'success' });
  return { log, record, written, events, state };
}

describe('activity log', () => {
  it('writes what came together in one go', async () => {
    const { log, record, written } = setUp();
    record('a');
    record('b');
    assert.equal(written.length, 0);
    await log.flush();
    assert.deepEqual(
      written.map((rows) => rows.map(({ id, action, createdAt }) => [id, action, createdAt])),
      [
        [
          ['1', 'a', 1000],
          ['2', 'b', 1000],
        ],
      ],
    );
  });

  it('does not wait for more than 500 rows', async () => {
    const { log, record, written } = setUp();
    for (let row = 0; row < 500; row++) record();
    await log.flush();
    assert.deepEqual(
      written.map((rows) => rows.length),
      [500],
    );
  });

  it('breaks nothing while the store is away, says so once and writes later', async () => {
    const { log, record, written, events, state } = setUp();
    state.failing = true;
    record('first');
    await log.flush();
    record('second');
    await log.flush();
    assert.deepEqual(events, ['unexpected_error']);
    state.failing = false;
    await log.flush();
    assert.deepEqual(
      written.map((rows) => rows.map(({ action }) => action)),
      [['first', 'second']],
    );
  });

  it('keeps no more than the newest 10,000 rows meanwhile', async () => {
    const { log, record, written, state } = setUp();
    state.failing = true;
    record('oldest');
    await log.flush();
    for (let row = 0; row < 10_000; row++) record();
    await log.flush();
    state.failing = false;
    await log.flush();
    assert.equal(written.flat().length, 10_000);
    assert.ok(!written.flat().some(({ action }) => action === 'oldest'));
  });
});
