import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createEngine, openDatabase } from '../../server/store/sqlite/open.ts';
import { anId, aUser } from '../support/records.ts';
import { storeOver } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
after(() => rmSync(folder, { recursive: true }));

/** A store on disk whose own connection never copies the log. */
function stage(t: TestContext) {
  const file = join(folder, `${anId()}.db`);
  const db = openDatabase(file);
  db.exec('PRAGMA wal_autocheckpoint = 0');
  const store = storeOver(createEngine(db));
  t.after(() => store.close());
  /** Many commits one after the other, by several callers, none of whom ever pauses. */
  const write = async (commits: number) => {
    const ids: string[] = [];
    const writer = async () => {
      for (let n = 0; n < commits / 2; n++) {
        const user = aUser();
        await store.users.insert(user);
        ids.push(user.id);
      }
    };
    await Promise.all([writer(), writer()]);
    return ids;
  };
  return { store, file, write };
}

describe('the log of the embedded database', () => {
  it('begins anew while writes never cease', { timeout: 120_000 }, async (t) => {
    const { file, write } = stage(t);
    await write(6_000);
    // Without it 300 MB.
    const { size } = statSync(`${file}-wal`);
    assert.ok(size < 100 * 1024 * 1024, `${size} bytes`);
  });

  it('is copied by whoever commits where the thread ended, and nothing is lost', async (t) => {
    const ended = t.mock.method(Worker.prototype, 'postMessage', function end(this: Worker) {
      void this.terminate();
    });
    const { store, write } = stage(t);
    const ids = await write(600);
    assert.equal(ended.mock.callCount(), 1);
    for (const id of ids) assert.ok(await store.users.find('app', id), id);
  });

  it('lets commits go on when the thread is silent', async (t) => {
    let asked = 0;
    t.mock.method(Worker.prototype, 'postMessage', function answer(this: Worker) {
      // All but the end is copied; of the end nothing is heard.
      if (++asked === 1) this.emit('message', 300);
    });
    const { store, write } = stage(t);
    const ids = await write(600);
    assert.equal(asked, 2);
    assert.ok(await store.users.find('app', ids.at(-1) ?? ''));
    t.mock.method(Worker.prototype, 'ref', function end(this: Worker) {
      this.emit('message', 300);
    });
  });

  it('leaves a sound file', async (t) => {
    const { store, file, write } = stage(t);
    const ids = await write(600);
    await store.close();
    const db = new DatabaseSync(file);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    assert.equal(db.prepare('SELECT count(*) AS n FROM users').get()?.n, ids.length);
    db.close();
  });
});
