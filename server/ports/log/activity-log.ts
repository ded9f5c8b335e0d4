import type { Activity } from '../../model/activity.ts';

/** The apps' log rows: kept in memory for at most 250 ms or 500 rows, then written together. */
export interface ActivityLog {
  record(row: Omit<Activity, 'id' | 'createdAt'>): void;
  /**
   * Records a failure of somebody who is not logged in. Where the handle is a user's, or none of the same app
   * and action came before it in this minute, as `record` does; the others are counted, and make one row
   * without a handle when the minute is over.
   */
  recordFailure(row: Omit<Activity, 'id' | 'createdAt'>): void;
  /** Records what the portal did to a user whom it named by id: the row gets the handle of then. */
  recordAbout(row: Omit<Activity, 'id' | 'createdAt'> & { appId: string }, userId: string): void;
  /** Writes what is waiting, but for minutes that are not over. */
  flush(): Promise<void>;
  /** Writes everything; at shutdown. */
  close(): Promise<void>;
}
