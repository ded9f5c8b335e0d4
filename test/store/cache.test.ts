import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RecordCache } from '../../server/store/cache.ts';

interface Note {
  revision: number;
}

describe('a cache of records', () => {
  const time = { now: 0, steady: 0 };
  let cache: RecordCache<Note>;
  let loads: number;
  const stored = (revision: number) => async (): Promise<Note> => {
    loads++;
    return { revision };
  };
  const absent = async (): Promise<undefined> => {
    loads++;
    return undefined;
  };
  beforeEach(() => {
    time.now = 0;
    time.steady = 0;
    loads = 0;
    cache = new RecordCache(
      { now: () => time.now },
      { capacity: 2, rememberAbsent: false },
      () => time.steady,
    );
  });

  it('asks the database once for many simultaneous readers', async () => {
    const found = await Promise.all(Array.from({ length: 9 }, () => cache.get('a', stored(1))));
    assert.deepEqual(new Set(found.map((note) => note?.revision)), new Set([1]));
    assert.equal(loads, 1);
  });

  it('does not let a read that began before a write hide what was written', async () => {
    const { promise, resolve } = Promise.withResolvers<Note>();
    const early = cache.get('a', () => promise);
    cache.put('a', { revision: 2 });
    resolve({ revision: 1 });
    await early;
    assert.equal((await cache.get('a', stored(1)))?.revision, 2);

    const late = Promise.withResolvers<Note>();
    const reading = cache.get('b', () => late.promise);
    cache.forget('b');
    late.resolve({ revision: 1 });
    await reading;
    assert.equal(await cache.get('b', absent), undefined);
  });

  it('keeps the newer of two writes that are answered out of order', async () => {
    cache.put('a', { revision: 3 });
    cache.put('a', { revision: 2 });
    assert.equal((await cache.get('a', absent))?.revision, 3);
  });

  it('counts the age from the moment the read began', async () => {
    const { promise, resolve } = Promise.withResolvers<Note>();
    const slow = cache.get('a', () => promise);
    time.now = 2_999;
    resolve({ revision: 1 });
    await slow;
    await cache.get('a', stored(1));
    assert.equal(loads, 0);
    time.now = 3_000;
    await cache.get('a', stored(1));
    assert.equal(loads, 1);
  });

  it('makes nothing younger when the clock of the machine is set', async () => {
    await cache.get('a', stored(1));
    time.steady = 3_000;
    for (const now of [0, -1, -3_600_000, 2_999]) {
      time.now = now;
      await cache.get('a', stored(1));
      time.steady += 3_000;
    }
    assert.equal(loads, 5);
  });

  it('asks again when what was asked before is not answered in time', async () => {
    const slow = Promise.withResolvers<Note>();
    const early = cache.get('a', () => slow.promise);
    time.steady = 2_999;
    const together = cache.get('a', stored(2));
    time.steady = 3_000;
    assert.equal((await cache.get('a', stored(2)))?.revision, 2);
    slow.resolve({ revision: 1 });
    assert.deepEqual([(await early)?.revision, (await together)?.revision, loads], [1, 1, 1]);
    assert.equal((await cache.get('a', stored(2)))?.revision, 2);
  });

  it('holds no more than its capacity, and made-up keys drive nothing out', async () => {
    await cache.get('a', stored(1));
    await cache.get('b', stored(1));
    for (let n = 0; n < 9; n++) await cache.get(`made up ${n}`, absent);
    loads = 0;
    await cache.get('a', stored(1));
    await cache.get('b', stored(1));
    assert.equal(loads, 0);
    await cache.get('c', stored(1));
    await cache.get('a', stored(1));
    assert.equal(loads, 2);
  });

  it('does not remember a failed read', async () => {
    await assert.rejects(cache.get('a', () => Promise.reject(new Error('away'))));
    assert.equal((await cache.get('a', stored(1)))?.revision, 1);
  });
});
