import { addressesOf } from '../app/addresses.ts';
import { checklist, headerFigures, overviewOf } from '../app/app-home.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { clientSnippets, verifierSnippets } from '../app/snippets.ts';
import { newTestUser } from '../app/test-user.ts';
import { faultOf } from '../fault.ts';
import { type PortalReply, type PortalRoute, page } from '../frame/route.ts';
import { accessOf } from '../roles.ts';

/** The home of an app: how it fares, and how far it is set up. */
export const appHomeRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '', may: 'seeApps', respond: (request) => home(request) }),
  appRoute({ method: 'GET', path: '/steps', may: 'seeApps', polls: true, respond: steps }),
  appRoute({ method: 'POST', path: '/test-user', may: 'actOnUser', respond: makeTestUser }),
];

async function home(request: AppRequest, fault?: string): Promise<PortalReply> {
  const overview = await overviewOf(request);
  const { app, texts, operator } = request;
  const addresses = await addressesOf(request);
  // Public, and yet for those who build the app.
  const appToken = accessOf(operator, 'useKeys') === 'full' ? app.appToken : 'APP_TOKEN';
  const handle = app.handle === 'phone' ? '+12025550123' : 'ada@example.com';
  const [audience = app.realmAppId || 'none'] = app.userJWTAudience;
  const model = {
    figures: await headerFigures(request, overview),
    steps: checklist(request, overview),
    warnings: overview.warnings.map((name) => texts.say(`apps.warning.${name}`)),
    status: app.status === 'active' ? undefined : texts.say(`apps.status.${app.status}`),
    clients: clientSnippets({ apiUrl: addresses.apiUrl, appToken, handle, password: 'PASSWORD' }),
    verifiers: verifierSnippets(addresses, audience),
    mayAdd: accessOf(operator, 'actOnUser') === 'full',
    fault,
  };
  return appPage(request, 'app-home', { literal: app.name }, model, { status: fault ? 422 : 200 });
}

/** What ticks while somebody looks. */
async function steps(request: AppRequest): Promise<PortalReply> {
  const overview = await overviewOf(request);
  return page('app-steps', 'start.title', { base: request.base, steps: checklist(request, overview) });
}

/** A user nobody is, and what their token holds; the password is on this answer alone. */
async function makeTestUser(request: AppRequest): Promise<PortalReply> {
  const { app, appId, host, hostId, deps, texts, operator } = request;
  const { handle, password } = newTestUser(app, deps.codes);
  try {
    const user = await host.users.add({ appId, handle, passwordText: password });
    await request.audit({ action: 'addUser', host: hostId, appId, target: handle });
    const { header, claims, bytes } = await host.tokens.sample({ appId, userId: user._id });
    const { apiUrl } = await addressesOf(request);
    const appToken = accessOf(operator, 'useKeys') === 'full' ? app.appToken : 'APP_TOKEN';
    const [curl] = clientSnippets({ apiUrl, appToken, handle, password });
    return appPage(request, 'test-user', 'start.testUser', {
      handle,
      password,
      curl: curl?.code ?? '',
      header: JSON.stringify(header, null, 2),
      claims: JSON.stringify(claims, null, 2),
      size: texts.say('set.sample.size', { bytes: texts.number(bytes) }),
    });
  } catch (error) {
    return home(request, faultOf(texts, error).text);
  }
}
