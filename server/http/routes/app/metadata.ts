import { z } from 'zod';
import { defineFields, removeField } from '../../../domain/apps/metadata-fields.ts';
import { portalRoute } from '../../route.ts';
import { portalApp, portalAppAnswer } from '../../wire/portal-app.ts';
import { appId, fieldList, wholeNumber } from '../../wire/portal-parameter.ts';

/** The metadata fields of an app (contract §4.6.11, 34, 38). */
export const metadataRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/updateAppMetaData',
    summary: 'Replaces the metadata fields of users.',
    input: z.object({ appId, metaData: fieldList }),
    answer: portalAppAnswer,
    errors: ['app_gone', 'refused'],
    reasons: ['metadata_reserved'],
    log: { action: 'updateAppMetaData', value: ({ metaData }) => pathsOf(metaData) },
    respond: async ({ deps, input }) =>
      portalApp(deps, await defineFields(deps, { ...input, list: 'metaData', fields: input.metaData })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/updateAppInviteMetaData',
    summary: 'Replaces the metadata fields of invites.',
    input: z.object({ appId, metaDataInvite: fieldList }),
    answer: portalAppAnswer,
    errors: ['app_gone', 'refused'],
    reasons: ['metadata_reserved'],
    log: { action: 'updateAppInviteMetaData', value: ({ metaDataInvite }) => pathsOf(metaDataInvite) },
    respond: async ({ deps, input }) =>
      portalApp(
        deps,
        await defineFields(deps, { ...input, list: 'metaDataInvite', fields: input.metaDataInvite }),
      ),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/deleteMetadata',
    summary: 'Removes one metadata field by its position.',
    input: z.object({ appId, index: wholeNumber, type: z.enum(['metaData', 'metaDataInvite']) }),
    answer: portalAppAnswer,
    errors: ['app_gone', 'refused'],
    refuse: { caller: { fails: 400 } },
    log: { action: 'deleteMetadata', value: ({ type, index }) => JSON.stringify({ type, index }) },
    respond: async ({ deps, input }) =>
      portalApp(deps, await removeField(deps, { ...input, list: input.type })),
  }),
];

function pathsOf(fields: z.infer<typeof fieldList>): string {
  return JSON.stringify(fields.map(({ path }) => path));
}
