import { z } from 'zod';
import { exportApp, exportHost } from '../../../domain/app-export.ts';
import { importApp } from '../../../domain/app-import.ts';
import { DownloadReply, fileOf, portalRoute } from '../../route.ts';
import { portalApp } from '../../wire/app.ts';
import { appId, appName } from '../../wire/portal-parameter.ts';

const ZIP = 'application/zip';
const withSecrets = z.enum(['true', 'false']).optional();

/** Export and import (contract §4.5, §4.6.40, §4.6.41, operator §7). */
export const transferRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/export',
    summary: 'One app as a ZIP of five CSV files.',
    input: z.object({ appId, withSecrets }),
    respond: async ({ deps, input }) =>
      new DownloadReply(
        await exportApp(deps, { appId: input.appId, withSecrets: input.withSecrets !== 'false' }),
        input.appId,
        ZIP,
      ),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/exportHost',
    summary: 'Every app as a ZIP: host.json and a folder per app.',
    input: z.object({ withSecrets }),
    respond: async ({ deps, input }) =>
      new DownloadReply(await exportHost(deps, { withSecrets: input.withSecrets !== 'false' }), 'host', ZIP),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/importDatabase',
    summary:
      'Makes an app of an export file (multipart: text appName, file; newKeys=true for a key pair of its own).',
    upload: true,
    input: z.object({
      appName: z.string().max(256).trim().pipe(appName),
      newKeys: z.enum(['true', 'false']).default('false'),
    }),
    lowerCaseFails: true,
    respond: async ({ deps, input, request }) => {
      const { appName: name, newKeys } = input;
      const { path } = fileOf(request);
      return portalApp(await importApp(deps, { name, path, newKeys: newKeys === 'true' }));
    },
  }),
];
