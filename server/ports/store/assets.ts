import type { Asset } from '../../model/asset.ts';
import type { KeyPage, KeyPageRequest } from './page.ts';

/** Files of users, and what is reserved for them. */
export interface AssetStore {
  insert(asset: Asset): Promise<void>;
  find(appId: string, id: string): Promise<Asset | undefined>;
  /** See `Store`. */
  replace(asset: Asset): Promise<Asset | undefined>;
  /** Only at that revision; answers whether it was there. */
  remove(asset: Pick<Asset, 'appId' | 'id' | 'revision'>): Promise<boolean>;
  /** Assets of an app, or of one of its users, newest first; without what is only reserved. */
  list(appId: string, userId: string | undefined, page: KeyPageRequest): Promise<KeyPage<Asset>>;
  /** How many assets a user has; without what is only reserved. */
  count(appId: string, userId: string): Promise<number>;
  /** Everything of an app, or of one of its users: what is reserved too, without what is being removed. */
  stream(appId: string, userId?: string): AsyncIterable<Asset>;
  /** What is being removed, of all apps, those that are gone included. */
  streamRemovals(): AsyncIterable<Asset>;
  /**
   * Takes at most `limit` rows that are due, reservations and what is being removed, and moves their `dueAt`
   * to `leaseUntil`, each in one conditional write. None of the apps that are excepted.
   */
  takeDue(input: {
    now: number;
    leaseUntil: number;
    limit: number;
    exceptApps?: readonly string[];
  }): Promise<Asset[]>;
}
