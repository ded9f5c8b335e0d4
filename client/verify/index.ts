import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface VerifierOptions {
  /** The `iss` of the app's tokens: `https://auth.example.com/apps/<appId>`. */
  issuer: string;
  /** Default: any. */
  audience?: string | string[] | undefined;
  /** How far this machine's clock may be off, in seconds; default 5. */
  clockTolerance?: number | undefined;
}

/** What a token says that holds. */
export interface Claims extends JWTPayload {
  sub: string;
  exp: number;
}

/**
 * Why a token is not taken: it is `expired`, it is `invalid`, or the host that knows its keys is
 * `unreachable`, which says nothing about the token.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: 'expired' | 'invalid' | 'unreachable';
  constructor(code: TokenError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const DISCOVERY_MS = 5_000;

/**
 * Verifies the JWTs of an app's users. Where its keys are is asked once, the keys when one is new. Throws a
 * `TypeError` for an issuer that is neither on https nor on this machine.
 */
export function createVerifier({ issuer, audience, clockTolerance = 5 }: VerifierOptions) {
  safe(issuer);
  let keys: Promise<JWTVerifyGetKey> | undefined;

  async function discover(): Promise<JWTVerifyGetKey> {
    const signal = AbortSignal.timeout(DISCOVERY_MS);
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { signal, redirect: 'error' });
    const found = (await answer.json()) as { issuer?: string; jwks_uri: string };
    if (found.issuer !== issuer) throw new TypeError(`${issuer} calls itself ${found.issuer}`);
    return createRemoteJWKSet(safe(found.jwks_uri));
  }

  return {
    /** Answers the claims. Throws `TokenError` and nothing else. */
    async verify(token: string): Promise<Claims> {
      keys ??= discover();
      const asked = keys;
      const getKey = await asked.catch((cause) => {
        if (keys === asked) keys = undefined;
        throw new TokenError('unreachable', 'the host does not say where its keys are', cause);
      });
      try {
        const algorithms = ['RS256'];
        const requiredClaims = ['sub', 'exp'];
        const rules = { issuer, audience, clockTolerance, algorithms, requiredClaims };
        return (await jwtVerify<Claims>(token, getKey, rules)).payload;
      } catch (cause) {
        throw new TokenError(wordFor(cause), (cause as Error).message, cause);
      }
    },
  };
}
export type Verifier = ReturnType<typeof createVerifier>;

function wordFor(error: unknown): TokenError['code'] {
  if (error instanceof errors.JWTExpired) return 'expired';
  // What is about the key set itself, or comes from the network.
  const { code } = error as { code?: string };
  const isOfKeys = code && /GENERIC|JWKS_(?:INVALID|TIMEOUT)/.test(code);
  return error instanceof errors.JOSEError && !isOfKeys ? 'invalid' : 'unreachable';
}

function safe(address: string): URL {
  const url = new URL(address);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname))) return url;
  throw new TypeError(`${address} is not on https`);
}
