import {
  type Attempt,
  type AttemptLimit,
  type CounterStore,
  NOTED_COUNTERS,
  type WaitPolicy,
} from '../ports/store/counters.ts';
import type { Engine } from './engine.ts';

/** After this a reservation whose attempt was never judged was left behind by a crash. */
const STALE_MS = 10_000;

/** `CounterStore` over an engine. */
export function createCounterStore(engine: Engine): CounterStore {
  const inputOf = ({ now, free, maxWaitMs, forgetAfterMs, fixedWindow = false }: WaitPolicy) => ({
    now,
    free,
    maxWaitMs,
    expiresAt: now + forgetAfterMs,
    fixedWindow,
  });
  return {
    increment: (key, { now, by = 1, cap, expiresAt }) =>
      engine.counterIncrement(key, { now, by, cap, expiresAt, isNoted: isNoted(key) }),
    async admit(key, { now, by = 1, cap, expiresAt }) {
      const entry = { key, now, by, cap, expiresAt };
      if (isNoted(key)) return engine.counterAdmit(entry);
      return (await engine.counterIncrement(key, entry)) !== undefined;
    },
    decrement: (key, by = 1) => engine.counterDecrement(key, by, isNoted(key)),
    async read(key, now) {
      const row = await engine.counterFind(key);
      return row && (row.expiresAt === undefined || row.expiresAt > now) ? row.value : 0;
    },
    async waitsUntil(key, now) {
      const row = await engine.counterFind(key);
      const counts = row && (row.expiresAt === undefined || row.expiresAt > now) && row.blockedUntil > now;
      return counts ? row.blockedUntil : undefined;
    },
    async endsAt(key, now) {
      const row = await engine.counterFind(key);
      return row?.expiresAt !== undefined && row.expiresAt > now ? row.expiresAt : undefined;
    },
    set: (key, value, expiresAt) => engine.counterSet(key, value, expiresAt),
    remove: (key) => engine.counterRemove(key, isNoted(key)),
    async attempt(limits, { inTurn = false } = {}) {
      const entries = limits.map(({ key, policy }) => ({ key, ...inputOf(policy), staleMs: STALE_MS }));
      return verdictOf(limits, await engine.counterAttempt(entries, inTurn));
    },
    release: (reserved) => engine.counterForgive([], reserved),
    forgive: (keys, reserved) => engine.counterForgive(keys, reserved),
    fail: (key, policy) => engine.counterFail(key, inputOf(policy)),
    removeExpired: (now, limit) => engine.counterRemoveExpired(now, limit),
  };
}

function isNoted(key: string): boolean {
  return NOTED_COUNTERS.has(key.slice(0, key.indexOf('/')));
}

/** `answers` may be fewer than the limits, when those after one that refuses were not asked. */
function verdictOf(
  limits: readonly AttemptLimit[],
  answers: Awaited<ReturnType<Engine['counterAttempt']>>,
): Attempt {
  const asked = answers.map((answer, index) => ({ ...answer, ...(limits[index] as AttemptLimit) }));
  const refusing = asked
    .filter(({ admitted }) => !admitted)
    .map(({ row, policy }) => ({ waitMs: row.blockedUntil - policy.now, failures: row.value }))
    .sort((a, b) => b.waitMs - a.waitMs)[0];
  if (!refusing) {
    const reserved = asked.map(({ key, row }) => ({ key, waitedUntil: row.blockedUntil }));
    return { state: 'admitted', reserved };
  }
  return refusing.waitMs > 0
    ? { state: 'waiting', ...refusing }
    : { state: 'busy', failures: refusing.failures };
}
