import type { Job } from '../../model/job.ts';
import type { KeyPage, KeyPageRequest } from './page.ts';

/** What is done to many, a few rows at a time; thousands at most. */
export interface JobStore {
  insert(job: Job): Promise<void>;
  find(id: string): Promise<Job | undefined>;
  /** See `Store`. */
  replace(job: Job): Promise<Job | undefined>;
  /**
   * Takes at most `limit` rows that are due and moves their `dueAt` to `leaseUntil`, each in one conditional
   * write: no row goes to two processes at once. The revision stays: whoever works on it replaces it first.
   */
  takeDue(input: { now: number; leaseUntil: number; limit: number }): Promise<Job[]>;
  /** Jobs of an app, newest first. */
  list(appId: string, page: KeyPageRequest): Promise<KeyPage<Job>>;
  /** All of the host by id, for a backup. */
  stream(): AsyncIterable<Job>;
  /** Those that ended before; answers how many went. */
  removeEnded(before: number): Promise<number>;
  removeAll(appId: string): Promise<number>;
}
