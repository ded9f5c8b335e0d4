import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFieldCipher } from '../../server/security/sealing.ts';
import { sealEarlierRows } from '../../server/start/row-sealing.ts';
import { type Row, unavailable } from '../../server/store/engine.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { HOST_SCOPE } from '../../server/store/tables.ts';
import { earlierAppDoc, earlierUserDoc } from '../support/earlier-rows.ts';
import { anApp, aUser } from '../support/records.ts';

const CIPHER = createFieldCipher(Buffer.alloc(32, 1));
const USERS = 450;

describe('rows of an earlier version', () => {
  /** A database with an app and its users as an earlier version left them. */
  async function earlierDatabase() {
    const engine = await openSqlite({ file: ':memory:' });
    const app = anApp();
    const row = (fields: Partial<Row> & Pick<Row, 'id' | 'appId' | 'doc'>): Row => ({
      revision: 1,
      keys: {},
      lookups: {},
      prefixes: [],
      tags: {},
      createdAt: 1,
      dueAt: undefined,
      touchedAt: undefined,
      seenDay: undefined,
      ...fields,
    });
    const doc = earlierAppDoc(CIPHER, app);
    const tags = { lifecycle: 'live' };
    await engine.insert('apps', row({ id: app.id, appId: HOST_SCOPE, keys: { name: 'a' }, tags, doc }));
    const users = Array.from({ length: USERS }, () => aUser({ appId: app.id }));
    const rows = users.map((user) => {
      const { id } = user;
      const keys = { handle: id, userName: id, social: id, phone: id };
      const doc = earlierUserDoc(CIPHER, user);
      return row({ id, appId: app.id, keys, tags: { anonymous: 'no' }, doc });
    });
    await engine.insertMany('users', rows);
    const left = async () =>
      (await engine.list('users', { appId: app.id }, { order: 'id', limit: USERS })).filter(
        ({ doc }) => 'status' in doc,
      ).length;
    return { engine, left };
  }
  const emitted: unknown[] = [];
  const sealing = {
    cipher: CIPHER,
    encryptUserData: true,
    events: { emit: (event: string, fields?: object) => void emitted.push({ event, ...fields }) },
  };

  it('are sealed although the database is away for a moment, and it is said once that they are', async () => {
    const { engine, left } = await earlierDatabase();
    let writes = 0;
    const shaky: typeof engine = {
      ...engine,
      rewrite: (...row) => (++writes === 300 ? Promise.reject(unavailable()) : engine.rewrite(...row)),
    };
    let marked = 0;
    const config = { databaseWaitSeconds: 5 };
    await sealEarlierRows(shaky, sealing, config, async () => void marked++);
    assert.deepEqual([await left(), marked], [0, 1]);
    const total = USERS + 1;
    assert.deepEqual(emitted, [{ event: 'rows_sealed', done: total, total }]);
    await sealEarlierRows(engine, sealing, config, async () => void marked++);
    assert.equal(emitted.length, 1, 'nothing was left to do');
    await engine.close();
  });

  it('end the start when the database stays away, and are not said to be sealed', async () => {
    const { engine, left } = await earlierDatabase();
    const gone: typeof engine = { ...engine, rewrite: () => Promise.reject(unavailable()) };
    let marked = 0;
    await assert.rejects(
      sealEarlierRows(gone, sealing, { databaseWaitSeconds: 1 }, async () => void marked++),
      { error: 'service_unavailable' },
    );
    assert.deepEqual([await left(), marked], [USERS, 0]);
    await engine.close();
  });
});
