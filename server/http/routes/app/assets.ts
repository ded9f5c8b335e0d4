import { z } from 'zod';
import { listAssets, removeAssets, testStorage } from '../../../domain/portal/assets.ts';
import { portalRoute } from '../../route.ts';
import { assetIds, portalAssetsAnswer, wireAsset } from '../../wire/asset.ts';
import { doneAnswer } from '../../wire/done.ts';
import { listPaging, textFilter, wireList } from '../../wire/list.ts';
import { appId } from '../../wire/portal-parameter.ts';
import { testOutcomeAnswer, wireTestOutcome } from '../../wire/test-outcome.ts';

/** Files of an app's users, as the portal administers them (additions §9). */
export const appAssetRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/assets',
    summary: 'A page of the files of an app’s users, or of one user, newest first.',
    input: z.object({ appId, userId: textFilter, ...listPaging }),
    answer: portalAssetsAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input: { appId: id, userId, after, limit } }) => {
      const { page, owners } = await listAssets(deps, { appId: id, userId, page: { after, limit } });
      return { ...wireList(page, wireAsset), owners };
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/removeAssets',
    summary: 'Removes files of users, all or none.',
    input: z.object({ appId, ids: assetIds }),
    answer: doneAnswer,
    errors: ['refused'],
    reasons: ['unknown_asset'],
    failsStatus: { app_gone: 403 },
    log: { action: 'removeAssets', value: ({ ids }) => JSON.stringify({ assets: ids.length }) },
    respond: ({ deps, input: { appId: id, ids } }) => removeAssets(deps, { appId: id, ids }),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/testStorage',
    summary: 'Takes a small file to the storage of an app and back, and tells how every step fared.',
    input: z.object({ appId }),
    answer: testOutcomeAnswer,
    errors: ['refused'],
    reasons: ['storage_off'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => wireTestOutcome(await testStorage(deps, input)),
  }),
];
