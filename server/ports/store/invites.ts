import type { Invite } from '../../model/invite.ts';
import type { Page, PageRequest } from './page.ts';

export interface InviteStore {
  /** One row per (app, handle, sender): of two racing inserts one rejects with `handle_taken`. */
  insert(invite: Invite): Promise<void>;
  insertMany(invites: readonly Invite[]): Promise<void>;
  find(appId: string, inviteId: string): Promise<Invite | undefined>;
  findBySender(appId: string, handle: string, senderHandle: string): Promise<Invite | undefined>;
  /** All invites of a handle, newest first. */
  listByHandle(appId: string, handle: string): Promise<Invite[]>;
  /** See `Store`. */
  replace(invite: Invite): Promise<Invite | undefined>;
  remove(appId: string, inviteId: string): Promise<boolean>;
  /** Number of rows removed. */
  removeByHandle(appId: string, handle: string): Promise<number>;
  /** How many people somebody invited, withdrawn offers included, and how many of them came. */
  countBySender(appId: string, senderHandle: string): Promise<{ sent: number; accepted: number }>;
  page(appId: string, page: PageRequest): Promise<Page<Invite>>;
  /** As `UserStore.search`, over handles. */
  search(appId: string, query: { value: string; limit: number; offset?: number }): Promise<Invite[]>;
  stream(appId: string): AsyncIterable<Invite>;
  removeAll(appId: string): Promise<number>;
}
