import { isSignedBy, keySet } from '../../server/security/jwt.ts';

/** A user's token, taken apart, and whose keys vouch for it. */
export interface ReadToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Where others find the keys. */
  jwksUrl: string;
  /** The signature is by one of them, and the issuer is the one the app publishes. */
  verified: boolean;
}

const TIMEOUT_MS = 10_000;

/**
 * Takes a token apart and verifies it as any other system would, by what the app publishes. `url` is where
 * the host is reached from here, which need not be its public address. Rejects when nothing is published.
 */
export async function readToken(token: string, url: string): Promise<ReadToken> {
  const [header = {}, claims = {}] = token.split('.').slice(0, 2).map(decoded);
  const { pathname } = new URL(String(claims.iss));
  const page = `${url}${pathname.slice(pathname.indexOf('/apps/'))}`;
  const discovery = (await fetched(`${page}/.well-known/openid-configuration`)) as {
    issuer: string;
    jwks_uri: string;
  };
  const keys = keySet(await fetched(`${page}/.well-known/jwks.json`));
  const verified = discovery.issuer === claims.iss && (await isSignedBy(token, keys));
  return { header, claims, jwksUrl: discovery.jwks_uri, verified };
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}

async function fetched(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}`);
  return response.json();
}
