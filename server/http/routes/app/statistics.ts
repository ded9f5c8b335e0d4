import { z } from 'zod';
import { appStatistics } from '../../../domain/portal/statistics.ts';
import { portalRoute } from '../../route.ts';
import { appId, listPage, paging, queryFlag } from '../../wire/portal-parameter.ts';
import { portalStatistics, statisticsAnswer } from '../../wire/statistics.ts';

/** What an app holds (contract §4.6.30). */
export const statisticsRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/stat',
    summary: 'Users, invites and signups of an app, and how many there are.',
    input: z.object({ appId, target: z.string().max(32).optional(), hideAnonUser: queryFlag, ...paging }),
    answer: statisticsAnswer,
    errors: [],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { hideAnonUser: hideAnonymous = false } = input;
      // Without a target there is only the first page of each.
      const target = input.target || undefined;
      const page = target === undefined ? listPage({}) : listPage(input);
      return portalStatistics(
        deps,
        await appStatistics(deps, { appId: input.appId, target, hideAnonymous, page }),
      );
    },
  }),
];
