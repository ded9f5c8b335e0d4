import type { Figure } from '../model/figure.ts';
import type { FigureStore } from '../ports/store/figures.ts';
import type { FigureOperations } from './engine.ts';

/** Rows read or removed at once: others have their turn in between. */
const BATCH = 500;

/** `FigureStore` over an engine. Nothing is sealed: figures tell of nobody. */
export function createFigureStore(engine: FigureOperations): FigureStore {
  return {
    add: (figures) => engine.figuresAdd(figures),
    sums: (appId, query) => engine.figureSums(appId, query),
    counted: (appId, metric, second) => engine.figuresCounted(appId, metric, second),
    firstDay: (appId) => engine.figuresFirstDay(appId),
    removeOlder: (day, limit) => engine.figuresRemove({ before: day }, limit),
    async *stream(appId) {
      for (let after: Figure | undefined; ; ) {
        const figures = await engine.figurePage(appId, after, BATCH);
        yield* figures;
        after = figures.at(-1);
        if (!after) return;
      }
    },
    async removeAll(appId) {
      let removed = 0;
      for (let last = BATCH; last === BATCH; removed += last) {
        last = await engine.figuresRemove({ appId }, BATCH);
      }
      return removed;
    },
  };
}
