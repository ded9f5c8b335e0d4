import { type App, audienceOf, superUserGeneration, userJwtHours } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS, MINUTE_MS } from '../../tools/duration.ts';
import type { IssuedTokens } from '../tokens/issue-tokens.ts';
import { issuerOf } from '../tokens/published-keys.ts';
import { serverSecretGeneration } from '../tokens/server-secret.ts';
import { lastingUntil } from './app-keys.ts';
import { changeApp, getActiveAppForPortal } from './apps.ts';

/**
 * A short-lived JWT of the app that says `superUser`, and the access token that opens `setAppData` (operator
 * §7). Throws `app_gone` and `app_suspended`.
 */
export async function superUserToken(
  deps: Pick<Deps, 'config' | 'store' | 'clock' | 'codes' | 'appTokens' | 'hostTokens' | 'events'>,
  { appId, name, expiresInMinutes }: { appId: string; name: string; expiresInMinutes: number },
): Promise<IssuedTokens> {
  const now = deps.clock.now();
  const expiresAt = now + expiresInMinutes * MINUTE_MS;
  const app = await rememberLongToken(deps, await getActiveAppForPortal(deps, appId), expiresAt);
  const issuedAt = Math.floor(now / 1000);
  const jwt = await deps.appTokens.sign(app, {
    iss: issuerOf(deps, app.id),
    sub: name,
    aud: audienceOf(app),
    superUser: true,
    iat: issuedAt,
    nbf: issuedAt,
    exp: Math.floor(expiresAt / 1000),
    jti: deps.codes.newId(),
  });
  const { token, jti } = await deps.hostTokens.issueSuperUserToken({
    appId: app.id,
    name,
    expiresInMinutes,
    generation: superUserGeneration(app, await serverSecretGeneration(deps.store.meta)),
  });
  deps.events.emit('superuser_token_issued', { appId: app.id, jti, name, expiresInMinutes });
  return { jwt, accessToken: token };
}

/** A token that outlives the app's ordinary ones must keep the key published when it is replaced. */
async function rememberLongToken(
  deps: Pick<Deps, 'store' | 'clock'>,
  app: App,
  expiresAt: number,
): Promise<App> {
  const ordinary = deps.clock.now() + userJwtHours(app) * HOUR_MS;
  if (expiresAt <= ordinary) return app;
  const { after } = await changeApp(deps, app.id, (current) => ({
    ...current,
    keys: current.keys.map((key) => (key.state === 'current' ? lastingUntil(key, expiresAt) : key)),
  }));
  return after;
}
