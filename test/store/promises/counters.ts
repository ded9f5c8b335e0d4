import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CounterStore, WaitPolicy } from '../../../server/ports/store/counters.ts';
import { anId, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

const NOW = MADE_AT;
const policyAt = (now: number): WaitPolicy => ({
  now,
  free: 5,
  maxWaitMs: 900_000,
  forgetAfterMs: 86_400_000,
});

const attempt = (counters: CounterStore, key: string, policy: WaitPolicy) =>
  counters.attempt([{ key, policy }]);

export function describeCounters(stage: () => Stage): void {
  it('counts up to the cap however many ask at once', async () => {
    const { store, another } = stage();
    const key = anId();
    const processes = [store.counters, another().counters];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => processes[n % 2]?.increment(key, { now: NOW, cap: 50 })),
    );
    const granted = answers.filter((value) => value !== undefined).sort((a, b) => a - b);
    assert.deepEqual(
      granted,
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    assert.equal(await store.counters.read(key, NOW), 50);
  });

  it('counts together what nobody needs the number of, within caps and windows', async () => {
    const { store, another } = stage();
    const processes = [store.counters, another().counters];
    const window = { now: NOW, cap: 50, expiresAt: NOW + 100 };
    for (const what of ['seats', 'lasting']) {
      const [key, other] = [`${what}/${anId()}`, `${what}/${anId()}`];
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) => processes[n % 2]?.admit(n % 5 ? key : other, window)),
      );
      assert.equal(answers.filter((counted) => counted).length, 90);
      assert.deepEqual(
        [await store.counters.read(key, NOW), await store.counters.read(other, NOW)],
        [50, 40],
      );
      assert.equal(await store.counters.admit(key, { ...window, by: 2, cap: 51 }), false);
      assert.equal(await store.counters.admit(key, { ...window, by: 2, cap: 52 }), true);
      assert.equal(await store.counters.endsAt(key, NOW), NOW + 100);
      assert.equal(await store.counters.admit(key, { now: NOW + 100, cap: 50, expiresAt: NOW + 200 }), true);
      assert.equal(await store.counters.read(key, NOW + 100), 1, 'a new window');
      const forever = `${what}/${anId()}`;
      assert.equal(await store.counters.admit(forever, { now: NOW, by: 3, cap: 2 }), false);
      for (let n = 1; n < 3; n++) await store.counters.admit(forever, { now: NOW });
      assert.equal(await store.counters.endsAt(forever, NOW), undefined);
      assert.equal(await store.counters.increment(forever, { now: NOW }), 3);
      for (const each of [key, other, forever]) await store.counters.remove(each);
    }
  });

  it('tells when a wait is over, and of none that is', async () => {
    const { counters } = stage().store;
    const key = anId();
    const policy = { now: NOW, free: 2, maxWaitMs: 60_000, forgetAfterMs: 3_600_000 };
    assert.equal(await counters.waitsUntil(key, NOW), undefined);
    for (let n = 0; n < 2; n++) {
      await counters.attempt([{ key, policy }]);
      assert.equal(await counters.waitsUntil(key, NOW), undefined);
      await counters.fail(key, policy);
    }
    assert.equal(await counters.waitsUntil(key, NOW), NOW + 1_000);
    assert.equal(await counters.waitsUntil(key, NOW + 1_000), undefined);
    await counters.remove(key);
    assert.equal(await counters.waitsUntil(key, NOW), undefined);
  });

  it('counts in steps, gives back and never falls below zero', async () => {
    const { counters } = stage().store;
    const key = anId();
    assert.equal(await counters.increment(key, { now: NOW, by: 3, cap: 2 }), undefined);
    assert.equal(await counters.read(key, NOW), 0);
    assert.equal(await counters.increment(key, { now: NOW, by: 3, cap: 5 }), 3);
    assert.equal(await counters.increment(key, { now: NOW, by: 3, cap: 5 }), undefined);
    assert.equal(await counters.increment(key, { now: NOW, by: 2, cap: 5 }), 5);
    await counters.decrement(key);
    assert.equal(await counters.read(key, NOW), 4);
    await counters.decrement(key, 10);
    assert.equal(await counters.read(key, NOW), 0);
    await counters.decrement(anId());
    await counters.set(key, 9);
    assert.equal(await counters.read(key, NOW), 9);
    await counters.remove(key);
    assert.equal(await counters.read(key, NOW), 0);
  });

  it('begins anew after its window, which the first count fixed', async () => {
    const { counters } = stage().store;
    const key = anId();
    const increment = (now: number) => counters.increment(key, { now, cap: 2, expiresAt: now + 100 });
    assert.equal(await increment(NOW), 1);
    assert.equal(await increment(NOW + 99), 2);
    assert.equal(await increment(NOW + 99), undefined);
    assert.equal(await counters.read(key, NOW + 100), 0);
    assert.equal(await increment(NOW + 100), 1);
    assert.equal(await increment(NOW + 199), 2);
    await counters.set(key, 7, NOW + 300);
    assert.equal(await counters.read(key, NOW + 299), 7);
    assert.equal(await counters.read(key, NOW + 300), 0);
    assert.equal(await counters.endsAt(key, NOW + 299), NOW + 300);
    assert.equal(await counters.endsAt(key, NOW + 300), undefined);
    await counters.set(key, 7);
    assert.equal(await counters.endsAt(key, NOW), undefined, 'never');
    assert.equal(await counters.endsAt(anId(), NOW), undefined, 'nothing there');
  });

  it('admits as many of 500 simultaneous attempts as are free', async () => {
    const { store, another } = stage();
    const key = anId();
    const processes = [store.counters, another().counters];
    const attempts = await Promise.all(
      Array.from({ length: 500 }, (_, n) => processes[n % 2]?.attempt([{ key, policy: policyAt(NOW) }])),
    );
    const admitted = attempts.filter((attempt) => attempt?.state === 'admitted');
    assert.equal(admitted.length, 5);
    assert.equal(await store.counters.read(key, NOW), 5);
    assert.equal(attempts.filter((attempt) => attempt?.state === 'busy').length, 495);
  });

  it('lets one through after each wait, and the wait doubles up to its longest', async () => {
    const { counters } = stage().store;
    const key = anId();
    let now = NOW;
    for (let n = 1; n <= 5; n++) {
      assert.equal((await attempt(counters, key, policyAt(now))).state, 'admitted');
      assert.equal(await counters.fail(key, policyAt(now)), n);
    }
    const waits: number[] = [];
    for (let n = 6; n <= 17; n++) {
      const refused = await attempt(counters, key, policyAt(now));
      assert.equal(refused.state, 'waiting');
      const waitMs = 'waitMs' in refused ? refused.waitMs : 0;
      waits.push(waitMs / 1_000);
      assert.equal((await attempt(counters, key, policyAt(now + waitMs - 1))).state, 'waiting');
      now += waitMs;
      const crowd = await Promise.all(
        Array.from({ length: 20 }, () => attempt(counters, key, policyAt(now))),
      );
      assert.deepEqual(
        crowd.map(({ state }) => state).filter((state) => state !== 'busy'),
        ['admitted'],
      );
      assert.equal(await counters.fail(key, policyAt(now)), n);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('forgives everything when an attempt was right', async () => {
    const { counters } = stage().store;
    const key = anId();
    for (let n = 0; n < 5; n++) await attempt(counters, key, policyAt(NOW));
    await counters.fail(key, policyAt(NOW));
    await counters.remove(key);
    assert.equal((await attempt(counters, key, policyAt(NOW))).state, 'admitted');
    assert.equal(await counters.read(key, NOW), 1);
    await counters.remove(key);
    assert.equal(await counters.fail(key, policyAt(NOW)), 1);
    assert.equal((await attempt(counters, key, policyAt(NOW))).state, 'admitted');
    assert.equal(await counters.read(key, NOW), 2);
  });

  it('reserves under each of several limits or under none, and gives back what it reserved', async () => {
    const { counters } = stage().store;
    const [own, whole] = [anId(), anId()];
    const limits = [
      { key: own, policy: policyAt(NOW) },
      { key: whole, policy: { ...policyAt(NOW), free: 3 } },
    ];
    const both = await counters.attempt(limits);
    assert.equal(both.state, 'admitted');
    for (let n = 0; n < 2; n++) await counters.attempt(limits, { inTurn: true });
    for (const inTurn of [true, false]) {
      const refused = await counters.attempt(limits, { inTurn });
      assert.deepEqual(refused, { state: 'busy', failures: 3 });
    }
    assert.deepEqual([await counters.read(own, NOW), await counters.read(whole, NOW)], [3, 3]);
    await counters.release('reserved' in both ? both.reserved : []);
    assert.deepEqual([await counters.read(own, NOW), await counters.read(whole, NOW)], [2, 2]);
    assert.equal((await counters.attempt(limits)).state, 'admitted');
  });

  it('forgives some and releases others at once', async () => {
    const { counters } = stage().store;
    const [own, whole, row] = [anId(), anId(), anId()];
    const limits = [own, whole].map((key) => ({ key, policy: policyAt(NOW) }));
    for (let n = 0; n < 2; n++) await counters.attempt(limits);
    const third = await counters.attempt(limits);
    await counters.increment(row, { now: NOW, expiresAt: NOW + 500 });
    await counters.fail(own, policyAt(NOW));
    assert.ok('reserved' in third);
    await counters.forgive([own, row, anId()], third.reserved.slice(1));
    const left = await Promise.all([own, whole, row].map((key) => counters.read(key, NOW)));
    assert.deepEqual(left, [0, 2, 0]);
    assert.equal(await counters.increment(row, { now: NOW, expiresAt: NOW + 900 }), 1);
    assert.equal(await counters.endsAt(row, NOW), NOW + 900, 'it begins anew');
    for (let n = 0; n < 5; n++) assert.equal((await attempt(counters, own, policyAt(NOW))).state, 'admitted');
    assert.equal((await attempt(counters, own, policyAt(NOW))).state, 'busy');
  });

  it('lets the next one through at once when an attempt after a wait is released', async () => {
    const { counters } = stage().store;
    const key = anId();
    for (let n = 0; n < 5; n++) await attempt(counters, key, policyAt(NOW));
    await counters.fail(key, policyAt(NOW));
    const later = policyAt(NOW + 1_000);
    for (let n = 0; n < 3; n++) {
      const again = await attempt(counters, key, later);
      assert.equal(again.state, 'admitted');
      assert.equal((await attempt(counters, key, later)).state, 'busy', 'one at a time');
      await counters.release('reserved' in again ? again.reserved : []);
    }
    await attempt(counters, key, later);
    assert.equal(await counters.fail(key, later), 6, 'and the wait goes on growing');
    const refused = await attempt(counters, key, later);
    assert.equal('waitMs' in refused && refused.waitMs, 2_000);
  });

  it('forgets fewer than are free after a fixed window, and more only after a quiet one', async () => {
    const { counters } = stage().store;
    const fixedAt = (now: number) => ({ ...policyAt(now), fixedWindow: true });
    const day = 86_400_000;
    const [few, many] = [anId(), anId()];
    for (let n = 0; n < 4; n++) {
      await attempt(counters, few, fixedAt(NOW + n));
      await counters.fail(few, fixedAt(NOW + n));
    }
    assert.equal(await counters.read(few, NOW + day - 1), 4);
    assert.equal(await counters.read(few, NOW + day), 0);
    for (let n = 0; n < 5; n++) {
      await attempt(counters, many, fixedAt(NOW + n));
      await counters.fail(many, fixedAt(NOW + n));
    }
    assert.equal(await counters.read(many, NOW + day + 3), 5);
    assert.equal(await counters.read(many, NOW + day + 4), 0);
  });

  it('takes over a reservation that a crash left behind', async () => {
    const { counters } = stage().store;
    const key = anId();
    for (let n = 0; n < 5; n++) await attempt(counters, key, policyAt(NOW));
    assert.equal((await attempt(counters, key, policyAt(NOW + 9_999))).state, 'busy');
    const crowd = await Promise.all(
      Array.from({ length: 20 }, () => attempt(counters, key, policyAt(NOW + 10_000))),
    );
    assert.equal(crowd.filter(({ state }) => state === 'admitted').length, 1);
  });

  it('forgets attempts a while after the last one', async () => {
    const { counters } = stage().store;
    const key = anId();
    for (let n = 0; n < 5; n++) await attempt(counters, key, policyAt(NOW + n));
    await counters.fail(key, policyAt(NOW + 10));
    const forgotten = NOW + 10 + 86_400_000;
    assert.equal(await counters.read(key, forgotten - 1), 5);
    assert.equal((await attempt(counters, key, policyAt(forgotten))).state, 'admitted');
    assert.equal(await counters.read(key, forgotten), 1);
  });

  it('drops what expired, in bounded steps, and nothing else', async () => {
    const { counters } = stage().store;
    await counters.removeExpired(Number.MAX_SAFE_INTEGER, 10_000);
    const [kept, forEver] = [anId(), anId()];
    await counters.increment(kept, { now: NOW, expiresAt: NOW + 2 });
    await counters.increment(forEver, { now: NOW });
    for (let n = 0; n < 5; n++) await counters.increment(anId(), { now: NOW, expiresAt: NOW + 1 });
    assert.equal(await counters.removeExpired(NOW + 1, 3), 3);
    assert.equal(await counters.removeExpired(NOW + 1, 3), 2);
    assert.equal(await counters.removeExpired(NOW + 1, 3), 0);
    assert.equal(await counters.read(kept, NOW + 1), 1);
    assert.equal(await counters.read(forEver, NOW + 1), 1);
  });
}
