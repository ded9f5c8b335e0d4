import { z } from 'zod';
import type { OpenedAsset, WritableAsset } from '../../domain/assets/shown-asset.ts';
import { listAnswer } from './list.ts';
import { timeText, wireTime } from './time.ts';

/** An asset with addresses that are good until `expiration`; a public one has no end (additions §9). */
export const assetAnswer = z.strictObject({
  _id: z.string(),
  userId: z.string(),
  path: z.string(),
  contentType: z.string(),
  size: z.int(),
  storageSize: z.int(),
  duration: z.number().optional(),
  color: z.string().optional(),
  xRes: z.number().optional(),
  yRes: z.number().optional(),
  caption: z.string().optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
  expirationHours: z.int(),
  expiration: timeText.optional(),
  url: z.string(),
  urlSmall: z.string().optional(),
  urlMedium: z.string().optional(),
  urlLarge: z.string().optional(),
  urlVideoPreview: z.string().optional(),
  access: z.enum(['private', 'app']),
  status: z.enum(['active', 'changed']),
  refCount: z.int(),
  createdAt: timeText,
  updatedAt: timeText,
});
export function wireAsset({ asset, urls, expiration }: OpenedAsset): z.infer<typeof assetAnswer> {
  const { duration, color, xRes, yRes, caption, extra } = asset;
  return {
    _id: asset.id,
    userId: asset.userId,
    path: asset.path,
    contentType: asset.contentType,
    size: asset.size,
    storageSize: asset.storageSize,
    duration,
    color,
    xRes,
    yRes,
    caption,
    extra,
    expirationHours: asset.expirationHours,
    expiration: wireTime(expiration),
    url: urls.main ?? '',
    urlSmall: urls.small,
    urlMedium: urls.medium,
    urlLarge: urls.large,
    urlVideoPreview: urls.videoPreview,
    access: asset.access,
    status: asset.status === 'changed' ? 'changed' : 'active',
    // An asset is one record; the name is kept for clients that look at it.
    refCount: 1,
    createdAt: wireTime(asset.createdAt),
    updatedAt: wireTime(asset.updatedAt),
  };
}

export const assetListAnswer = z.strictObject({ rows: z.array(assetAnswer), next: z.string().optional() });
/** The portal's page says whose files they are, and what all of theirs take. */
export const portalAssetsAnswer = listAnswer(assetAnswer).extend({
  owners: z.array(z.strictObject({ userId: z.string(), handle: z.string().optional(), bytes: z.int() })),
});
export const assetRowsAnswer = z.strictObject({ rows: z.array(assetAnswer) });

/** Where the parts of an asset are to be written, and the headers that go with every write. */
export const writableAssetAnswer = z.strictObject({
  contentId: z.string(),
  writeUrls: z.strictObject({
    writeUrl: z.string(),
    writeUrlSmall: z.string().optional(),
    writeUrlMedium: z.string().optional(),
    writeUrlLarge: z.string().optional(),
    writeUrlVideoPreview: z.string().optional(),
  }),
  headers: z.record(z.string(), z.string()),
  expiresAt: timeText,
});
export function wireWritableAsset({
  asset,
  urls,
  headers,
}: WritableAsset): z.infer<typeof writableAssetAnswer> {
  return {
    contentId: asset.id,
    writeUrls: {
      writeUrl: urls.main ?? '',
      writeUrlSmall: urls.small,
      writeUrlMedium: urls.medium,
      writeUrlLarge: urls.large,
      writeUrlVideoPreview: urls.videoPreview,
    },
    headers,
    expiresAt: wireTime(asset.writableUntil),
  };
}

/** Bytes and files of a user; `quota` 0 = no limit. */
export const assetUsageAnswer = z.strictObject({ bytes: z.int(), count: z.int(), quota: z.int() });

/** An id as `init` made it. */
export const assetId = z.string().max(64);
export const assetIds = z.array(assetId).min(1).max(100);
