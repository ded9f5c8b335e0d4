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
  const clock = new FakeClock(1000);
  const log = createActivityLog({
    store,
    codes: { newRowId: () => String(++ids) },
    clock,
    isKnownUser: async (_, handle) => handle === 'ada@example.com',
    handleOfUser: async (_, userId) => (userId === '1' ? 'ada@example.com' : undefined),
    events: { emit: (event) => void events.push(event) },
    alongside: { write: async () => {} },
  });
  const record = (action = 'login') =>
    log.record({ action, value: '{}', logType: 'user', status: 'success' });
  const fail = (handle?: string, action = 'login', appId = 'a') =>
    log.recordFailure({
      appId,
      action,
      logType: 'user',
      status: 'error',
      ...(handle && { handle }),
      value: '{"code":600}',
    });
  const rows = () => written.flat().map(({ appId, action, handle, value }) => [appId, action, handle, value]);
  return { log, record, fail, rows, written, events, state, clock };
}

describe('activity log', () => {
  it('gives what was done to a user by id the handle, where there is such a user', async () => {
    const { log, rows } = setUp();
    const row = {
      appId: 'a',
      action: 'endSessions',
      value: '{}',
      logType: 'app',
      status: 'success',
    } as const;
    log.recordAbout(row, '1');
    log.recordAbout(row, '2');
    await log.flush();
    assert.deepEqual(rows(), [
      ['a', 'endSessions', 'ada@example.com', '{}'],
      ['a', 'endSessions', undefined, '{}'],
    ]);
  });

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

  describe('of failures of people who are not logged in', () => {
    const failed = '{"code":600}';

    it('holds a row for the first of an app, action and minute, and one for all others when it is over', async () => {
      const { log, fail, rows, written, clock } = setUp();
      for (let n = 0; n < 50; n++) fail(`u${n}@example.com`);
      fail('u1@example.com', 'signup');
      fail(undefined, 'login', 'b');
      await log.flush();
      const firsts = [
        ['a', 'login', 'u0@example.com', failed],
        ['a', 'signup', 'u1@example.com', failed],
        ['b', 'login', undefined, failed],
      ];
      assert.deepEqual(rows().sort(), firsts.sort());
      clock.advance(60_000);
      await log.flush();
      assert.deepEqual(rows().slice(firsts.length), [['a', 'login', undefined, '{"count":49}']]);
      const last = written.flat().at(-1);
      assert.deepEqual([last?.logType, last?.status, last?.createdAt], ['user', 'error', 1000]);
      fail('u9@example.com');
      await log.flush();
      assert.deepEqual(rows().at(-1), ['a', 'login', 'u9@example.com', failed]);
    });

    it('holds a row for each at a user, who is not counted among the others', async () => {
      const { log, fail, rows, clock } = setUp();
      for (let n = 0; n < 3; n++) fail('ada@example.com');
      for (let n = 0; n < 3; n++) fail('nobody@example.com');
      await log.flush();
      clock.advance(60_000);
      await log.flush();
      const adas = ['a', 'login', 'ada@example.com', failed];
      assert.deepEqual(rows(), [
        adas,
        adas,
        adas,
        ['a', 'login', 'nobody@example.com', failed],
        ['a', 'login', undefined, '{"count":2}'],
      ]);
    });

    it('loses nothing at shutdown', async () => {
      const { log, fail, rows } = setUp();
      for (let n = 0; n < 3; n++) fail();
      await log.close();
      assert.deepEqual(rows(), [
        ['a', 'login', undefined, failed],
        ['a', 'login', undefined, '{"count":2}'],
      ]);
    });
  });
});
