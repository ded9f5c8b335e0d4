import type { Signup } from '../../model/signup.ts';
import type { Page, PageRequest } from './page.ts';

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
  stream(appId: string): AsyncIterable<Signup>;
  /**
   * At most `limit` pending rows, over all apps, whose code expired before `before` (or, without one, were
   * last changed then); answers how many went.
   */
  removeExpired(before: number, limit: number): Promise<number>;
  removeAll(appId: string): Promise<number>;
}
