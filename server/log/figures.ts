import type { Figure, Metric } from '../model/figure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Figures } from '../ports/log/figures.ts';
import type { FigureStore } from '../ports/store/figures.ts';
import { DAY_MS } from '../tools/duration.ts';

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
export function createFigures(deps: { store: FigureStore; clock: Clock; wake: () => void }): WaitingFigures {
  let waiting = new Map<string, Figure>();

  function add(figure: Figure): void {
    const { appId, day, metric, first, second, count } = figure;
    const key = `${day} ${appId} ${metric} ${first} ${second}`;
    const known = waiting.get(key);
    if (known) known.count += count;
    else waiting.set(key, figure);
  }

  return {
    count(appId: string, metric: Metric, first = '', second = '') {
      if (waiting.size === 0) deps.wake();
      const day = Math.floor(deps.clock.now() / DAY_MS);
      add({ appId, day, metric, first: asWord(first), second: asWord(second), count: 1 });
    },
    async write() {
      const figures = [...waiting.values()];
      waiting = new Map();
      while (figures.length > 0) {
        try {
          await deps.store.add(figures.slice(0, BATCH));
        } catch (error) {
          for (const figure of figures) add(figure);
          throw error;
        }
        figures.splice(0, BATCH);
      }
    },
  };
}

function asWord(dimension: string): string {
  return dimension === '' || WORD.test(dimension) ? dimension : 'other';
}
