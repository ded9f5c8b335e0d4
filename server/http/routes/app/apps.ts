import { z } from 'zod';
import { deleteApp, resetApp } from '../../../domain/apps/app-removal.ts';
import { createApp, getAppForPortal, listApps } from '../../../domain/apps/apps.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import {
  createdApp,
  createdAppAnswer,
  portalApp,
  portalAppAnswer,
  portalAppsAnswer,
} from '../../wire/portal-app.ts';
import { appId, appName, paging, plainText, queryFlag, searchPage } from '../../wire/portal-parameter.ts';

const SCOPE_400 = { caller: { fails: 400 } } as const;

/** Apps themselves (contract §4.6.1–5, 12, 39). */
export const appRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app',
    summary: 'Creates an app with its key pair and app token.',
    input: z.object({
      name: appName,
      jwtEnabled: z
        .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
        .optional(),
    }),
    answer: createdAppAnswer,
    errors: ['app_name_taken'],
    reasons: ['taken'],
    refuse: SCOPE_400,
    respond: async ({ deps, input }) => createdApp(await createApp(deps, { ...input, by: 'portal' })),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/connection',
    summary: 'Tells the portal that it reached the host.',
    answer: doneAnswer,
    errors: [],
    respond: () => true,
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/allApps',
    summary: 'All apps, newest first.',
    input: z.object(paging),
    answer: portalAppsAnswer,
    errors: [],
    respond: async ({ deps, input }) =>
      (await listApps(deps, searchPage(input))).map((app) => portalApp(deps, app)),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/appId/:appId',
    summary: 'One app.',
    input: z.object({ appId }),
    answer: portalAppAnswer,
    errors: [],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => portalApp(deps, await getAppForPortal(deps, input.appId)),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/search',
    summary: 'Apps whose name contains a text, newest first.',
    input: z.object({ name: plainText(128).optional(), case: queryFlag, ...paging }),
    answer: portalAppsAnswer,
    errors: [],
    respond: async ({ deps, input }) => {
      const { name, case: exact } = input;
      return (await listApps(deps, { name: name || undefined, exact, ...searchPage(input) })).map((app) =>
        portalApp(deps, app),
      );
    },
  }),
  portalRoute({
    method: 'DELETE',
    path: '/api/app/:appId',
    summary: 'Deletes an app with everything in it; false when there is none.',
    input: z.object({ appId }),
    answer: z.boolean(),
    errors: ['app_gone'],
    refuse: SCOPE_400,
    respond: ({ deps, input }) => deleteApp(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/reset',
    summary: 'Removes users, signups, invites and logs of an app.',
    input: z.object({ appId, keepLogs: z.boolean().optional() }),
    answer: doneAnswer,
    errors: ['app_gone'],
    lowerCaseFails: true,
    log: { action: 'resetApp' },
    respond: ({ deps, input }) => resetApp(deps, input),
  }),
];
