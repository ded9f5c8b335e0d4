import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it, type TestContext } from 'node:test';
import { createEngine, openDatabase, openSqlite } from '../../server/store/sqlite/open.ts';
import { anId, aUser } from '../support/records.ts';
import { storeOver } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'commits-'));
after(() => rmSync(folder, { recursive: true }));

/** A store on disk, and its commits as they come: with or without a wait for the disk. */
function stage(t: TestContext) {
  const db = openDatabase(join(folder, `${anId()}.db`));
  const commits: ('synced' | 'noted')[] = [];
  let waits = true;
  const exec = db.exec.bind(db);
  t.mock.method(db, 'exec', (sql: string) => {
    if (sql.startsWith('PRAGMA synchronous')) waits = sql.endsWith('FULL');
    exec(sql);
    if (sql === 'COMMIT') commits.push(waits ? 'synced' : 'noted');
  });
  const store = storeOver(createEngine(db));
  t.after(() => store.close());
  return { store, db, commits };
}

const policy = { now: 1, free: 5, maxWaitMs: 1_000, forgetAfterMs: 1_000 };

describe('commits of the embedded database', () => {
  it('wait for the disk only for what must outlive the power', async (t) => {
    const { store, commits } = stage(t);
    const user = aUser();
    await store.users.insert(user);
    await store.users.replace({ ...user, locale: 'DE' });
    await store.counters.increment('login-used/token', { now: 1, cap: 1 });
    assert.deepEqual(commits.splice(0), ['synced', 'synced', 'synced']);

    await store.counters.attempt([{ key: 'password/1', policy }]);
    await store.counters.fail('password/1', policy);
    await store.counters.remove('password/1');
    await store.counters.increment('code/1', { now: 1 });
    await store.counters.decrement('code/1');
    await store.users.recordLogin(user, 5);
    await store.users.recordVisits([{ appId: user.appId, userId: user.id, day: 3 }]);
    await store.figures.add([
      { appId: user.appId, metric: 'login', day: 3, first: 'password', second: '', count: 1 },
    ]);
    assert.deepEqual(commits, Array(8).fill('noted'));
  });

  it('are small and do not wait while many are moved in, and last with what follows', async (t) => {
    const { store, commits } = stage(t);
    const many = Array.from({ length: 200 }, () => aUser());
    let isOver = false;
    const moving = store.users.insertNew(many).finally(() => {
      isOver = true;
    });
    const other = store.counters.increment('code/1', { now: 1 }).then(() => isOver);
    assert.equal(await other, false, 'others are served between them');
    assert.deepEqual(await moving, Array(200).fill(true));
    assert.ok(commits.length >= 4, `${commits.length} commits`);
    assert.ok(commits.every((commit) => commit === 'noted'));

    await store.users.insert(aUser());
    assert.equal(commits.at(-1), 'synced');
  });

  it('are shared by what comes at the same time, and then all wait', async (t) => {
    const { store, commits } = stage(t);
    const user = aUser();
    await Promise.all([
      store.counters.increment('seats/app', { now: 1 }),
      store.users.insert(user),
      store.counters.increment('password-kind/app/argon2id', { now: 1 }),
    ]);
    assert.deepEqual(commits, ['synced']);
  });

  it('tell of a note that was refused, and of none beside it', async (t) => {
    const { store, db } = stage(t);
    db.exec('PRAGMA query_only = ON');
    await assert.rejects(store.counters.increment('code/1', { now: 1 }), { error: 'service_unavailable' });
    db.exec('PRAGMA query_only = OFF');
    assert.equal(await store.counters.increment('code/1', { now: 1 }), 1);
  });

  it('leave all that lasts, and notes up to it, when the power goes', async (t) => {
    const { store, db, commits } = stage(t);
    const file = String(db.location());
    const log = `${file}-wal`;
    const lasting: string[] = [];
    // Few enough that the log does not begin anew meanwhile: its length tells what was synced.
    for (let round = 0; round < 10; round++) {
      const user = aUser();
      await store.counters.increment('code/1', { now: 1 });
      await store.users.insert(user);
      lasting.push(user.id);
    }
    const onDisk = statSync(log).size;
    await store.counters.increment('code/1', { now: 1 });
    await store.users.recordLogin({ ...aUser(), appId: 'app', id: lasting[0] ?? '' }, 5);
    assert.deepEqual(commits.slice(-2), ['noted', 'noted']);

    // What was never synced may be missing from the log.
    const found = join(folder, 'found.db');
    copyFileSync(file, found);
    copyFileSync(log, `${found}-wal`);
    truncateSync(`${found}-wal`, onDisk);
    const after = storeOver(await openSqlite({ file: found }));
    for (const id of lasting) assert.ok(await after.users.find('app', id), id);
    assert.equal(await after.counters.read('code/1', 1), 10);
    assert.equal((await after.users.find('app', lasting[0] ?? ''))?.lastLogin, undefined);
    await after.close();
    const checked = new DatabaseSync(found);
    assert.equal(checked.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    checked.close();
  });
});
