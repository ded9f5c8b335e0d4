import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';
import type { CheckOutcome } from './machine.ts';

/** A file of a user, with addresses that hold until `expiration`; a public one has no end. */
export interface Asset {
  _id: string;
  userId: string;
  /** `<userId>/<cleaned file path>-<_id>.<ext>` */
  path: string;
  contentType: string;
  size: number;
  /** Bytes with its cuts: what counts. */
  storageSize: number;
  /** Seconds. */
  duration?: number | undefined;
  color?: string | undefined;
  xRes?: number | undefined;
  yRes?: number | undefined;
  caption?: string | undefined;
  extra?: Record<string, unknown> | undefined;
  expirationHours: number;
  expiration?: string | undefined;
  url: string;
  urlSmall?: string | undefined;
  urlMedium?: string | undefined;
  urlLarge?: string | undefined;
  urlVideoPreview?: string | undefined;
  access: 'private' | 'app';
  /** `changed`: the storage holds something else by now. */
  status: 'active' | 'changed';
  refCount: number;
  createdAt: string;
  updatedAt: string;
}

/** A page of files, and whose they are: `bytes` is all that the user has. */
export interface AssetList extends List<Asset> {
  owners: { userId: string; handle?: string | undefined; bytes: number }[];
}

export interface AssetQuery extends Paging {
  appId: string;
  userId?: string | undefined;
}

const TEST_TIMEOUT_MS = 60_000;

/** Files of an app's users. */
export function assets(call: Call) {
  return {
    /** Newest first. */
    list: (query: AssetQuery, options?: CallOptions) =>
      call.get<AssetList>('/api/app/assets', query, options),
    /** With their cuts, for good. At most 100; unknown ones refuse all. */
    remove: (body: { appId: string; ids: readonly string[] }, options?: CallOptions) =>
      call.post<true>('/api/app/removeAssets', body, options),
    /** Puts a small file into the app's storage, reads it and removes it. */
    testStorage: (body: { appId: string }, options?: CallOptions) =>
      call.post<CheckOutcome>('/api/app/testStorage', body, { timeoutMs: TEST_TIMEOUT_MS, ...options }),
  };
}
