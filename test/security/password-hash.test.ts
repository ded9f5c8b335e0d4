import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../server/config/settings.ts';
import { PASSWORD_HASH_MAX } from '../../server/model/config.ts';
import { HostError, isHostError } from '../../server/model/errors.ts';
import { HashQueue } from '../../server/security/hash-queue.ts';
import { createPasswordHasher } from '../../server/security/password-hash.ts';

const MD5 = '155ba8e102f3beb97892c3400b65031c';
/** Contract §5.11. */
const BCRYPT = '$2b$10$wvlFVDkSEcq7zS/GnjzDz.2BmNs.oQU6UiQl7CRWZ/DJ7tUU7jA/W';

function recorder() {
  const emitted: string[] = [];
  return { emitted, events: { emit: (event: string) => void emitted.push(event) } };
}
const hasher = (cost: { memoryKib?: number; passes?: number } = {}) =>
  createPasswordHasher({ memoryKib: 1024, passes: 1, ...cost, events: recorder().events });

describe('password hashes', () => {
  it('are Argon2id PHC strings with the given parameters and a new salt each', async () => {
    const passwords = hasher({ memoryKib: 2048, passes: 2 });
    const [first, second] = await Promise.all([passwords.hash(MD5), passwords.hash(MD5)]);
    assert.match(first, /^\$argon2id\$v=19\$m=2048,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(first, second);
  });

  it('are made with the salt and parameters of another one on demand, and tell then whether the password is the same', async () => {
    const passwords = hasher();
    const first = await hasher({ memoryKib: 512, passes: 2 }).hash(MD5);
    const alongside = [BCRYPT, first];
    assert.equal(await passwords.hash(MD5, alongside), first);
    const other = await passwords.hash(MD5.toUpperCase(), alongside);
    assert.notEqual(other, first);
    assert.equal(await passwords.matches(MD5.toUpperCase(), other), true);
    assert.equal(passwords.areComparable(first, other), true);
    const apart = await passwords.hash(MD5, [BCRYPT]);
    for (const stored of [apart, BCRYPT, '']) assert.equal(passwords.areComparable(first, stored), false);
    assert.equal(passwords.areComparable(BCRYPT, BCRYPT), false);
    assert.equal(passwords.needsRehash(apart), false);
  });

  it('match their password and no other', async () => {
    const passwords = hasher();
    const stored = await passwords.hash(MD5);
    assert.equal(await passwords.matches(MD5, stored), true);
    assert.equal(await passwords.matches(MD5.toUpperCase(), stored), false);
    assert.equal(await passwords.matches('', stored), false);
  });

  it('of an old installation match in all three spellings of bcrypt (contract §5.11)', async () => {
    const passwords = hasher();
    for (const version of ['$2a$', '$2b$', '$2y$']) {
      const stored = BCRYPT.replace('$2b$', version);
      assert.equal(await passwords.matches(MD5, stored), true, version);
      assert.equal(await passwords.matches(MD5.replace('1', '2'), stored), false, version);
    }
  });

  it('are due for a new hash when bcrypt, weaker or unreadable', async () => {
    const [weak, fewer, now] = [
      hasher({ memoryKib: 512, passes: 2 }),
      hasher({ passes: 1 }),
      hasher({ passes: 2 }),
    ];
    assert.equal(now.needsRehash(await now.hash(MD5)), false);
    assert.equal(now.needsRehash(await weak.hash(MD5)), true);
    assert.equal(now.needsRehash(await fewer.hash(MD5)), true);
    assert.equal(weak.needsRehash(await now.hash(MD5)), false);
    assert.equal(now.needsRehash(BCRYPT), true);
    assert.equal(now.needsRehash(''), true);
  });

  it('of an import are known by their kind', async () => {
    for (const stored of [BCRYPT, await hasher().hash(MD5)]) assert.equal(hasher().isUsable(stored), true);
  });

  it('of the dearest cost that can be set are usable', () => {
    const { decoyHash, isUsable } = hasher(PASSWORD_HASH_MAX);
    assert.equal(isUsable(decoyHash), true);
    const { PASSWORD_HASH_MEMORY_KIB: memory, PASSWORD_HASH_PASSES: passes } = SETTINGS;
    assert.throws(() => memory.parse(String(PASSWORD_HASH_MAX.memoryKib + 1)));
    assert.throws(() => passes.parse(String(PASSWORD_HASH_MAX.passes + 1)));
  });

  it('nobody can read match nothing and cost the same, without an exception', async () => {
    const passwords = hasher();
    const argon = await passwords.hash(MD5);
    const unreadable = [
      '',
      MD5,
      'x'.repeat(100_000),
      argon.slice(0, -6),
      `${argon.slice(0, argon.lastIndexOf('$'))}$AAAAAA`,
      argon.replace('argon2id', 'argon2i'),
      argon.replace('m=1024', 'm=4294967295'),
      argon.replace('m=1024', 'm=1048576'),
      argon.replace('t=1', 't=99'),
      argon.replace('p=1', 'p=9'),
      BCRYPT.replace('$10$', '$31$'),
      BCRYPT.replace('$10$', '$13$'),
      `${BCRYPT}x`,
    ];
    for (const stored of unreadable) {
      assert.equal(await passwords.matches(MD5, stored), false, stored.slice(0, 60));
      assert.equal(passwords.isUsable(stored), false, stored.slice(0, 60));
    }
  });
});

describe('the decoy', () => {
  it('costs what a real hash costs, and no password has it', async () => {
    const passwords = hasher({ memoryKib: 2048, passes: 2 });
    const real = await passwords.hash(MD5);
    assert.equal(passwords.decoyHash.length, real.length);
    assert.equal(passwords.decoyHash.split('$')[3], real.split('$')[3]);
    assert.equal(await passwords.matches(MD5, passwords.decoyHash), false);
    assert.equal(passwords.needsRehash(passwords.decoyHash), false);
  });

  it('comes in each kind that can be verified, and of today’s for a kind that is none', async () => {
    const passwords = hasher({ memoryKib: 1024, passes: 1 });
    const kinds = ['bcrypt-04', 'bcrypt-05', 'argon2id-1024-1', 'argon2id-2048-3'];
    for (const kind of kinds) {
      const made = passwords.decoyOf(kind);
      assert.equal(passwords.kindOf(made), kind);
      assert.equal(passwords.decoyOf(kind), made);
      assert.equal(await passwords.matches(MD5, made), false);
    }
    for (const none of ['', 'bcrypt-20', 'bcrypt-4', 'argon2id-999999999-1', 'argon2id-1024', 'md5-1']) {
      assert.equal(passwords.decoyOf(none), passwords.decoyHash, none);
    }
    assert.equal(passwords.kindOf('unreadable'), undefined);
  });

  it('makes an unknown account cost exactly one turn of the queue, like a known one', async () => {
    const { events } = recorder();
    const passwords = createPasswordHasher({ memoryKib: 1024, passes: 1, events, parallelism: 1 });
    const stored = await passwords.hash(MD5);
    for (const candidate of [stored, passwords.decoyHash, 'unreadable']) {
      const running = [passwords.matches(MD5, stored), passwords.matches(MD5, candidate)];
      assert.equal(passwords.waiting, 1);
      await Promise.all(running);
      assert.equal(passwords.waiting, 0);
    }
  });
});

describe('the hash queue', () => {
  const stays = { gone: false };
  const isUnavailable = (error: unknown) => isHostError(error, 'service_unavailable');
  /** Jobs that end when told to. */
  function setUp(limits: { running: number; ready?: number; waiting: number }) {
    const { emitted, events } = recorder();
    const queue = new HashQueue({ ready: 100, ...limits }, events);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const run = (n: number, client: { gone: boolean } = stays) =>
      queue.run(() => {
        started.push(n);
        return new Promise<number>((resolve) => finish.push(() => resolve(n)));
      }, client);
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return { queue, emitted, started, finish, run, settle };
  }

  describe('work that ends in a job', () => {
    /** Reads, which ends when told to, then has its job done. */
    function getReady(limits: Parameters<typeof setUp>[0]) {
      const { queue, run, ...rest } = setUp(limits);
      const reading: number[] = [];
      const read: (() => void)[] = [];
      const work = (n: number, client: { gone: boolean } = { gone: false }) =>
        queue.inTurn(async () => {
          reading.push(n);
          await new Promise<void>((resolve) => read.push(resolve));
          return run(n, client);
        }, client);
      return { queue, run, reading, read, work, ...rest };
    }

    it('gets ready for as many jobs as it may, and for one more as each begins', async () => {
      const { queue, reading, read, work, finish, settle } = getReady({ running: 1, ready: 2, waiting: 9 });
      const all = Promise.all([0, 1, 2, 3].map((n) => work(n)));
      await settle();
      assert.deepEqual([reading, queue.waiting], [[0, 1], 2]);
      for (const n of [1, 0]) {
        read[n]?.();
        await settle();
      }
      // The job of 1 runs, that of 0 waits for it and holds its place.
      assert.deepEqual([reading, queue.waiting], [[0, 1, 2], 2]);
      finish[0]?.();
      await settle();
      assert.deepEqual(reading, [0, 1, 2, 3]);
      for (const go of [2, 3].map((n) => read[n])) go?.();
      for (const n of [1, 2, 3]) {
        await settle();
        finish[n]?.();
      }
      assert.deepEqual(await all, [0, 1, 2, 3]);
    });

    it('lets others get ready when it ends or fails without a job, or has something else to wait for', async () => {
      const { queue, settle } = setUp({ running: 1, ready: 1, waiting: 9 });
      const begun: number[] = [];
      const first = queue.inTurn(() => Promise.reject(new TypeError('broken')), stays);
      const second = queue.inTurn(async () => begun.push(2), { gone: false });
      await assert.rejects(first, TypeError);
      await second;
      const waits = { gone: false };
      const long = queue.inTurn(async () => {
        queue.giveWay(waits);
        await settle();
        await settle();
        begun.push(3);
      }, waits);
      await queue.inTurn(async () => begun.push(4), { gone: false });
      await long;
      assert.deepEqual(begun, [2, 4, 3]);
      assert.equal(await queue.inTurn(async () => 'free', undefined), 'free');
    });

    it('is refused before it begins when there is no room, and never once it was let in', async () => {
      const { emitted, queue, reading, read, run, work, started, finish, settle } = getReady({
        running: 1,
        ready: 1,
        waiting: 2,
      });
      const all = [run(0), work(1), work(2), run(3)];
      for (const n of [4, 5]) await assert.rejects(work(n), isUnavailable);
      assert.deepEqual([reading, queue.waiting, emitted], [[1], 2, ['overload_started']]);
      read[0]?.();
      await settle();
      assert.equal(queue.waiting, 3, 'who was ready waits for a core all the same');
      for (let n = 0; n < 4; n++) {
        finish[n]?.();
        await settle();
        read[1]?.();
        await settle();
      }
      assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
      assert.deepEqual(started, [0, 3, 1, 2]);
    });

    it('ends an overload also where no job comes of it', async () => {
      const { queue, emitted } = setUp({ running: 1, ready: 1, waiting: 1 });
      const { promise, resolve } = Promise.withResolvers<void>();
      const crowd = [0, 1].map(() => queue.inTurn(() => promise, { gone: false }));
      await assert.rejects(
        queue.inTurn(() => promise, { gone: false }),
        isUnavailable,
      );
      assert.deepEqual(emitted, ['overload_started']);
      resolve();
      await Promise.all(crowd);
      assert.deepEqual(emitted, ['overload_started', 'overload_ended']);
    });

    it('is refused before it begins also where only others wait for a core', async () => {
      const { reading, run, work } = getReady({ running: 1, ready: 9, waiting: 1 });
      void run(0);
      void run(1);
      await assert.rejects(work(2), isUnavailable);
      assert.deepEqual(reading, []);
    });

    it('does not begin when its client has gone meanwhile, who keeps nobody out', async () => {
      const { reading, read, work, run, finish, settle } = getReady({ running: 1, ready: 1, waiting: 2 });
      const leaves = { gone: false };
      const first = work(0);
      const abandoned = [work(1, leaves), work(2, leaves)].map((one) => assert.rejects(one, isUnavailable));
      void run(9);
      await settle();
      leaves.gone = true;
      const last = work(3);
      await Promise.all(abandoned);
      read[0]?.();
      await settle();
      finish[0]?.();
      await settle();
      assert.deepEqual(reading, [0, 3]);
      read[1]?.();
      for (const n of [1, 2]) {
        finish[n]?.();
        await settle();
      }
      assert.deepEqual(await Promise.all([first, last]), [0, 3]);
      await assert.rejects(work(4, leaves), isUnavailable);
    });

    it('is refused with what finds the database away, instead of finding it once more', async () => {
      const { queue } = setUp({ running: 1, ready: 2, waiting: 9 });
      const away = () =>
        queue.inTurn(() => Promise.reject(new HostError('service_unavailable')), { gone: false });
      let begun = 0;
      const others = [0, 1, 2].map(() => queue.inTurn(async () => begun++, { gone: false }));
      await Promise.all(others);
      begun = 0;
      const failing = [away(), away()].map((one) => assert.rejects(one, isUnavailable));
      const behind = [0, 1].map(() =>
        assert.rejects(
          queue.inTurn(async () => begun++, { gone: false }),
          isUnavailable,
        ),
      );
      await Promise.all([...failing, ...behind]);
      assert.equal(begun, 0);
      assert.equal(await queue.inTurn(async () => 'back', stays), 'back');
    });
  });

  it('runs as many as allowed, keeps exactly as many waiting and refuses the next', async () => {
    const { queue, started, run, settle } = setUp({ running: 2, waiting: 200 });
    const admitted = Array.from({ length: 202 }, (_, n) => run(n));
    await assert.rejects(run(202), (error) => {
      assert.ok(isHostError(error, 'service_unavailable'));
      return (error as { retryAfterSeconds?: number }).retryAfterSeconds !== undefined;
    });
    await settle();
    assert.deepEqual([started.length, queue.waiting, admitted.length], [2, 200, 202]);
  });

  it('drops what it is the turn of when its client has gone meanwhile', async () => {
    const { started, finish, run, settle } = setUp({ running: 1, waiting: 5 });
    const leaves = { gone: false };
    const first = run(0);
    const abandoned = run(1, leaves);
    const last = run(2);
    const dropped = assert.rejects(abandoned, isUnavailable);
    await settle();
    leaves.gone = true;
    finish[0]?.();
    await dropped;
    await settle();
    finish[1]?.();
    assert.deepEqual([await first, await last, started], [0, 2, [0, 2]]);
    await assert.rejects(run(3, leaves), isUnavailable);
  });

  it('lets nobody who has gone take the place of somebody who waits, and calls that no overload', async () => {
    const { emitted, queue, started, run, settle } = setUp({ running: 1, waiting: 2 });
    const leaves = { gone: false };
    void run(0);
    const abandoned = [run(1, leaves), run(2, leaves)];
    const dropped = Promise.all(abandoned.map((job) => assert.rejects(job, isUnavailable)));
    await settle();
    leaves.gone = true;
    void run(3);
    await dropped;
    assert.deepEqual([started, queue.waiting, emitted], [[0], 1, []]);
  });

  it('is first in, first out', async () => {
    const { started, finish, run, settle } = setUp({ running: 1, waiting: 5 });
    const all = Promise.all([0, 1, 2, 3].map((n) => run(n)));
    for (let n = 0; n < 4; n++) {
      await settle();
      finish[n]?.();
    }
    assert.deepEqual(await all, [0, 1, 2, 3]);
    assert.deepEqual(started, [0, 1, 2, 3]);
  });

  it('never runs more than allowed when somebody arrives as another one ends', async () => {
    const { started, finish, run, settle } = setUp({ running: 1, waiting: 5 });
    const first = run(0);
    const second = run(1);
    await settle();
    finish[0]?.();
    await first;
    const third = run(2);
    await settle();
    assert.deepEqual(started, [0, 1]);
    finish[1]?.();
    await second;
    await settle();
    finish[2]?.();
    await third;
  });

  it('goes on after a job that failed', async () => {
    const { queue } = setUp({ running: 1, waiting: 1 });
    await assert.rejects(
      queue.run(() => Promise.reject(new TypeError('broken')), stays),
      TypeError,
    );
    assert.equal(await queue.run(async () => 1, stays), 1);
  });

  it('reports the end of an overload as soon as the queue is less than half full', async () => {
    const { emitted, finish, run, settle } = setUp({ running: 1, waiting: 4 });
    const admitted = [0, 1, 2, 3, 4].map((n) => run(n));
    await settle();
    await assert.rejects(run(9));
    for (const n of [0, 1]) {
      finish[n]?.();
      await settle();
      assert.deepEqual(emitted, ['overload_started'], `${3 - n} wait`);
    }
    finish[2]?.();
    await settle();
    assert.deepEqual(emitted, ['overload_started', 'overload_ended']);
    for (const n of [3, 4]) {
      finish[n]?.();
      await settle();
    }
    await Promise.all(admitted);
    assert.equal(emitted.length, 2);
  });

  it('reports an overload once when it starts and once when it has passed', async () => {
    const { emitted, finish, run, settle } = setUp({ running: 1, waiting: 1 });
    const admitted = [run(0), run(1)];
    await settle();
    for (let n = 0; n < 5; n++) await assert.rejects(run(9));
    assert.deepEqual(emitted, ['overload_started']);
    finish[0]?.();
    await settle();
    finish[1]?.();
    await Promise.all(admitted);
    assert.deepEqual(emitted, ['overload_started', 'overload_ended']);
    const last = run(2);
    await settle();
    finish[2]?.();
    await last;
    assert.equal(emitted.length, 2);
  });
});
