import { checklist, headerFigures, overviewOf } from '../app/app-home.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type PortalReply, type PortalRoute, page } from '../frame/route.ts';

/** The home of an app: how it fares, and how far it is set up. */
export const appHomeRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '', may: 'seeApps', respond: home }),
  appRoute({ method: 'GET', path: '/steps', may: 'seeApps', polls: true, respond: steps }),
];

async function home(request: AppRequest): Promise<PortalReply> {
  const overview = await overviewOf(request);
  const { app, texts } = request;
  return appPage(request, 'app-home', app.name, {
    figures: await headerFigures(request, overview),
    steps: checklist(request, overview),
    warnings: overview.warnings.map((name) => texts.say(`apps.warning.${name}`)),
    status: app.status === 'active' ? undefined : texts.say(`apps.status.${app.status}`),
  });
}

/** What ticks while somebody looks. */
async function steps(request: AppRequest): Promise<PortalReply> {
  const overview = await overviewOf(request);
  return page('app-steps', 'start.title', { base: request.base, steps: checklist(request, overview) });
}
