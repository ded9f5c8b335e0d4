import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as othersTurn, setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../server/security/clock.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import { NO_OWN_MONGOD, type OwnMongod, ownMongodAvailable, startOwnMongod } from '../support/mongod.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { aRow, mongoOpener } from './mongo-stage.ts';

const skip = ownMongodAvailable() ? false : NO_OWN_MONGOD;
if (skip) process.stderr.write(`\n!!! OUTAGES OF MONGODB ARE NOT TESTED: ${NO_OWN_MONGOD}\n\n`);

/**
 * Longest time until the first refusal, until each one after it, and from the server's return to the first
 * success (ms).
 */
const FIRST_REFUSAL_MS = 8_000;
const NEXT_REFUSAL_MS = 2_000;
const RETURN_MS = 5_000;
/** Until what is only noted is on the server's disk. */
const NOTED_MS = 1_000;

const open = mongoOpener();

describe('when MongoDB fails', { skip }, () => {
  let mongod: OwnMongod;
  before(async () => {
    mongod = await startOwnMongod();
  });
  after(() => mongod.stop());

  const outages = {
    'is killed': { begin: () => mongod.kill(), end: () => mongod.restart() },
    freezes: { begin: () => mongod.freeze(), end: () => mongod.thaw() },
  };
  for (const [outage, { begin, end }] of Object.entries(outages)) {
    it(`refuses within 8 s, then within 2 s, and works 5 s after it is back, when it ${outage}`, async () => {
      const engine = await open(mongod);
      const kept = aRow();
      await engine.insert('templates', kept);

      await begin();
      assert.ok((await refusalMs(() => engine.insert('templates', aRow()))) < FIRST_REFUSAL_MS);
      const calls = [
        () => engine.find('templates', 'app', kept.id),
        () => engine.insert('templates', aRow()),
        () => engine.counterIncrement('n', { now: 1, by: 1, cap: undefined, expiresAt: undefined }),
        () => engine.ping(),
      ];
      const waits = await Promise.all(calls.map(refusalMs));
      assert.ok(Math.max(...waits) < NEXT_REFUSAL_MS, String(waits));

      await end();
      const back = startStopwatch();
      while (!(await succeeds(() => engine.insert('templates', aRow()))));
      assert.ok(back() < RETURN_MS);
      assert.equal((await engine.find('templates', 'app', kept.id))?.id, kept.id);
    });
  }

  it('loses and doubles nothing it acknowledged while the primary steps down', async () => {
    const engine = await open(mongod);
    const count = { now: 1, by: 1, cap: undefined, expiresAt: undefined };
    const rows: string[] = [];
    const numbers: number[] = [];
    let unsure = 0;
    const until = { resumed: false };

    const insertAlways = async () => {
      while (!until.resumed) {
        const row = aRow();
        if (await succeeds(() => engine.insert('templates', row))) rows.push(row.id);
      }
    };
    const countAlways = async () => {
      while (!until.resumed) {
        const number = await unlessRefused(engine.counterIncrement('n', count));
        if (number === undefined) unsure++;
        else numbers.push(number);
      }
    };
    const stepDown = async () => {
      while (numbers.length < 20) await engine.ping();
      await mongod.stepDown(1);
      const before = rows.length + numbers.length;
      while (rows.length + numbers.length < before + 100) await unlessRefused(engine.ping());
      until.resumed = true;
    };
    await Promise.all([insertAlways(), insertAlways(), countAlways(), countAlways(), stepDown()]);

    const stored = new Set(
      (await engine.list('templates', { appId: 'app' }, { order: 'id', limit: 1e5 })).map(({ id }) => id),
    );
    assert.deepEqual(
      rows.filter((id) => !stored.has(id)),
      [],
    );
    assert.equal(new Set(numbers).size, numbers.length);
    const total = (await engine.counterFind('n'))?.value ?? 0;
    assert.ok(total >= numbers.length && total <= numbers.length + unsure, `${total} of ${numbers.length}`);
  });

  it('keeps what lasts when it is killed at once, and what is only noted a while later', async () => {
    const engine = await open(mongod);
    const entry = { now: 1, free: 9, staleMs: 1, expiresAt: 9e15, fixedWindow: false };
    const tries = ['own', 'all'].map((key) => ({ ...entry, key }));
    for (let n = 0; n < 3; n++) assert.ok((await engine.counterAttempt(tries, false))[1]?.admitted);
    await pause(NOTED_MS);
    const count = { now: 1, by: 1, cap: undefined, expiresAt: undefined };
    await engine.counterIncrement('spent', count);
    const row = aRow();
    await engine.insert('templates', row);
    await mongod.kill();
    await mongod.restart();
    while (!(await succeeds(() => engine.ping())));
    assert.equal((await engine.find('templates', 'app', row.id))?.id, row.id);
    assert.equal((await engine.counterFind('spent'))?.value, 1);
    for (const { key } of tries) assert.equal((await engine.counterFind(key))?.value, 3);
  });

  it('writes rows that may be there already once more where the connection broke', async () => {
    const engine = await open(mongod);
    const rows = [aRow(), aRow()];
    const data = { failCommands: ['insert'], closeConnection: true };
    await mongod.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    await engine.insertMissing('activity', rows);
    const found = await engine.list('activity', { appId: 'app' }, { order: 'id', limit: 9 });
    assert.deepEqual(found.map(({ id }) => id).sort(), rows.map(({ id }) => id).sort());
    await engine.insertMissing('activity', [...rows, aRow()]);
    assert.equal((await engine.list('activity', { appId: 'app' }, { order: 'id', limit: 9 })).length, 3);
  });

  it('lets a write that was repeated after a lost answer take effect once', async () => {
    const engine = await open(mongod);
    const row = { ...aRow(), dueAt: 1 };
    const count = { now: 1, by: 1, cap: undefined, expiresAt: undefined };
    const failPoint = async (how: Record<string, unknown>) =>
      (await mongod.command({ configureFailPoint: 'failCommand', ...how })) as { count: number };
    const losesAnAnswer = async <T>(command: string, write: () => Promise<T>): Promise<T> => {
      // The server does the work, then says that it is shutting down: the driver asks again.
      const writeConcernError = { code: 91, errmsg: 'shutting down', errorLabels: ['RetryableWriteError'] };
      const data = { failCommands: [command], writeConcernError };
      const earlier = await failPoint({ mode: { times: 1 }, data });
      const answer = await write();
      assert.equal((await failPoint({ mode: 'off' })).count - earlier.count, 1);
      return answer;
    };

    await losesAnAnswer('insert', () => engine.insert('messages', row));
    assert.equal(await losesAnAnswer('findAndModify', () => engine.counterIncrement('n', count)), 1);
    assert.equal((await engine.counterFind('n'))?.value, 1);
    const take = { now: 2, leaseUntil: 3, limit: 1 };
    const taken = await losesAnAnswer('findAndModify', () => engine.takeDue('messages', take));
    assert.deepEqual(
      taken.map(({ id }) => id),
      [row.id],
    );
    assert.equal(
      await losesAnAnswer('update', () => engine.replace('messages', { ...row, revision: 2 })),
      true,
    );
    assert.equal(await losesAnAnswer('delete', () => engine.remove('messages', 'app', row.id)), true);
  });
});

it('says within 8 s that no MongoDB answers at all', async () => {
  const url = 'mongodb://127.0.0.1:9/none';
  assert.ok(
    (await refusalMs(() => openMongo({ url, database: 'none', clock: systemClock }))) < FIRST_REFUSAL_MS,
  );
});

/** How long a call took to be refused as it should be. */
async function refusalMs(call: () => Promise<unknown>): Promise<number> {
  const elapsed = startStopwatch();
  await assert.rejects(call, { error: 'service_unavailable', retryAfterSeconds: 1 });
  return elapsed();
}

/** False when the call was refused as it should be. */
async function succeeds(call: () => Promise<unknown>): Promise<boolean> {
  return (await unlessRefused(call().then(() => true))) ?? false;
}

async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    assert.equal((error as { error?: string }).error, 'service_unavailable', String(error));
    // A refusal comes at once: a loop of them would let nobody else run.
    await othersTurn();
    return undefined;
  }
}
