import type { Figure, Metric } from '../../model/figure.ts';

/** What is added up to answer one question. */
export interface FigureQuery {
  metric: Metric;
  /** Days since 1970, both included. */
  from: number;
  to: number;
  /** Dimensions to keep apart; the others are added up. */
  by: readonly ('first' | 'second')[];
  /** Only what has this second dimension. */
  second?: string;
}

/** Counters of all processes, one row for each (app, day, metric, first, second). */
export interface FigureStore {
  /**
   * Adds each count to what is stored under the same key, in one step for each key: of any number of
   * processes nothing is lost. Not atomic as a whole; a few hundred at most.
   */
  add(figures: readonly Figure[]): Promise<void>;
  /** By day and dimension, ascending; what is added up is empty, and a day without a count missing. */
  sums(appId: string, query: FigureQuery): Promise<Pick<Figure, 'day' | 'first' | 'second' | 'count'>[]>;
  /** The first day anything was counted for the app, as far as it is kept. */
  firstDay(appId: string): Promise<number | undefined>;
  /** Whether anything was counted, of this second dimension when one is given, as far as it is kept. */
  counted(appId: string, metric: Metric, second?: string): Promise<boolean>;
  /** At most `limit` rows of days before `day`, over all apps; answers how many went. */
  removeOlder(day: number, limit: number): Promise<number>;
  /** All rows of the app, each once, for a backup. */
  stream(appId: string): AsyncIterable<Figure>;
  removeAll(appId: string): Promise<number>;
}
