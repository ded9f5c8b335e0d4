import type { Clock } from '../ports/clock.ts';
import type { Events } from '../ports/log/events.ts';
import type { Readiness } from '../ports/readiness.ts';

const EVERY_MS = 2000;

export interface ReadinessWatch extends Readiness {
  /** From now on the host is not ready any more. */
  drain(): void;
  stop(): void;
}

/**
 * Asks the database every 2 s; its answer takes 5 s at most, so a loss is known within 7 s. Emits
 * `database_lost` and `database_back`.
 */
export function watchReadiness(deps: {
  ping: () => Promise<void>;
  clock: Clock;
  events: Events;
}): ReadinessWatch {
  let draining = false;
  let lostAt: number | undefined;
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    const reachable = await deps.ping().then(
      () => true,
      () => false,
    );
    asking = false;
    const now = deps.clock.now();
    if (!reachable && lostAt === undefined) {
      lostAt = now;
      deps.events.emit('database_lost', { reason: 'unreachable' });
    }
    if (reachable && lostAt !== undefined) {
      deps.events.emit('database_back', { seconds: Math.round((now - lostAt) / 1000) });
      lostAt = undefined;
    }
  }
  const timer = setInterval(() => void ask(), EVERY_MS).unref();

  return {
    get database() {
      return lostAt === undefined ? 'ok' : 'down';
    },
    get draining() {
      return draining;
    },
    drain() {
      draining = true;
    },
    stop: () => clearInterval(timer),
  };
}
