import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { allowInsecureRequests, discovery } from 'openid-client';

/** Somebody who knows an app's issuer only and verifies its user JWTs as any relying party does. */
export interface Stranger {
  /** Rejects what does not verify. */
  verify(jwt: string): Promise<JWTPayload>;
  /** Fetches the key set anew, as a verifier does when its copy is old. */
  refresh(): Promise<void>;
}

/** Discovers the issuer (OpenID Connect Discovery 1.0 §4) and keeps its key set. */
export async function stranger(issuer: string, audience = 'none'): Promise<Stranger> {
  const execute = [allowInsecureRequests];
  const configuration = await discovery(new URL(issuer), 'a-stranger', undefined, undefined, { execute });
  const { jwks_uri } = configuration.serverMetadata();
  if (!jwks_uri) throw new TypeError('discovery names no key set');
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  return {
    verify: async (jwt) => (await jwtVerify(jwt, keys, { issuer, audience, algorithms: ['RS256'] })).payload,
    refresh: () => keys.reload(),
  };
}
