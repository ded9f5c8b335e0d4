import { z } from 'zod';
import { exportApp, exportHost } from '../../../domain/transfer/export.ts';
import { importApp } from '../../../domain/transfer/import.ts';
import { DownloadReply, fileOf, portalRoute } from '../../route.ts';
import { portalApp, portalAppAnswer } from '../../wire/portal-app.ts';
import { appId, appName } from '../../wire/portal-parameter.ts';

const ZIP = 'application/zip';
const flag = z.enum(['true', 'false']).optional();
const exportFlags = {
  withSecrets: flag.describe('`false` leaves keys, credentials and password hashes out.'),
  spreadsheet: flag.describe(
    '`true` writes an apostrophe in front of what a spreadsheet would take for a formula; an import takes it away again.',
  ),
};
type ExportFlags = z.infer<z.ZodObject<typeof exportFlags>>;
const exportOptions = ({ withSecrets, spreadsheet }: ExportFlags) => ({
  withSecrets: withSecrets !== 'false',
  spreadsheet: spreadsheet === 'true',
});

/** Export and import (contract §4.5, §4.6.40, §4.6.41, operator §7). */
export const transferRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/export',
    summary: 'One app as a ZIP of five CSV files.',
    input: z.object({ appId, ...exportFlags }),
    answer: { media: ZIP },
    errors: ['app_gone'],
    respond: async ({ deps, input }) =>
      new DownloadReply(
        await exportApp(deps, { appId: input.appId, ...exportOptions(input) }),
        input.appId,
        ZIP,
      ),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/exportHost',
    summary: 'Every app as a ZIP: host.json and a folder per app.',
    input: z.object(exportFlags),
    answer: { media: ZIP },
    errors: [],
    respond: async ({ deps, input }) =>
      new DownloadReply(await exportHost(deps, exportOptions(input)), 'host', ZIP),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/importDatabase',
    summary:
      'Makes an app of an export file (multipart: text appName, file; newKeys=true for a key pair of its own).',
    upload: { maxMb: 'importMaxMb' },
    input: z.object({
      appName: z.string().max(256).trim().pipe(appName),
      newKeys: z.enum(['true', 'false']).default('false'),
    }),
    answer: portalAppAnswer,
    errors: ['app_name_taken', 'refused'],
    reasons: ['taken'],
    lowerCaseFails: true,
    respond: async ({ deps, input, request }) => {
      const { appName: name, newKeys } = input;
      const { path } = fileOf(request);
      return portalApp(deps, await importApp(deps, { name, path, newKeys: newKeys === 'true' }));
    },
  }),
];
