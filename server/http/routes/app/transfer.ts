import { z } from 'zod';
import { exportApp, exportHost } from '../../../domain/app-export.ts';
import { importApp } from '../../../domain/app-import.ts';
import { refused } from '../../../model/errors.ts';
import { DownloadReply, portalRoute } from '../../route.ts';
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
    lowerCaseFails: true,
    respond: async ({ deps, request }) => {
      const { fields, file } = (await request.upload?.()) ?? { fields: {}, file: undefined };
      const name = appName.safeParse(fields.appName?.trim());
      if (!name.success || !file) throw refused('appName and file are needed');
      const newKeys = fields.newKeys === 'true';
      if (fields.newKeys !== undefined && !newKeys && fields.newKeys !== 'false')
        throw refused('newKeys is neither true nor false', { reason: 'unknown_value', field: 'newKeys' });
      return portalApp(await importApp(deps, { name: name.data, path: file.path, newKeys }));
    },
  }),
];
