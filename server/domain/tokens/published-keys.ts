import { currentKey } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { noteVerification } from './verification.ts';

/** Of the answer that publishes keys; it may be kept, because keys are announced before they sign. */
export const KEY_SET_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'public, max-age=300',
} as const;

/** What anybody may know of an app's keys. */
export interface PublishedKeys {
  /** Byte-equal to `iss` in the app's user JWTs. */
  issuer: string;
  /** RFC 7517. */
  jwks: { keys: Record<string, unknown>[] };
  /** The key that signs now, SPKI PEM without trailing line feed. */
  publicKey: string;
}

/** The `iss` of an app's user JWTs. */
export function issuerOf(deps: Pick<Deps, 'config'>, appId: string): string {
  return `${deps.config.apiUrl}/apps/${appId}`;
}

/** Throws `not_found` for an unknown app. */
export async function publishedKeys(
  deps: Pick<Deps, 'config' | 'store' | 'appTokens'>,
  appId: string,
): Promise<PublishedKeys> {
  const app = await deps.store.apps.find(appId);
  const current = app && currentKey(app);
  if (!app || !current) throw new HostError('not_found');
  return { issuer: issuerOf(deps, app.id), jwks: deps.appTokens.jwks(app), publicKey: current.publicKey };
}

/** As `publishedKeys`, for somebody who is going to verify tokens: it is noted that there is one. */
export async function keysForVerifier(
  deps: Pick<Deps, 'config' | 'store' | 'appTokens' | 'clock'>,
  appId: string,
): Promise<PublishedKeys> {
  const keys = await publishedKeys(deps, appId);
  noteVerification(deps, appId);
  return keys;
}
