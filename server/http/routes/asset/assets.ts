import { z } from 'zod';
import {
  assetUsage,
  listOwnAssets,
  ownAsset,
  refreshAssets,
  removeOwnAssets,
  updateAsset,
} from '../../../domain/assets/own-assets.ts';
import { createAsset, initAsset } from '../../../domain/assets/upload.ts';
import { CUTS, EXPIRATION_HOURS } from '../../../model/asset.ts';
import { userRoute } from '../../route.ts';
import {
  assetAnswer,
  assetId,
  assetIds,
  assetListAnswer,
  assetRowsAnswer,
  assetUsageAnswer,
  wireAsset,
  wireWritableAsset,
  writableAssetAnswer,
} from '../../wire/asset.ts';
import { doneAnswer } from '../../wire/done.ts';
import { listPaging } from '../../wire/list.ts';
import { jsonObject, plainText } from '../../wire/portal-parameter.ts';

const SESSION = ['app_suspended', 'user_suspended', 'app_migrated', 'invalid_data'] as const;
const caption = z
  .string()
  .max(1000)
  .refine((text) => text.isWellFormed());
const access = z.enum(['private', 'app']);
const measure = numberText(z.number().min(0).max(1e9));

/** All that suit the type, or none. */
const allCuts = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((all) => (String(all) === 'true' ? true : []));

/** A number, or its digits: form bodies carry text. */
function numberText(schema: z.ZodType<number>) {
  const digits = z
    .string()
    .max(20)
    .regex(/^\d{1,15}(?:\.\d{1,6})?$/);
  return z.union([schema, digits.transform(Number).pipe(schema as z.ZodType<number, number>)]);
}

/** Files of an app's users (additions §9). */
export const assetRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/asset/init',
    summary: 'Reserves room for a file and tells where it may be written, for an hour.',
    caller: 'user',
    input: z.object({
      filePath: z.string().max(1024),
      contentType: z.string().max(256),
      size: numberText(z.int().min(1).max(Number.MAX_SAFE_INTEGER)),
      expirationHours: numberText(z.int().min(0).max(EXPIRATION_HOURS.max)).default(EXPIRATION_HOURS.initial),
      cuts: z.union([allCuts, z.array(z.enum(CUTS)).max(CUTS.length)]).default([]),
    }),
    answer: writableAssetAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'type_not_allowed', 'too_large', 'quota_exceeded'],
    respond: async ({ deps, caller, input }) =>
      wireWritableAsset(await initAsset(deps, { caller, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/asset/create',
    summary: 'Makes an asset of what was uploaded; asked again it answers the same asset.',
    caller: 'user',
    input: z.object({
      contentId: assetId,
      caption: caption.optional(),
      extra: jsonObject.optional(),
      xRes: measure.optional(),
      yRes: measure.optional(),
      duration: measure.optional(),
      color: plainText(64).optional(),
    }),
    answer: assetAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'unknown_asset', 'not_uploaded', 'too_large', 'type_not_allowed'],
    log: { action: 'createAsset' },
    respond: async ({ deps, caller, input: { contentId, ...facts } }) =>
      wireAsset(await createAsset(deps, { caller, contentId, facts })),
  }),
  userRoute({
    method: 'GET',
    path: '/api/asset',
    summary: 'A page of the caller’s assets with fresh addresses, newest first.',
    caller: 'user',
    input: z.object(listPaging),
    answer: assetListAnswer,
    errors: [...SESSION, 'refused'],
    reasons: ['storage_off'],
    respond: async ({ deps, caller, input: { after, limit } }) => {
      const { rows, next } = await listOwnAssets(deps, { caller, after, limit });
      return { rows: rows.map(wireAsset), next };
    },
  }),
  userRoute({
    method: 'GET',
    path: '/api/asset/usage',
    summary: 'How many bytes and files the caller has, and how many bytes there may be.',
    caller: 'user',
    answer: assetUsageAnswer,
    errors: SESSION,
    reasons: ['storage_off'],
    respond: ({ deps, caller }) => assetUsage(deps, caller),
  }),
  userRoute({
    method: 'POST',
    path: '/api/asset/refresh',
    summary: 'Assets with fresh addresses: the caller’s own, and those shared with everybody in the app.',
    caller: 'user',
    input: z.object({ ids: assetIds }),
    answer: assetRowsAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'unknown_asset'],
    respond: async ({ deps, caller, input: { ids } }) => ({
      rows: (await refreshAssets(deps, { caller, ids })).map(wireAsset),
    }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/asset/update',
    summary: 'Changes caption, extra or access of an asset of the caller.',
    caller: 'user',
    input: z.object({
      id: assetId,
      caption: caption.optional(),
      extra: jsonObject.optional(),
      access: access.optional(),
    }),
    answer: assetAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'unknown_asset'],
    log: { action: 'updateAsset' },
    respond: async ({ deps, caller, input }) => wireAsset(await updateAsset(deps, { caller, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/asset/remove',
    summary: 'Removes assets of the caller and their files, all or none.',
    caller: 'user',
    input: z.object({ ids: assetIds }),
    answer: doneAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'unknown_asset'],
    log: { action: 'removeAsset' },
    respond: ({ deps, caller, input: { ids } }) => removeOwnAssets(deps, { caller, ids }),
  }),
  userRoute({
    method: 'GET',
    path: '/api/asset/:id',
    summary: 'An asset of the caller with fresh addresses.',
    caller: 'user',
    input: z.object({ id: assetId }),
    answer: assetAnswer,
    errors: SESSION,
    reasons: ['storage_off', 'unknown_asset'],
    respond: async ({ deps, caller, input: { id } }) => wireAsset(await ownAsset(deps, { caller, id })),
  }),
];
