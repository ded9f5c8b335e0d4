import type { OperatorSession } from '../../model/operator.ts';

export interface OperatorSessionStore {
  insert(session: OperatorSession): Promise<void>;
  insertMany(sessions: readonly OperatorSession[]): Promise<void>;
  findByDigest(digest: string): Promise<OperatorSession | undefined>;
  /** See `Store`. `seenAt` is left alone. */
  replace(session: OperatorSession): Promise<OperatorSession | undefined>;
  /** Sets `seenAt` without moving the revision. */
  touch(id: string, at: number): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Newest first. */
  listOf(operatorId: string): Promise<OperatorSession[]>;
  removeOf(operatorId: string): Promise<number>;
  /** At most `limit` of those whose `expiresAt` is before `now`; answers how many went. */
  removeExpired(now: number, limit: number): Promise<number>;
  /** All by id, for a backup. */
  stream(): AsyncIterable<OperatorSession>;
}
