import type { CallOptions } from '../call.ts';
import type { AssetParts } from './asset-parts.ts';
import type { Asset, AssetList, AssetSource, AssetUsage, UploadOptions } from './types.ts';
import { upload } from './upload.ts';

/** Files of the user who is logged in. */
export function assetMethods(parts: AssetParts) {
  const { keeper } = parts;
  return {
    /**
     * Uploads a file, with small versions where the device can make them. What breaks off goes on where it
     * was, or begins anew at storages that know no going on.
     */
    upload: (file: AssetSource, options: UploadOptions = {}): Promise<Asset> => upload(parts, file, options),
    /** The own files, newest first; `limit` 1 to 100. */
    list: ({ after, limit }: { after?: string; limit?: number } = {}, options?: CallOptions) => {
      const given = Object.entries({ after, limit }).filter(([, value]) => value !== undefined);
      const query = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
      return keeper.call<AssetList>(`/asset${query && `?${query}`}`, undefined, options);
    },
    get: ({ id }: { id: string }, options?: CallOptions) =>
      keeper.call<Asset>(`/asset/${encodeURIComponent(id)}`, undefined, options),
    /** Fresh addresses of own files and of those that others share with the app; at most 100. */
    refresh: ({ ids }: { ids: readonly string[] }, options?: CallOptions) =>
      keeper.call<{ rows: Asset[] }>('/asset/refresh', { ids }, options),
    /** `extra` takes the place of what was there. */
    update: (
      change: {
        id: string;
        caption?: string | undefined;
        extra?: Record<string, unknown> | undefined;
        access?: 'private' | 'app' | undefined;
      },
      options?: CallOptions,
    ) => keeper.call<Asset>('/asset/update', change, options),
    /** At most 100. */
    remove: ({ ids }: { ids: readonly string[] }, options?: CallOptions) =>
      keeper.call<true>('/asset/remove', { ids }, options),
    usage: (options?: CallOptions) => keeper.call<AssetUsage>('/asset/usage', undefined, options),
  };
}
export type AssetMethods = ReturnType<typeof assetMethods>;
