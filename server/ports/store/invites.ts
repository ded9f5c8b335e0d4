import type { Invite, InviteState } from '../../model/invite.ts';
import type { KeyPageRequest, ListedRows, Page, PageRequest, Total } from './page.ts';

export interface InviteFilter {
  state?: InviteState | undefined;
  senderHandle?: string | undefined;
  /** Spellings of a handle; see `UserFilter`. */
  search?: readonly string[] | undefined;
  /** Epoch ms; decides what is expired. */
  now: number;
}

/** Withdrawn invites show in `list` and `stream` alone. */
export interface InviteStore {
  /**
   * One row per (app, handle, sender), withdrawn ones apart: of two racing inserts one rejects with
   * `handle_taken`.
   */
  insert(invite: Invite): Promise<void>;
  insertMany(invites: readonly Invite[]): Promise<void>;
  find(appId: string, inviteId: string): Promise<Invite | undefined>;
  findBySender(appId: string, handle: string, senderHandle: string): Promise<Invite | undefined>;
  /** All invites of a handle but withdrawn ones, newest first. */
  listByHandle(appId: string, handle: string): Promise<Invite[]>;
  /** See `Store`. */
  replace(invite: Invite): Promise<Invite | undefined>;
  remove(appId: string, inviteId: string): Promise<boolean>;
  /** Withdrawn ones as well; number of rows removed. */
  removeByHandle(appId: string, handle: string): Promise<number>;
  /** How many people somebody invited, withdrawn offers included, and how many of them came. */
  countBySender(appId: string, senderHandle: string): Promise<{ sent: number; accepted: number }>;
  page(appId: string, page: PageRequest): Promise<Page<Invite>>;
  /** As `UserStore.search`, over handles. */
  search(appId: string, query: { value: string; limit: number; offset?: number }): Promise<Invite[]>;
  /** As `SignupStore.list`; withdrawn ones as they were withdrawn. */
  list(appId: string, filter: InviteFilter, page: KeyPageRequest): Promise<ListedRows<Invite>>;
  /** Renews what the invites of an app are listed by; answers of how many that was missing or another. */
  relist(appId: string, isStopped: () => boolean): Promise<number>;
  /** At most `limit` rows withdrawn before `before`; answers how many went. */
  removeWithdrawn(appId: string, before: number, limit: number): Promise<number>;
  total(appId: string): Promise<Total>;
  stream(appId: string): AsyncIterable<Invite>;
  /** Those over all apps that are still open and end from `from` on and before `before`. */
  ending(from: number, before: number): AsyncIterable<Invite>;
  removeAll(appId: string): Promise<number>;
}
