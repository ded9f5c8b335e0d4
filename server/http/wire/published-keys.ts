import { z } from 'zod';
import type { PublishedKeys } from '../../domain/tokens/published-keys.ts';
import { USER_CLAIMS } from '../../model/claims.ts';

/** What OpenID Connect Discovery tells of an app (operator §4). */
export const discoveryAnswer = z.strictObject({
  issuer: z.string(),
  jwks_uri: z.string(),
  response_types_supported: z.array(z.string()),
  subject_types_supported: z.array(z.string()),
  id_token_signing_alg_values_supported: z.array(z.string()),
  claims_supported: z.array(z.string()),
});
export function wireDiscovery({ issuer }: PublishedKeys): z.infer<typeof discoveryAnswer> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: [...USER_CLAIMS],
  };
}

/** Public RSA keys of an app (RFC 7517): nothing of a private one. */
export const keySetAnswer = z.strictObject({
  keys: z.array(
    z.strictObject({
      kty: z.literal('RSA'),
      n: z.string(),
      e: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('RS256'),
    }),
  ),
});
