import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { META } from '../../server/ports/store/meta.ts';
import { MIGRATIONS, migrate } from '../../server/store/sqlite/migrations.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { startHostProcess } from '../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { aUser } from '../support/records.ts';
import { runSetup } from '../support/setup-process.ts';
import { until } from '../support/until.ts';

/** So many that a host can be killed while it is at them. */
const PEOPLE_IN = { sqlite: 6_000, mongodb: 1_500 };
const PATIENCE_MS = 150_000;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`a ${store} database of a version that kept no subjects`, { skip, timeout: 240_000 }, () => {
    it('is brought up beside requests, killed in the middle, by two processes at once, and tells of doubles', async (t) => {
      const mongod = store === 'mongodb' ? await startMongod() : undefined;
      const people = PEOPLE_IN[store];
      const { dataDir, settings } = makeDataDir();
      t.after(async () => {
        await mongod?.stop();
        rmSync(dataDir, { recursive: true, force: true });
      });
      const mongoUrl = mongod?.url(`subjects-${process.pid}`);
      const options = { dataDir, ...(mongoUrl && { store, mongoUrl }) };
      const env: Record<string, string> = mongoUrl ? { DB_CONN_STRING: mongoUrl } : {};
      const start = () => startHostProcess({ dataDir, env });

      const host = await startTestHost(options);
      const app = await host.createApp({ userIdFormat: 'handle' });
      const names = Array.from({ length: people }, (_, n) => `person${n}@example.com`);
      const handles = [...names, 'a_b@example.com', 'a@b_example.com'];
      await host.deps.store.users.insertMany(handles.map((handle) => aUser({ appId: app.id, handle })));
      await host.stop();
      await (mongoUrl ? ageMongo(mongoUrl) : ageSqlite(join(dataDir, 'host.db')));

      const left = mongoUrl ? () => leftInMongo(mongoUrl) : () => leftInSqlite(join(dataDir, 'host.db'));
      const looked = () => (mongoUrl ? lookedInMongo(mongoUrl) : lookedInSqlite(join(dataDir, 'host.db')));
      const leftSoFar = async () => {
        try {
          return await left();
        } catch {
          return people;
        }
      };
      const cut = start();
      // Until the first are recorded; before that the column may not be there.
      await until('the first are recorded', async () => (await leftSoFar()) < people, { everyMs: 2 });
      await cut.stop();
      const rest = await left();
      assert.ok(rest > 1 && rest < people, `${rest} left when it was killed`);

      const two = [start(), start()];
      t.after(() => Promise.all(two.map((process) => process.stop())));
      await Promise.all(two.map(({ listening }) => listening));
      const told = () => two.flatMap(({ lines }) => lines.filter(({ event }) => event === 'subject_doubled'));
      const isDone = async () => told().length > 0 && (await looked());
      await until('both have looked at everybody', isDone, { withinMs: PATIENCE_MS, everyMs: 100 });
      assert.equal(await left(), 1);
      assert.ok(told().length >= 1 && told().every(({ appId }) => appId === app.id));
      await Promise.all(two.map((process) => process.stop()));

      const checked = await runSetup(['--check', '--skip-checks', '--data-dir', dataDir], {
        ...settings,
        ...env,
      });
      assert.match(checked.stdout, /✗ user ids: .*the same sub/);

      const again = await startTestHost(options);
      const { users, meta } = again.deps.store;
      let found = 0;
      for await (const { subject, handle } of users.stream(app.id)) {
        if (handle !== 'a@b_example.com' && handle !== 'a_b@example.com')
          assert.equal(subject, handle.replace('@', '_'));
        found++;
      }
      assert.equal(found, handles.length);
      assert.equal(await meta.get(META.subjectsRecorded), 'no');
      await again.stop();
    });
  });
}

/** The schema before subjects were kept. */
const SCHEMA_BEFORE = 2;

/** Puts the same rows into a database of the schema before. */
function ageSqlite(file: string): void {
  const old = `${file}.old`;
  const db = new DatabaseSync(old, { enableForeignKeyConstraints: false });
  migrate(db, MIGRATIONS.slice(0, SCHEMA_BEFORE));
  db.exec(`ATTACH '${file}' AS made`);
  for (const { name } of db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").all()) {
    const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all(String(name));
    const list = columns.map((column) => column.name).join();
    db.exec(`INSERT INTO main.${name} (${list}) SELECT ${list} FROM made.${name}`);
  }
  db.exec(`DELETE FROM main.meta WHERE name = '${META.subjectsRecorded}'`);
  db.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  renameSync(old, file);
}

function leftInSqlite(file: string): number {
  const db = new DatabaseSync(file, { timeout: 5_000, readOnly: true });
  const row = db.prepare('SELECT count(*) AS rows FROM users WHERE key_subject IS NULL').get();
  db.close();
  return Number(row?.rows);
}

function lookedInSqlite(file: string): boolean {
  const db = new DatabaseSync(file, { timeout: 5_000, readOnly: true });
  const row = db.prepare('SELECT value FROM meta WHERE name = ?').get(META.subjectsRecorded);
  db.close();
  return row !== undefined;
}

async function inMongo<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(url).connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function ageMongo(url: string): Promise<void> {
  return inMongo(url, async (client) => {
    const users = client.db().collection('users');
    for (const index of ['subject', 'lacking.subject']) await users.dropIndex(index);
    await client.db().collection<{ _id: string }>('meta').deleteOne({ _id: META.subjectsRecorded });
  });
}

function leftInMongo(url: string): Promise<number> {
  return inMongo(url, (client) =>
    client
      .db()
      .collection('users')
      .countDocuments({ 'keys.subject': { $exists: false } }),
  );
}

function lookedInMongo(url: string): Promise<boolean> {
  return inMongo(url, async (client) => {
    const meta = client.db().collection<{ _id: string }>('meta');
    return (await meta.findOne({ _id: META.subjectsRecorded })) !== null;
  });
}
