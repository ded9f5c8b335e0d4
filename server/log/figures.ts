import type { Figure, Metric } from '../model/figure.ts';
import { dayOf } from '../model/visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Figures } from '../ports/log/figures.ts';
import type { FigureStore } from '../ports/store/figures.ts';
import type { UserStore } from '../ports/store/users.ts';
import { Visits } from './visits.ts';

/** Upserts of one write. */
const BATCH = 500;
/** What a dimension may be; anything else would tell of somebody, or make rows without end. */
const WORD = /^[\w.-]{1,32}$/;

/** Figures that wait to be written; `write` is for whoever writes the app's log rows. */
export interface WaitingFigures extends Figures {
  /** Writes what was counted so far; rejects when the store does not take it, and keeps the rest. */
  write(): Promise<void>;
}

/** Adds figures up in memory. `wake` is told when something waits to be written. */
export function createFigures(deps: {
  store: { figures: Pick<FigureStore, 'add'>; users: Pick<UserStore, 'recordVisits'> };
  clock: Clock;
  wake: () => void;
}): WaitingFigures {
  let waiting = new Map<string, Figure>();

  function add(figure: Figure): void {
    const { appId, day, metric, first, second, count } = figure;
    const key = `${day} ${appId} ${metric} ${first} ${second}`;
    const known = waiting.get(key);
    if (known) known.count += count;
    else waiting.set(key, figure);
  }

  function count(appId: string, metric: Metric, first = '', second = '', times = 1): void {
    if (times === 0) return;
    if (waiting.size === 0) deps.wake();
    const day = dayOf(deps.clock.now());
    add({ appId, day, metric, first: asWord(first), second: asWord(second), count: times });
  }
  const visits = new Visits({ users: deps.store.users, clock: deps.clock, figures: { count } });

  async function writeCounts(): Promise<void> {
    const figures = [...waiting.values()];
    waiting = new Map();
    for (; figures.length > 0; figures.splice(0, BATCH)) {
      try {
        await deps.store.figures.add(figures.slice(0, BATCH));
      } catch (error) {
        for (const figure of figures) add(figure);
        throw error;
      }
    }
  }

  return {
    count,
    visit(user) {
      if (visits.add(user)) deps.wake();
    },
    async write() {
      try {
        await visits.write();
      } finally {
        await writeCounts();
      }
    },
  };
}

function asWord(dimension: string): string {
  return dimension === '' || WORD.test(dimension) ? dimension : 'other';
}
