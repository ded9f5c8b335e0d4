import type { App } from '../../model/app.ts';
import type { KeyPage, KeyPageRequest } from './page.ts';

export interface AppStore {
  /** Rejects with `app_name_taken` when any app, of any lifecycle, has that name. */
  insert(app: App): Promise<void>;
  /** A live app, from a cache at most 3 s old (or as this process last wrote it). The record is frozen. */
  find(appId: string): Promise<App | undefined>;
  /** A live app as the store has it now; for a change that follows. */
  read(appId: string): Promise<App | undefined>;
  findByName(name: string): Promise<App | undefined>;
  /** See `Store`. Rejects with `app_name_taken`. The cache of this process is renewed. */
  replace(app: App): Promise<App | undefined>;
  /** Live apps, newest first. `name`: literal containment, or the exact name. */
  list(filter: { name?: string; exact?: boolean; offset: number; limit: number }): Promise<App[]>;
  /** A page by key of the same, newest first. */
  walk(page: KeyPageRequest): Promise<KeyPage<App>>;
  /** Live apps, each exactly once whatever is written meanwhile, for exports and backups. */
  stream(): AsyncIterable<App>;
  /** Apps that are not live, for the sweeper. */
  listUnfinished(): Promise<App[]>;
  remove(appId: string): Promise<boolean>;
}
