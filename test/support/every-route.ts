import type { Route } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import type { App } from '../../server/model/app.ts';
import { PASSWORD, startTestHost } from './host.ts';
import type { Credentials } from './malformed.ts';

/**
 * An app and a user for each route in the database of a data folder, so that what one request does spoils no
 * other route.
 */
export async function prepareEveryRoute(
  dataDir: string,
  settings: Partial<App> = {},
): Promise<Map<Route, Credentials>> {
  const credentials = new Map<Route, Credentials>();
  const maker = await startTestHost({ dataDir, now: Date.now(), routes: [] });
  for (const route of routes) {
    const app = await maker.createApp(settings);
    const user = await maker.createUser(app);
    const { token } = await maker.deps.hostTokens.issueSuperUserToken({
      appId: app.id,
      name: 'root',
      expiresInMinutes: 60,
    });
    const headers: Partial<Record<Route['caller'], Record<string, string>>> = {
      app: { 'app-token': app.appToken },
      'app or user': { 'app-token': app.appToken },
      user: { 'access-token': await maker.accessToken(app, user) },
      superuser: { 'access-token': token },
      server: { 'server-secret': maker.serverSecret },
    };
    credentials.set(route, {
      headers: headers[route.caller] ?? {},
      queryToken: route.caller === 'link' ? app.appToken : undefined,
      values: {
        appId: app.id,
        userId: user.id,
        _id: user.id,
        handle: user.handle,
        password: PASSWORD,
        newPassword: PASSWORD,
        code: '123456',
        metaData: '{}',
        locale: 'EN',
      },
    });
  }
  await maker.stop();
  return credentials;
}
