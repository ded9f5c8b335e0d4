import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { NewerSchemaError, type Row } from '../../server/store/engine.ts';
import { conditionOf, orderOf } from '../../server/store/sqlite/conditions.ts';
import { MIGRATIONS, migrate } from '../../server/store/sqlite/migrations.ts';
import { createEngine, openDatabase, openSqlite } from '../../server/store/sqlite/open.ts';
import { anId, aUser } from '../support/records.ts';
import { describeStore } from './conformance.ts';
import { describeContests } from './contest.ts';
import { refusals, storeOver } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
after(() => rmSync(folder, { recursive: true }));
const aFile = (): string => join(folder, `${anId()}.db`);

describeStore('sqlite in memory', () => openSqlite({ file: ':memory:' }));
describeStore('sqlite on disk', () => openSqlite({ file: aFile() }));

const aRow = (): Row => ({
  id: anId(),
  appId: 'host',
  revision: 1,
  createdAt: 1,
  dueAt: undefined,
  touchedAt: undefined,
  seenDay: undefined,
  keys: {},
  lookups: { app: 'app' },
  prefixes: [],
  tags: {},
  doc: { said: 'once' },
});

describe('the embedded database', () => {
  it('syncs to disk before it acknowledges, and enforces foreign keys', () => {
    const db = openDatabase(aFile());
    assert.equal(db.prepare('PRAGMA synchronous').get()?.synchronous, 2);
    assert.equal(db.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
    assert.equal(db.prepare('PRAGMA foreign_keys').get()?.foreign_keys, 1);
    db.close();
  });

  it('is readable by its owner only, journals included', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const store = storeOver(await openSqlite({ file: join(home, 'data', 'host.db') }));
    await store.users.insert(aUser());
    const files = readdirSync(join(home, 'data'));
    assert.deepEqual(files.sort(), ['host.db', 'host.db-shm', 'host.db-wal']);
    for (const file of files) assert.equal(statSync(join(home, 'data', file)).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, 'data')).mode & 0o777, 0o700);
    await store.close();
  });

  it('holds no name and no secret in any of its files', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const store = storeOver(await openSqlite({ file: join(home, 'host.db') }));
    const user = aUser({ handle: 'canary@example.com', userName: 'canary', totpSecret: 'CANARY' });
    await store.users.insert(user);
    await store.users.search(user.appId, { value: 'canary', limit: 5 });
    for (const file of readdirSync(home)) {
      const text = readFileSync(join(home, file), 'latin1').toLowerCase();
      assert.equal(text.includes('canary'), false, file);
      assert.ok(file !== 'host.db-wal' || text.includes(user.id));
    }
    await store.close();
  });

  describe('a row that was read before', () => {
    const places = [
      { writer: 'another connection', own: false },
      { writer: 'the same connection', own: true },
    ];
    for (const { writer, own } of places) {
      it(`is read as ${writer} left it`, async () => {
        const file = aFile();
        const reader = await openSqlite({ file });
        const other = own ? reader : await openSqlite({ file });
        const row = { ...aRow(), dueAt: 5 };
        const find = () => reader.find('messages', row.appId, row.id);
        await other.insert('messages', row);
        const first = await find();
        assert.equal(await find(), first, 'nothing changed');

        await other.replace('messages', { ...row, revision: 2, doc: { said: 'again' } });
        assert.deepEqual((await find())?.doc, { said: 'again' });
        await other.touch('messages', { appId: row.appId, id: row.id }, 7);
        assert.equal((await find())?.touchedAt, 7);
        await other.takeDue('messages', { now: 6, leaseUntil: 8, limit: 1 });
        assert.equal((await find())?.dueAt, 8);
        await other.remove('messages', row.appId, row.id);
        assert.equal(await find(), undefined);

        await other.insert('messages', row);
        assert.deepEqual((await find())?.doc, row.doc);
        await other.removeWhere('messages', { appId: row.appId });
        assert.equal(await find(), undefined);
        await reader.close();
        if (!own) await other.close();
      });
    }

    it('may be a moment old where that was asked for, and never after a read that was exact', async (t) => {
      const file = aFile();
      const [reader, other] = await Promise.all([openSqlite({ file }), openSqlite({ file })]);
      t.after(() => Promise.all([reader.close(), other.close()]));
      let now = 1_000;
      t.mock.method(performance, 'now', () => now);
      const row = aRow();
      await other.insert('messages', row);
      const lately = async () => (await reader.findLately('messages', row.appId, row.id))?.doc.said;
      assert.equal(await lately(), 'once');
      await other.replace('messages', { ...row, revision: 2, doc: { said: 'again' } });
      assert.equal(await lately(), 'once');
      now += 100;
      assert.equal(await lately(), 'again', 'a tenth of a second later');
      await other.replace('messages', { ...row, revision: 3, doc: { said: 'anew' } });
      await reader.find('messages', row.appId, row.id);
      assert.equal(await lately(), 'anew', 'the exact read saw it');
      await reader.replace('messages', { ...row, revision: 4, doc: { said: 'own' } });
      assert.equal(await lately(), 'own');
    });

    it('is read as a foreign hand left it, whatever the revision says', async () => {
      const file = aFile();
      const engine = await openSqlite({ file });
      const row = aRow();
      await engine.insert('messages', row);
      await engine.find('messages', row.appId, row.id);
      const hand = new DatabaseSync(file);
      hand.prepare('UPDATE messages SET doc = ?').run('{"said":"by hand"}');
      hand.close();
      assert.deepEqual((await engine.find('messages', row.appId, row.id))?.doc, { said: 'by hand' });
      await engine.close();
    });
  });

  it('reads pages of the log off an index, errors off one that successes need not write', async () => {
    const file = aFile();
    await (await openSqlite({ file })).close();
    const db = new DatabaseSync(file);
    const planOf = (status: string) => {
      const { from, where, values } = conditionOf('activity', { appId: 'app', tags: { status } });
      const sql = `EXPLAIN QUERY PLAN SELECT t.id FROM ${from} WHERE ${where}
        ORDER BY ${orderOf({}, 'newest')} LIMIT 20`;
      return db
        .prepare(sql)
        .all(values)
        .map(({ detail }) => detail)
        .join('; ');
    };
    assert.match(planOf('error'), /^SEARCH t USING (COVERING )?INDEX activity_newest_errors \(appId=\?\)$/);
    assert.match(planOf('success'), /^SEARCH t USING (COVERING )?INDEX activity_newest \(appId=\?\)$/);
    db.close();
  });

  it('finds users by subject, and those without one, off an index', async () => {
    const file = aFile();
    await (await openSqlite({ file })).close();
    const db = new DatabaseSync(file);
    const plan = (sql: string, values: Record<string, string>) =>
      String(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values)[0]?.detail);
    const found = 'SELECT t.doc FROM users t WHERE t.appId = :appId AND t.key_subject = :value';
    assert.match(
      plan(found, { appId: 'a', value: 'v' }),
      /INDEX users_subject \(appId=\? AND key_subject=\?\)/,
    );
    const { from, where, values } = conditionOf('users', { appId: 'app', lacking: 'subject' }, 'after');
    const listed = `SELECT t.doc FROM ${from} WHERE ${where} ORDER BY t.id LIMIT 20`;
    assert.match(
      plan(listed, values as Record<string, string>),
      /INDEX users_lacking_subject \(appId=\? AND id>\?\)/,
    );
    db.close();
  });

  it('finds a signup by its link off an index, and takes rows that have none', async () => {
    const file = aFile();
    const old = new DatabaseSync(file);
    migrate(
      old,
      MIGRATIONS.slice(
        0,
        MIGRATIONS.findIndex((sql) => sql.includes('key_link')),
      ),
    );
    for (const id of ['1', '2']) {
      old.exec(`INSERT INTO signups (appId, id, revision, createdAt, doc, key_handle)
        VALUES ('app', '${id}', 1, 0, '{}', 'handle ${id}')`);
    }
    old.close();
    await (await openSqlite({ file })).close();
    const db = new DatabaseSync(file);
    const [plan] = db.prepare('EXPLAIN QUERY PLAN SELECT t.doc FROM signups t WHERE t.key_link = ?').all('v');
    assert.match(String(plan?.detail), /INDEX signups_link \(key_link=\?\)/);
    assert.equal(db.prepare('SELECT count(*) AS rows FROM signups').get()?.rows, 2);
    db.close();
  });

  it('refuses a schema of a later version and leaves it alone', async () => {
    const file = aFile();
    const later = new DatabaseSync(file);
    later.exec('PRAGMA user_version = 99');
    await assert.rejects(openSqlite({ file }), NewerSchemaError);
    assert.equal(later.prepare('PRAGMA user_version').get()?.user_version, 99);
    assert.deepEqual(later.prepare('SELECT name FROM sqlite_schema').all(), []);
    later.close();
  });

  it('keeps its rows when it is opened again', async () => {
    const file = aFile();
    const first = storeOver(await openSqlite({ file }));
    const user = aUser();
    await first.users.insert(user);
    await first.close();
    const second = storeOver(await openSqlite({ file }));
    assert.deepEqual(await second.users.find(user.appId, user.id), user);
    await second.close();
  });

  it('finishes what it was asked before it closes, and refuses what comes after', async () => {
    const store = storeOver(await openSqlite({ file: aFile() }));
    const inserts = Array.from({ length: 1_200 }, () => store.users.insert(aUser()));
    await Promise.all([store.close(), ...inserts]);
    await assert.rejects(store.users.insert(aUser()), { error: 'service_unavailable' });
    await assert.rejects(store.ping(), { error: 'service_unavailable' });
  });

  it('refuses to open what is no database or no place for one', async () => {
    for (const file of [folder, '/dev/null/host.db']) {
      await assert.rejects(openSqlite({ file }), { error: 'service_unavailable' });
    }
  });

  it('waits for a lock of another process, and gives up after its patience', async () => {
    const file = aFile();
    const store = storeOver(createEngine(openDatabase(file), { patienceMs: 300 }));
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const patient = store.users.insert(aUser());
    // Reads go on, and the process serves others meanwhile.
    await store.ping();
    other.exec('COMMIT');
    await patient;

    other.exec('BEGIN IMMEDIATE');
    const crowd = Array.from({ length: 20 }, () => store.users.insert(aUser()));
    const settled = await Promise.allSettled(crowd);
    assert.deepEqual(refusals(settled), Array(20).fill('service_unavailable'));
    other.exec('ROLLBACK');
    await store.users.insert(aUser());
    assert.equal((await store.users.count('app')).total, 2);
    other.close();
    await store.close();
  });

  it('refuses every write of a batch while the disk is full, and works again afterwards', async () => {
    const db = openDatabase(aFile());
    const store = storeOver(createEngine(db));
    const limit = db.prepare('PRAGMA max_page_count').get()?.max_page_count;
    const used = db.prepare('PRAGMA page_count').get()?.page_count;
    db.exec(`PRAGMA max_page_count = ${used}`);
    const crowd = Array.from({ length: 100 }, () => aUser());
    const settled = await Promise.allSettled(crowd.map((user) => store.users.insert(user)));
    assert.deepEqual(refusals(settled), Array(100).fill('service_unavailable'));
    assert.equal((await store.users.count('app')).total, 0);
    db.exec(`PRAGMA max_page_count = ${limit}`);
    await Promise.all(crowd.map((user) => store.users.insert(user)));
    assert.equal((await store.users.count('app')).total, 100);
    await store.close();
  });

  it('refuses writes while it cannot write, says when to come back, and still reads', async () => {
    const db = openDatabase(aFile());
    const store = storeOver(createEngine(db));
    const user = aUser();
    await store.users.insert(user);
    db.exec('PRAGMA query_only = ON');
    await assert.rejects(store.users.insert(aUser()), { error: 'service_unavailable', retryAfterSeconds: 1 });
    assert.deepEqual(await store.users.find(user.appId, user.id), user);
    db.exec('PRAGMA query_only = OFF');
    await store.users.insert(aUser());
    await store.close();
  });
});

// Both processes open a file that does not exist yet.
describeContests('two processes on one file', aFile);
