import type { Activity } from '../../model/activity.ts';
import type { Page, PageRequest } from './page.ts';

export interface ActivityFilter {
  logType?: 'user' | 'app';
  status?: 'success' | 'error';
  /** Inclusive, epoch ms. */
  from?: number;
  /** Exclusive, epoch ms. */
  to?: number;
  actions?: readonly string[];
}

export interface ActivityStore {
  insertMany(rows: readonly Activity[]): Promise<void>;
  page(appId: string, filter: ActivityFilter, page: PageRequest): Promise<Page<Activity>>;
  /** All rows of an app by id (`undefined`: of the host), for a backup. */
  stream(appId: string | undefined): AsyncIterable<Activity>;
  /** At most `limit` rows older than `before`, over all apps; answers how many went. */
  removeOlder(before: number, limit: number): Promise<number>;
  removeAll(appId: string): Promise<number>;
}
