import { type App, type AppKey, audienceOf, superUserGeneration, userJwtHours } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS, MINUTE_MS } from '../../tools/duration.ts';
import type { IssuedTokens } from '../tokens/issue-tokens.ts';
import { issuerOf } from '../tokens/published-keys.ts';
import { serverSecretGeneration } from '../tokens/server-secret.ts';
import { changeApp, findActiveAppForPortal } from './apps.ts';

/** Verifiers keep a JWKS for a while: a new key must be published this long before it signs. */
const PUBLISHED_FIRST_MS = 2 * HOUR_MS;

export type RotationPhase = 'prepare' | 'activate' | 'retire';

/**
 * One step of replacing an app's key pair (operator §7): `prepare` publishes a new public key, `activate` lets it sign, `retire` takes the
 * old one out of the JWKS. With `activate` the app's super-user tokens end. `force` skips the waiting. A step that is done already answers the keys as they are. Throws `app_gone`, and
 * `refused` with the reason in its detail.
 */
export async function rotateAppKey(
  deps: Pick<Deps, 'store' | 'clock' | 'keyPairs' | 'events'>,
  { appId, phase, force }: { appId: string; phase: RotationPhase; force: boolean },
): Promise<AppKey[]> {
  const fresh = phase === 'prepare' ? await deps.keyPairs.newAppKey(deps.clock.now()) : undefined;
  let kid: string | undefined;
  const app = await changeApp(deps, appId, (current) => {
    const now = deps.clock.now();
    kid = undefined;
    const keys = fresh ? prepare(current, fresh) : STEPS[phase](current, now, force);
    if (!keys) return undefined;
    kid = keyInState(keys, phase === 'prepare' ? 'next' : 'current')?.kid;
    return phase === 'activate' ? { ...withoutSuperUsers(current), keys } : { ...current, keys };
  });
  if (kid) deps.events.emit('app_key_rotated', { appId, phase, kid, force });
  return app.keys;
}

/** With the key or the token they came with, super-user tokens end. */
function withoutSuperUsers(app: App): App {
  return { ...app, superUserMoves: (app.superUserMoves ?? 0) + 1 };
}

type Step = (app: App, now: number, force: boolean) => AppKey[] | undefined;
const STEPS: Record<RotationPhase, Step> = { prepare: () => undefined, activate, retire };

function prepare(app: App, fresh: AppKey): AppKey[] | undefined {
  return keyInState(app.keys, 'next') ? undefined : [...app.keys, { ...fresh, state: 'next' }];
}

function activate(app: App, now: number, force: boolean): AppKey[] {
  const next = keyInState(app.keys, 'next');
  if (!next) throw refused('no key is prepared');
  requireElapsed(
    next.createdAt + PUBLISHED_FIRST_MS,
    now,
    force,
    'the prepared key was published too recently',
  );
  return app.keys.map((key) => {
    if (key.state === 'next') return { ...key, state: 'current' };
    if (key.state === 'current')
      return { ...rememberTokens(key, app, now), state: 'previous', replacedAt: now };
    return key;
  });
}

function retire(app: App, now: number, force: boolean): AppKey[] {
  const previous = app.keys.filter(({ state }) => state === 'previous');
  if (previous.length === 0) throw refused('there is no previous key');
  const lastToken = Math.max(...previous.map(({ tokensUntil = 0 }) => tokensUntil));
  requireElapsed(lastToken, now, force, 'tokens signed by the previous key are still valid');
  return app.keys.filter(({ state }) => state !== 'previous');
}

function requireElapsed(until: number, now: number, force: boolean, reason: string): void {
  if (force || now >= until) return;
  throw refused(`${reason}: ${Math.ceil((until - now) / MINUTE_MS)} minutes left`);
}

function keyInState(keys: readonly AppKey[], state: AppKey['state']): AppKey | undefined {
  return keys.find((key) => key.state === state);
}

/**
 * The key with a note of when the last token it can have signed until now expires. To be written before the app's expiration changes, and
 * when the key stops signing.
 */
export function rememberTokens(key: AppKey, app: App, now: number): AppKey {
  return lastingUntil(key, now + userJwtHours(app) * HOUR_MS);
}

function lastingUntil(key: AppKey, until: number): AppKey {
  return { ...key, tokensUntil: Math.max(key.tokensUntil ?? 0, until) };
}

/**
 * A new app token; the old one works for `graceHours` more, and so does no older one longer than that. Super-user tokens end at once.
 * Throws `app_gone`.
 */
export async function rotateAppToken(
  deps: Pick<Deps, 'store' | 'clock' | 'hostTokens' | 'events'>,
  { appId, graceHours }: { appId: string; graceHours: number },
): Promise<string> {
  const app = await changeApp(deps, appId, async (current) => {
    const now = deps.clock.now();
    const until = now + graceHours * HOUR_MS;
    const generation = current.tokenGeneration + 1;
    const older = current.graceGenerations.map((grace) => ({
      ...grace,
      until: Math.min(grace.until, until),
    }));
    const graces = [...older, { generation: current.tokenGeneration, until }];
    return {
      ...withoutSuperUsers(current),
      appToken: await deps.hostTokens.issueAppToken({ appId, generation }),
      tokenGeneration: generation,
      graceGenerations: graces.filter((grace) => grace.until > now),
    };
  });
  deps.events.emit('app_token_rotated', { appId, graceHours });
  return app.appToken;
}

/**
 * A short-lived JWT of the app that says `superUser`, and the access token that opens `setAppData` (operator §7). Throws `app_gone` and
 * `app_suspended`.
 */
export async function superUserToken(
  deps: Pick<Deps, 'config' | 'store' | 'clock' | 'codes' | 'appTokens' | 'hostTokens' | 'events'>,
  { appId, name, expiresInMinutes }: { appId: string; name: string; expiresInMinutes: number },
): Promise<IssuedTokens> {
  const now = deps.clock.now();
  const expiresAt = now + expiresInMinutes * MINUTE_MS;
  const app = await rememberLongToken(deps, await findActiveAppForPortal(deps, appId), expiresAt);
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
  return changeApp(deps, app.id, (current) => ({
    ...current,
    keys: current.keys.map((key) => (key.state === 'current' ? lastingUntil(key, expiresAt) : key)),
  }));
}
