import { z } from 'zod';
import { readFigures } from '../../../domain/portal/figures.ts';
import { listInviters } from '../../../domain/portal/inviters.ts';
import { listOverview } from '../../../domain/portal/overview.ts';
import { portalRoute } from '../../route.ts';
import { day, dimensionList, figuresAnswer, metricList, wireFigures } from '../../wire/figures.ts';
import { invitersAnswer, wireInviter } from '../../wire/inviter.ts';
import { listPaging, wireList } from '../../wire/list.ts';
import { overviewAnswer, wireOverview } from '../../wire/overview.ts';
import { appId } from '../../wire/portal-parameter.ts';

/** What an app's numbers are (additions §4, §5). */
export const figureRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/figures',
    summary: 'Counters of an app by UTC day, added up or told apart by one or two dimensions.',
    input: z.object({ appId, from: day, to: day, metric: metricList, by: dimensionList }),
    answer: figuresAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { from, to, metric: metrics, by = [] } = input;
      const figures = await readFigures(deps, { appId: input.appId, from, to, metrics, by });
      return wireFigures({ from, to, ...figures });
    },
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/overview',
    summary: 'All apps, newest first, each in one line: how many, what to look at, how far it came.',
    input: z.object({ appId: appId.optional(), ...listPaging }),
    answer: overviewAnswer,
    errors: ['refused'],
    respond: async ({ deps, input }) => wireList(await listOverview(deps, input), wireOverview),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/inviters',
    summary: 'Who invites to an app, the most successful first.',
    input: z.object({ appId, ...listPaging }),
    answer: invitersAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input: { appId: id, ...page } }) =>
      wireList(await listInviters(deps, { appId: id, page }), wireInviter),
  }),
];
