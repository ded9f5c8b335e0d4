import { type App, type AppKey, userJwtHours, withoutSuperUsers } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS, MINUTE_MS } from '../../tools/duration.ts';
import { wasChanged } from '../users/change.ts';
import { changeApp } from './apps.ts';

/** Verifiers keep a JWKS for a while: a new key must be published this long before it signs. */
const PUBLISHED_FIRST_MS = 2 * HOUR_MS;

export type RotationPhase = 'prepare' | 'activate' | 'retire';

/**
 * One step of replacing an app's key pair (operator §7): `prepare` publishes a new public key, `activate`
 * lets it sign, `retire` takes the old one out of the JWKS. With `activate` the app's super-user tokens end.
 * `force` skips the waiting. A step that is done already answers the keys as they are. Throws `app_gone`, and
 * `refused` with the reason in its detail.
 */
export async function rotateAppKey(
  deps: Pick<Deps, 'store' | 'clock' | 'keyPairs' | 'events'>,
  { appId, phase, force }: { appId: string; phase: RotationPhase; force: boolean },
): Promise<AppKey[]> {
  const fresh = phase === 'prepare' ? await deps.keyPairs.newAppKey(deps.clock.now()) : undefined;
  const change = await changeApp(deps, appId, (current) => {
    const now = deps.clock.now();
    const keys = fresh ? prepare(current, fresh) : STEPS[phase](current, now, force);
    if (!keys) return undefined;
    return phase === 'activate' ? { ...withoutSuperUsers(current), keys } : { ...current, keys };
  });
  const keys = change.after.keys;
  const kid = keyInState(keys, phase === 'prepare' ? 'next' : 'current')?.kid;
  if (wasChanged(change) && kid) deps.events.emit('app_key_rotated', { appId, phase, kid, force });
  return keys;
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
  requireElapsed(lastTokenAt(app.keys), now, force, 'tokens signed by the previous key are still valid');
  return app.keys.filter(({ state }) => state !== 'previous');
}

/** When the last token of the keys that do not sign any more expires; they go together. */
function lastTokenAt(keys: readonly AppKey[]): number {
  const previous = keys.filter(({ state }) => state === 'previous');
  return Math.max(...previous.map(({ tokensUntil = 0 }) => tokensUntil));
}

/** What comes next for a key of the app, and from when on it needs no `force`; undefined while it signs. */
export function nextStepOf(
  app: App,
  key: AppKey,
): { nextStep: Exclude<RotationPhase, 'prepare'>; notBefore: number } | undefined {
  switch (key.state) {
    case 'next':
      return { nextStep: 'activate', notBefore: key.createdAt + PUBLISHED_FIRST_MS };
    case 'previous':
      return { nextStep: 'retire', notBefore: lastTokenAt(app.keys) };
    case 'current':
      return undefined;
  }
}

function requireElapsed(until: number, now: number, force: boolean, reason: string): void {
  if (force || now >= until) return;
  throw refused(`${reason}: ${Math.ceil((until - now) / MINUTE_MS)} minutes left`);
}

function keyInState(keys: readonly AppKey[], state: AppKey['state']): AppKey | undefined {
  return keys.find((key) => key.state === state);
}

/**
 * The key with a note of when the last token it can have signed until now expires. To be written before the
 * app's expiration changes, and when the key stops signing.
 */
export function rememberTokens(key: AppKey, app: App, now: number): AppKey {
  return lastingUntil(key, now + userJwtHours(app) * HOUR_MS);
}

/** The key with a note that a token it signed is good until then; an earlier note that says later stays. */
export function lastingUntil(key: AppKey, until: number): AppKey {
  return { ...key, tokensUntil: Math.max(key.tokensUntil ?? 0, until) };
}
