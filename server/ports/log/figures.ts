import type { Metric } from '../../model/figure.ts';

/**
 * Counters per app and UTC day, added up in memory and written with the app's log rows: a crash loses what it
 * may lose of those, an orderly stop nothing.
 */
export interface Figures {
  /**
   * Adds one to a counter of today. `first` and `second` are the metric's dimensions (`METRICS`): words of a
   * fixed list, never anything that tells who somebody is.
   */
  count(appId: string, metric: Metric, first?: string, second?: string): void;
}
