import type { Metric } from '../../model/figure.ts';
import type { User } from '../../model/user.ts';

/**
 * Counters per app and UTC day, added up in memory and written with the app's log rows: a crash loses what it
 * may lose of those, an orderly stop nothing.
 */
export interface Figures {
  /**
   * Adds one to a counter of today. `first` and `second` are the metric's dimensions (`METRICS`): words of a
   * fixed list, never anything that tells who somebody is. `times` adds more at once.
   */
  count(appId: string, metric: Metric, first?: string, second?: string, times?: number): void;
  /**
   * Tells that a user was here today. Their first visit of a UTC day, ISO week and month counts as
   * `active_…`, and that of a week as `returned`: once each, whatever number of processes tell of it.
   */
  visit(user: Pick<User, 'appId' | 'id' | 'createdAt'>): void;
}
