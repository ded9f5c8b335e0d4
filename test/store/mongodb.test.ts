import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { type Engine, NewerSchemaError } from '../../server/store/engine.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import {
  type Mongod,
  mongodAvailable,
  NO_MONGOD,
  NO_OWN_MONGOD,
  type OwnMongod,
  ownMongodAvailable,
  startMongod,
  startOwnMongod,
} from '../support/mongod.ts';
import { anId, aUser } from '../support/records.ts';
import { describeStore } from './conformance.ts';
import { describeContests } from './contest.ts';
import { storeOver } from './stage.ts';

const skip = mongodAvailable() ? false : NO_MONGOD;
const skipFaults = ownMongodAvailable() ? false : NO_OWN_MONGOD;
if (skip) process.stderr.write(`\n!!! MONGODB IS NOT TESTED: ${NO_MONGOD}\n\n`);

/** Longest time until the first refusal, until each one after it, and from the server's return to the first success (ms). */
const FIRST_REFUSAL_MS = 8_000;
const NEXT_REFUSAL_MS = 2_000;
const RETURN_MS = 5_000;

const engines: Engine[] = [];
after(() => Promise.all(engines.map((engine) => engine.close())));
async function open(
  mongod: Mongod,
  database = `test-${anId()}`,
  onChange?: (reachable: boolean) => void,
): Promise<Engine> {
  const engine = await openMongo({ url: mongod.url(database), database, onChange });
  engines.push(engine);
  return engine;
}
const aRow = (id = anId()) => ({
  id,
  appId: 'app',
  revision: 1,
  keys: { nameAndLocale: id },
  lookups: {},
  prefixes: [],
  tags: {},
  createdAt: 1,
  dueAt: undefined,
  touchedAt: undefined,
  doc: {},
});

describe('with a MongoDB', { skip }, () => {
  let mongod: Awaited<ReturnType<typeof startMongod>> & object;
  const databases: string[] = [];
  const aDatabase = () => {
    const database = `test-${anId()}`;
    databases.push(database);
    return database;
  };

  before(async () => {
    mongod = (await startMongod()) ?? assert.fail(NO_MONGOD);
  });
  after(async () => {
    const client = new MongoClient(mongod.url('admin'));
    for (const database of databases) await client.db(database).dropDatabase();
    await client.close();
    await mongod.stop();
  });

  describeStore('mongodb', () => open(mongod, aDatabase()));
  describeContests('two processes on one MongoDB', () => mongod.url(aDatabase()));

  it('has its unique indexes as soon as it is open', async () => {
    const database = aDatabase();
    await open(mongod, database);
    const client = new MongoClient(mongod.url(database));
    const indexes = await client.db(database).collection('users').indexes();
    const unique = indexes.filter((index) => index.unique).map(({ key }) => Object.keys(key));
    assert.deepEqual(unique, [
      ['appId', 'keys.handle'],
      ['appId', 'keys.userName'],
      ['appId', 'keys.social'],
      ['appId', 'keys.phone'],
    ]);
    await client.close();
  });

  it('lets an operator query people by clear fields where user data is not sealed', async () => {
    const database = aDatabase();
    const store = storeOver(await open(mongod, database), { encryptUserData: false });
    const user = aUser({ metaData: { address: { city: 'Linz' } } });
    await store.users.insert(user);
    const client = new MongoClient(mongod.url(database));
    const found = await client
      .db(database)
      .collection('users')
      .findOne({ 'doc.metaData.address.city': 'Linz' });
    assert.equal(String(found?._id), user.id);
    await client.close();
  });

  it('gives back members with names that mean something to MongoDB', async () => {
    const engine = await open(mongod, aDatabase());
    const doc = JSON.parse(
      '{"a":{"$ref":"x","$id":"y","$db":"z"},"a.b":[{"$gt":""}],"_bsontype":"ObjectId","\\\\$":1,"__proto__":{"x":null},"":2}',
    );
    const row = { ...aRow(), doc };
    await engine.insert('templates', row);
    assert.deepEqual((await engine.find('templates', 'app', row.id))?.doc, doc);
    assert.equal(await engine.replace('templates', { ...row, revision: 2, doc: { again: doc } }), true);
    assert.deepEqual((await engine.find('templates', 'app', row.id))?.doc, { again: doc });
  });

  it('takes no object where it compares', async () => {
    const engine = await open(mongod, aDatabase());
    const anything = { $gt: '' } as unknown as string;
    await assert.rejects(engine.find('users', 'app', anything), TypeError);
    await assert.rejects(engine.find('users', anything, 'id'), TypeError);
    await assert.rejects(engine.findByKey('users', 'app', 'handle', anything), TypeError);
    await assert.rejects(engine.list('users', { appId: anything }, { order: 'id', limit: 1 }), TypeError);
    await assert.rejects(engine.counterFind(anything), TypeError);
  });

  it('refuses a schema of a later version', async () => {
    const database = aDatabase();
    const engine = await open(mongod, database);
    assert.equal(await engine.metaCompareAndSet('schema', '1', '99'), true);
    await assert.rejects(open(mongod, database), NewerSchemaError);
  });
});

describe('when MongoDB fails', { skip: skipFaults }, () => {
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
      const changes: boolean[] = [];
      const engine = await open(mongod, undefined, (reachable) => changes.push(reachable));
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
      const back = performance.now();
      while (!(await succeeds(() => engine.insert('templates', aRow()))));
      assert.ok(performance.now() - back < RETURN_MS);
      assert.equal((await engine.find('templates', 'app', kept.id))?.id, kept.id);
      assert.deepEqual(changes, [false, true]);
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
  assert.ok((await refusalMs(() => openMongo({ url, database: 'none' }))) < FIRST_REFUSAL_MS);
});

/** How long a call took to be refused as it should be. */
async function refusalMs(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await assert.rejects(call, { error: 'service_unavailable', retryAfterSeconds: 1 });
  return performance.now() - startedAt;
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
