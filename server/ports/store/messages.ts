import type { MessageState, QueuedMessage } from '../../model/message.ts';
import type { KeyPage, KeyPageRequest } from './page.ts';

export interface MessageFilter {
  appId?: string | undefined;
  state?: MessageState | undefined;
}

/** The queue of mails and SMS, sent at least once, and what became of them. */
export interface MessageStore {
  insert(message: QueuedMessage): Promise<void>;
  find(id: string): Promise<QueuedMessage | undefined>;
  /**
   * Takes at most `limit` rows that are due and moves their `dueAt` to `leaseUntil`, each in one conditional
   * write: no row goes to two processes at once.
   */
  takeDue(input: { now: number; leaseUntil: number; limit: number }): Promise<QueuedMessage[]>;
  /** See `Store`. Taking a row does not move its revision. */
  replace(message: QueuedMessage): Promise<QueuedMessage | undefined>;
  /** As `replace`, for one that is out: noted. */
  noteSent(message: QueuedMessage): Promise<QueuedMessage | undefined>;
  remove(id: string): Promise<void>;
  /** Of those that wait. */
  count(): Promise<number>;
  /** A page by key, newest first; with both filters one is checked on at most 1,000 rows a page. */
  list(filter: MessageFilter, page: KeyPageRequest): Promise<KeyPage<QueuedMessage>>;
  /** What waits for somebody. */
  listWaiting(appId: string, to: string): Promise<QueuedMessage[]>;
  /** Whatever went to somebody; answers how many rows went. */
  removeRecipient(appId: string, to: string): Promise<number>;
  /** All rows by id, for a backup. */
  stream(): AsyncIterable<QueuedMessage>;
  removeAll(appId: string): Promise<number>;
}
