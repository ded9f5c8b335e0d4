import { z } from 'zod';
import { KEY_SET_HEADERS, keysForVerifier, publishedKeys } from '../../../domain/tokens/published-keys.ts';
import { openRoute, type Route, TextReply } from '../../route.ts';
import { appId } from '../../wire/portal-parameter.ts';
import { discoveryAnswer, keySetAnswer, wireDiscovery } from '../../wire/published-keys.ts';

const input = z.object({ appId });

/**
 * What third parties need to verify an app's user JWTs (operator §4). Cacheable: keys are announced before
 * they sign.
 */
export const wellKnownRoutes: Route[] = [
  openRoute({
    method: 'GET',
    path: '/apps/:appId/.well-known/openid-configuration',
    summary: "Issuer and key set address of an app's user JWTs (OpenID Connect Discovery).",
    input,
    answer: discoveryAnswer,
    errors: ['not_found'],
    respond: async ({ deps, input: { appId } }) => cacheable(wireDiscovery(await publishedKeys(deps, appId))),
  }),
  openRoute({
    method: 'GET',
    path: '/apps/:appId/.well-known/jwks.json',
    summary: "Public keys of an app's user JWTs (RFC 7517).",
    input,
    answer: keySetAnswer,
    errors: ['not_found'],
    respond: async ({ deps, input: { appId } }) => cacheable((await keysForVerifier(deps, appId)).jwks),
  }),
  openRoute({
    method: 'GET',
    path: '/apps/:appId/public-key.pem',
    summary: "The app's current public key as PEM.",
    input,
    answer: { media: 'application/x-pem-file' },
    errors: ['not_found'],
    respond: async ({ deps, input: { appId } }) =>
      new TextReply(`${(await keysForVerifier(deps, appId)).publicKey}\n`, {
        contentType: 'application/x-pem-file',
      }),
  }),
];

function cacheable(value: unknown): TextReply {
  return new TextReply(JSON.stringify(value), {
    contentType: KEY_SET_HEADERS['content-type'],
    cacheControl: KEY_SET_HEADERS['cache-control'],
  });
}
