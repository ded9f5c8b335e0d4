import type { CounterStore, WaitPolicy } from '../ports/store/counters.ts';
import type { Engine } from './engine.ts';

/** After this a reservation whose attempt was never judged was left behind by a crash. */
const STALE_MS = 10_000;

/** `CounterStore` over an engine. */
export function createCounterStore(engine: Engine): CounterStore {
  const inputOf = ({ now, free, maxWaitMs, forgetAfterMs }: WaitPolicy) => ({
    now,
    free,
    maxWaitMs,
    expiresAt: now + forgetAfterMs,
  });
  return {
    increment: (key, { now, by = 1, cap, expiresAt }) =>
      engine.counterIncrement(key, { now, by, cap, expiresAt }),
    decrement: (key, by = 1) => engine.counterDecrement(key, by),
    async read(key, now) {
      const row = await engine.counterFind(key);
      return row && (row.expiresAt === undefined || row.expiresAt > now) ? row.value : 0;
    },
    set: (key, value, expiresAt) => engine.counterSet(key, value, expiresAt),
    remove: (key) => engine.counterRemove(key),
    async attempt(key, policy) {
      const { admitted, row } = await engine.counterAttempt(key, { ...inputOf(policy), staleMs: STALE_MS });
      if (admitted) return { state: 'admitted', failures: row.value };
      const waitMs = row.blockedUntil - policy.now;
      if (waitMs > 0) return { state: 'waiting', waitMs, failures: row.value };
      return { state: 'busy', failures: row.value };
    },
    fail: (key, policy) => engine.counterFail(key, inputOf(policy)),
    removeExpired: (now, limit) => engine.counterRemoveExpired(now, limit),
  };
}
