import type { Signup, SignupState } from '../../model/signup.ts';
import type { KeyPageRequest, ListedRows, Page, PageRequest, Total } from './page.ts';

export interface SignupFilter {
  state?: SignupState | undefined;
  /** Spellings of a handle; see `UserFilter`. */
  search?: readonly string[] | undefined;
  /** Epoch ms; decides what is expired. */
  now: number;
}

export interface SignupStore {
  /** One row per (app, handle): of two racing inserts one rejects with `handle_taken`. */
  insert(signup: Signup): Promise<void>;
  insertMany(signups: readonly Signup[]): Promise<void>;
  find(appId: string, signupId: string): Promise<Signup | undefined>;
  findByHandle(appId: string, handle: string): Promise<Signup | undefined>;
  /**
   * The signup of a link, which names no app: the one look-up without an app id. A row that an earlier
   * version wrote is found once it was written again.
   */
  findByLink(signupId: string): Promise<Signup | undefined>;
  /** See `Store`. */
  replace(signup: Signup): Promise<Signup | undefined>;
  /** Only if the row still has that revision when one is given. */
  remove(appId: string, signupId: string, revision?: number): Promise<boolean>;
  removeByHandle(appId: string, handle: string): Promise<boolean>;
  page(appId: string, page: PageRequest): Promise<Page<Signup>>;
  /** As `UserStore.search`, over handles. */
  search(appId: string, query: { value: string; limit: number; offset?: number }): Promise<Signup[]>;
  /**
   * A page by key, newest first; with a state those that end last come first. On at most 1,000 rows a page
   * the other filters are checked.
   */
  list(appId: string, filter: SignupFilter, page: KeyPageRequest): Promise<ListedRows<Signup>>;
  total(appId: string): Promise<Total>;
  /** How many wait at that time. */
  countWaiting(appId: string, now: number): Promise<number>;
  stream(appId: string): AsyncIterable<Signup>;
  /**
   * At most `limit` pending rows, over all apps, whose code expired before `before` (or, without one, were
   * last changed then); answers how many went.
   */
  removeExpired(before: number, limit: number): Promise<number>;
  /** Those over all apps that still wait and whose life ends from `from` on and before `before`. */
  ending(from: number, before: number): AsyncIterable<Signup>;
  removeAll(appId: string): Promise<number>;
}
