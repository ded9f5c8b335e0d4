import type { QueuedMessage } from '../../model/message.ts';

/** The queue of mails and SMS. Sent at least once. */
export interface MessageStore {
  insert(message: QueuedMessage): Promise<void>;
  /**
   * Takes at most `limit` rows that are due and moves their `dueAt` to `leaseUntil`, each in one conditional
   * write: no row goes to two processes at once.
   */
  takeDue(input: { now: number; leaseUntil: number; limit: number }): Promise<QueuedMessage[]>;
  /** After a failed try. */
  postpone(id: string, input: { tries: number; dueAt: number }): Promise<void>;
  /** Sent, given up or withdrawn. */
  remove(id: string): Promise<void>;
  count(): Promise<number>;
  /** All rows by id, for a backup. */
  stream(): AsyncIterable<QueuedMessage>;
  removeAll(appId: string): Promise<number>;
}
