import type { Activity } from '../../model/activity.ts';
import type { KeyPage, KeyPageRequest, Page, PageRequest } from './page.ts';

export interface ActivityFilter {
  logType?: 'user' | 'app';
  status?: 'success' | 'error';
  /** Inclusive, epoch ms. */
  from?: number;
  /** Exclusive, epoch ms. */
  to?: number;
  actions?: readonly string[];
  /** However it was typed. */
  handle?: string;
}

export interface ActivityStore {
  /**
   * Rows that are there already, by id, stay as they are: a write whose outcome is not known can be repeated.
   */
  insertMany(rows: readonly Activity[]): Promise<void>;
  /** Rows of a handle: without those that an earlier version of the host wrote. */
  page(appId: string, filter: ActivityFilter, page: PageRequest): Promise<Page<Activity>>;
  /**
   * A page by key, newest first; rows with that handle are found by their index, the other filters are
   * checked on at most 1,000 rows a page, which may then come back short.
   */
  list(appId: string, filter: ActivityFilter, page: KeyPageRequest): Promise<KeyPage<Activity>>;
  /** All rows of an app by id (`undefined`: of the host), for a backup. */
  stream(appId: string | undefined): AsyncIterable<Activity>;
  /**
   * When the row of an app at that place was made, the newest at place 0; undefined when there are not so
   * many.
   */
  timeAt(appId: string, place: number): Promise<number | undefined>;
  /** At most `limit` rows older than `before`, of that app or over all; answers how many went. */
  removeOlder(before: number, limit: number, appId?: string): Promise<number>;
  removeAll(appId: string): Promise<number>;
}
