import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { NewerSchemaError, type Row } from '../../server/store/engine.ts';
import { areIndexed } from '../../server/store/mongodb/indexes.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { anId, aSignup, aUser } from '../support/records.ts';
import { describeStore } from './conformance.ts';
import { describeContests } from './contest.ts';
import { aRow, mongoOpener } from './mongo-stage.ts';
import { storeOver } from './stage.ts';

const skip = mongodAvailable() ? false : NO_MONGOD;
if (skip) process.stderr.write(`\n!!! MONGODB IS NOT TESTED: ${NO_MONGOD}\n\n`);

const open = mongoOpener();

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
      ['appId', 'keys.subject'],
    ]);
    await client.close();
  });

  it('sees at the next start that every index is there, and makes one that is not', async () => {
    const database = aDatabase();
    await open(mongod, database);
    const client = new MongoClient(mongod.url(database));
    const db = client.db(database);
    assert.equal(await areIndexed(db), true);
    await db.collection('users').dropIndex('handle');
    await db.collection('users').createIndex({ appId: 1, 'keys.handle': 1 }, { name: 'other' });
    assert.equal(await areIndexed(db), false);
    await db.collection('users').dropIndex('other');
    await open(mongod, database);
    assert.equal(await areIndexed(db), true);
    await client.close();
  });

  it('finds a signup by its link off an index, and takes rows that have none', async () => {
    const database = aDatabase();
    const store = storeOver(await open(mongod, database));
    const client = new MongoClient(mongod.url(database));
    const signups = client.db(database).collection('signups');
    const [old, renewed] = [aSignup(), aSignup()];
    await store.signups.insertMany([old, renewed]);
    await signups.updateMany({}, { $unset: { 'keys.link': 1 } });
    assert.equal(await store.signups.findByLink(renewed.id), undefined);
    const again = await store.signups.replace(renewed);
    assert.deepEqual(await store.signups.findByLink(renewed.id), again);
    const plan = await signups.find({ 'keys.link': { $eq: 'v' } }).explain('queryPlanner');
    assert.match(JSON.stringify(plan.queryPlanner.winningPlan), /"indexName":"link"/);
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

  it('reads rows that are asked for together as it reads each alone', async () => {
    const engine = await open(mongod, aDatabase());
    const rows = Array.from({ length: 250 }, (_, n) => ({ ...rowOfUser(), appId: n % 2 ? 'app' : 'other' }));
    await engine.insertMany('users', rows);
    const ids = [...rows.map(({ id }) => id), anId(), '', rows[1]?.id ?? ''];
    const found = await Promise.all(ids.map((id) => engine.find('users', 'app', id)));
    assert.deepEqual(
      found.map((row) => row?.id),
      ids.map((id) => (rows.some((row) => row.id === id && row.appId === 'app') ? id : undefined)),
    );
    assert.deepEqual(found[1], await engine.find('users', 'app', ids[1] ?? ''));
    const strange = { $gt: '' } as unknown as string;
    const beside = engine.find('users', 'app', ids[1] ?? '');
    await assert.rejects(engine.find('users', 'app', strange), TypeError);
    assert.equal((await beside)?.id, ids[1]);
  });

  it('moves the day of a row that was seen on two of them twice, the earlier one first', async () => {
    const engine = await open(mongod, aDatabase());
    const rows = Array.from({ length: 60 }, () => rowOfUser());
    await engine.insertMany('users', rows);
    const seen = (day: number) => rows.map(({ appId, id }) => ({ appId, id, day }));
    const moved = await engine.see('users', [...seen(7), ...seen(9)]);
    assert.equal(moved.length, 120);
    assert.ok(moved.every(({ day, before }) => before === (day === 9 ? 7 : undefined)));
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

  it('forgets a row that it remembered as soon as the server tells of a write of others', async () => {
    const database = aDatabase();
    const [here, there] = [await open(mongod, database), await open(mongod, database)];
    const { appId, id, ...rest } = rowOfUser();
    await there.insert('users', { appId, id, ...rest });
    const lags: number[] = [];
    for (let revision = 2; revision < 8; revision++) {
      await here.findLately('users', appId, id);
      await there.replace('users', { appId, id, ...rest, revision });
      const written = performance.now();
      while ((await here.findLately('users', appId, id))?.revision !== revision) await pause(5);
      lags.push(performance.now() - written);
    }
    // Without being told it would take two seconds each time.
    assert.ok(Math.min(...lags.slice(1)) < 1_000, String(lags));
  });

  it('refuses a schema of a later version', async () => {
    const database = aDatabase();
    const engine = await open(mongod, database);
    assert.equal(await engine.metaCompareAndSet('schema', '1', '99'), true);
    await assert.rejects(open(mongod, database), NewerSchemaError);
  });
});

/** A row of the table whose rows are remembered. */
function rowOfUser(): Row {
  const id = anId();
  const keys = { handle: id, userName: id, social: id, phone: id, subject: id };
  return { ...aRow(), id, keys, tags: { anonymous: 'no' }, doc: { schema: 2, sealed: id } };
}
