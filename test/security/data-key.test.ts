import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { META, type MetaStore } from '../../server/ports/store/meta.ts';
import { dropOtherWraps, openDataKey, wrapDataKeyAlso } from '../../server/security/data-key.ts';
import { WrongEncryptKeyError } from '../../server/security/wrong-encrypt-key.ts';

const KEY = 'encrypt key of the tests';
const PLACE = 'users.0123.handle';

/** A meta store in memory; every answer comes a turn later, so that callers interleave. */
function memoryMeta(): MetaStore & { values: Map<string, string> } {
  const values = new Map<string, string>();
  const later = () => new Promise((resolve) => setImmediate(resolve));
  return {
    values,
    async get(name) {
      await later();
      return values.get(name);
    },
    async compareAndSet(name, expected, value) {
      await later();
      if (values.get(name) !== expected) return false;
      values.set(name, value);
      return true;
    },
  };
}

describe('the data key', () => {
  it('is made once and opens what was sealed before', async () => {
    const meta = memoryMeta();
    const before = await openDataKey({ meta, encryptKey: KEY });
    const after = await openDataKey({ meta, encryptKey: KEY });
    assert.equal(after.cipher.open(before.cipher.seal('secret', PLACE), PLACE), 'secret');
    assert.equal(after.lookups.key('a', 'b', 'c'), before.lookups.key('a', 'b', 'c'));
    assert.deepEqual(after.codesKey, before.codesKey);
  });

  it('differs from database to database', async () => {
    const [one, other] = await Promise.all(
      [memoryMeta(), memoryMeta()].map((meta) => openDataKey({ meta, encryptKey: KEY })),
    );
    assert.notDeepEqual(one?.codesKey, other?.codesKey);
  });

  it('is the same for processes that start together', async () => {
    const meta = memoryMeta();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDataKey({ meta, encryptKey: KEY })));
    for (const { codesKey } of opened) assert.deepEqual(codesKey, opened[0]?.codesKey);
  });

  it('stands nowhere in clear', async () => {
    const meta = memoryMeta();
    const { codesKey } = await openDataKey({ meta, encryptKey: KEY });
    const record = meta.values.get(META.dataKey) ?? '';
    assert.ok(!record.includes(KEY) && !record.includes(codesKey.toString('base64url')));
  });

  it('stays closed with another ENCRYPT_KEY and leaves the record alone', async () => {
    const meta = memoryMeta();
    await openDataKey({ meta, encryptKey: KEY });
    const record = meta.values.get(META.dataKey);
    for (const encryptKey of [`${KEY} `, KEY.toUpperCase(), '']) {
      await assert.rejects(openDataKey({ meta, encryptKey }), WrongEncryptKeyError);
    }
    assert.equal(meta.values.get(META.dataKey), record);
  });

  it('stays closed when its record was changed, and is not made anew', async () => {
    for (const record of ['', '{}', 'null', '{"wraps":[]}', '{"wraps":[{"salt":"AA","key":"v1.A"}]}']) {
      const meta = memoryMeta();
      meta.values.set(META.dataKey, record);
      await assert.rejects(openDataKey({ meta, encryptKey: KEY }), WrongEncryptKeyError, record);
      assert.equal(meta.values.get(META.dataKey), record);
    }
    const meta = memoryMeta();
    await openDataKey({ meta, encryptKey: KEY });
    const record = JSON.parse(meta.values.get(META.dataKey) ?? '');
    record.wraps[0].salt = `A${record.wraps[0].salt.slice(1) === '' ? 'B' : record.wraps[0].salt.slice(1)}`;
    record.wraps[0].key = record.wraps[0].key.replace(/.$/, (last: string) => (last === 'A' ? 'E' : 'A'));
    meta.values.set(META.dataKey, JSON.stringify(record));
    await assert.rejects(openDataKey({ meta, encryptKey: KEY }), WrongEncryptKeyError);
  });
});

describe('the note that all rows are sealed as a whole', () => {
  const whole = async (meta: MetaStore, encryptKey = KEY) => (await openDataKey({ meta, encryptKey })).whole;

  it('is made by any number of processes, and stays when ENCRYPT_KEY changes', async () => {
    const meta = memoryMeta();
    const processes = await Promise.all([0, 1, 2].map(() => openDataKey({ meta, encryptKey: KEY })));
    assert.deepEqual(
      processes.map((opened) => opened.whole),
      [false, false, false],
    );
    await Promise.all(processes.map((opened) => opened.markWhole()));
    assert.equal(await whole(meta), true);
    await wrapDataKeyAlso({ meta, oldKey: KEY, newKey: 'another' });
    assert.deepEqual([await whole(meta), await whole(meta, 'another')], [true, true]);
    await dropOtherWraps({ meta, encryptKey: 'another' });
    assert.equal(await whole(meta, 'another'), true);
    const same = await openDataKey({ meta, encryptKey: 'another' });
    assert.deepEqual(same.codesKey, processes[0]?.codesKey);
  });

  it('leaves the wrapping of another ENCRYPT_KEY alone while one is being changed', async () => {
    const meta = memoryMeta();
    const opened = await openDataKey({ meta, encryptKey: KEY });
    await wrapDataKeyAlso({ meta, oldKey: KEY, newKey: 'another' });
    await opened.markWhole();
    assert.deepEqual([await whole(meta), await whole(meta, 'another')], [true, false]);
  });

  it('cannot be taken back or made up by who can write the database', async () => {
    const meta = memoryMeta();
    const opened = await openDataKey({ meta, encryptKey: KEY });
    const forged = JSON.parse(meta.values.get(META.dataKey) ?? '');
    forged.wraps[0].whole = true;
    const unmarked = meta.values.get(META.dataKey) ?? '';
    meta.values.set(META.dataKey, JSON.stringify(forged));
    await assert.rejects(whole(meta), WrongEncryptKeyError);
    meta.values.set(META.dataKey, unmarked);
    await opened.markWhole();
    const record = JSON.parse(meta.values.get(META.dataKey) ?? '');
    delete record.wraps[0].whole;
    meta.values.set(META.dataKey, JSON.stringify(record));
    await assert.rejects(whole(meta), WrongEncryptKeyError);
  });
});

describe('changing ENCRYPT_KEY', () => {
  const NEW_KEY = 'another encrypt key';
  const opens = (meta: MetaStore, encryptKey: string) =>
    openDataKey({ meta, encryptKey }).then(
      ({ codesKey }) => codesKey.toString('hex'),
      () => undefined,
    );

  it('has both keys open the database until the old one is dropped', async () => {
    const meta = memoryMeta();
    const { codesKey } = await openDataKey({ meta, encryptKey: KEY });
    const same = codesKey.toString('hex');
    await wrapDataKeyAlso({ meta, oldKey: KEY, newKey: NEW_KEY });
    assert.deepEqual([await opens(meta, KEY), await opens(meta, NEW_KEY)], [same, same]);
    await dropOtherWraps({ meta, encryptKey: NEW_KEY });
    assert.deepEqual([await opens(meta, KEY), await opens(meta, NEW_KEY)], [undefined, same]);
  });

  it('can be begun again after a crash, with the same or yet another key', async () => {
    const meta = memoryMeta();
    const same = (await openDataKey({ meta, encryptKey: KEY })).codesKey.toString('hex');
    await wrapDataKeyAlso({ meta, oldKey: KEY, newKey: 'first try' });
    await wrapDataKeyAlso({ meta, oldKey: KEY, newKey: NEW_KEY });
    assert.equal(await opens(meta, 'first try'), undefined);
    await dropOtherWraps({ meta, encryptKey: NEW_KEY });
    await dropOtherWraps({ meta, encryptKey: NEW_KEY });
    assert.deepEqual([await opens(meta, KEY), await opens(meta, NEW_KEY)], [undefined, same]);
  });

  it('needs the old key, and leaves the record alone without it', async () => {
    const meta = memoryMeta();
    await openDataKey({ meta, encryptKey: KEY });
    const record = meta.values.get(META.dataKey);
    await assert.rejects(wrapDataKeyAlso({ meta, oldKey: 'wrong', newKey: NEW_KEY }), WrongEncryptKeyError);
    await assert.rejects(dropOtherWraps({ meta, encryptKey: 'wrong' }), WrongEncryptKeyError);
    assert.equal(meta.values.get(META.dataKey), record);
  });

  it('survives somebody else doing the same at the same time', async () => {
    const meta = memoryMeta();
    const same = (await openDataKey({ meta, encryptKey: KEY })).codesKey.toString('hex');
    await Promise.all(['one', 'two'].map((newKey) => wrapDataKeyAlso({ meta, oldKey: KEY, newKey })));
    assert.equal(await opens(meta, KEY), same);
    const opened = [await opens(meta, 'one'), await opens(meta, 'two')];
    assert.deepEqual(opened.filter((key) => key === same).length, 1);
  });
});
