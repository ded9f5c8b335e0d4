import { z } from 'zod';
import { activityPage } from '../../../domain/portal/activity.ts';
import { portalRoute } from '../../route.ts';
import { activityFilter, logFilter, portalLogs, portalLogsAnswer } from '../../wire/activity.ts';
import { appId, listPage, paging } from '../../wire/portal-parameter.ts';

/** The log of an app (contract §4.6.29). */
export const logRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/logs',
    summary: 'A page of the log of an app, newest first.',
    input: z.object({ appId, ...logFilter, ...paging }),
    answer: portalLogsAnswer,
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const page = { appId: input.appId, filter: activityFilter(input), page: listPage(input) };
      return portalLogs(await activityPage(deps, page));
    },
  }),
];
