import { z } from 'zod';
import { activityList, activityPage } from '../../../domain/portal/activity.ts';
import { portalRoute } from '../../route.ts';
import {
  activityFilter,
  keyedLogs,
  keyedLogsAnswer,
  logFilter,
  portalLogs,
  portalLogsAnswer,
} from '../../wire/activity.ts';
import { defaultRows, listPaging, refuseLongPage, textFilter } from '../../wire/list.ts';
import { appId, listPage, paging } from '../../wire/portal-parameter.ts';

/** The log of an app (contract §4.6.29; additions §4). */
export const logRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/logs',
    summary: 'A page of the log of an app, newest first; with `after`, which may be empty, by key.',
    input: z
      .object({
        appId,
        ...logFilter,
        ...paging,
        handle: textFilter,
        userId: textFilter,
        after: listPaging.after,
      })
      .superRefine(refuseLongPage),
    answer: z.union([portalLogsAnswer, keyedLogsAnswer]),
    errors: ['app_gone', 'refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { appId: id, handle, userId, after } = input;
      const asked = { appId: id, filter: activityFilter(input), whose: { handle, userId } };
      if (after === undefined)
        return portalLogs(await activityPage(deps, { ...asked, page: listPage(input) }));
      const page = { after, limit: input.limit || defaultRows };
      return keyedLogs(await activityList(deps, { ...asked, page }));
    },
  }),
];
