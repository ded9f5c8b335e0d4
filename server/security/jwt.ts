import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { JSONWebKeySet } from 'jose';
// The whole of the library is twice as much code at start.
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { createLocalJWKSet } from 'jose/jwks/local';
import { compactVerify } from 'jose/jws/compact/verify';
import { jwtVerify } from 'jose/jwt/verify';

const signAsync = promisify(sign);
/** Longest token that is looked at, in characters. */
const MAX_LENGTH = 8192;
// Decoders forgive blanks and line feeds inside base64url: a text in any other shape is refused before it
// reaches one.
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export type Claims = Record<string, unknown>;

/**
 * Signs claims with RS256 (RFC 7515 §3.1, header `alg`, `typ`, `kid`). Runs on the thread pool; `crypto.sign`
 * on a KeyObject is faster than the Web Crypto path.
 */
export async function signJwt(claims: Claims, kid: string, privateKey: KeyObject): Promise<string> {
  const input = `${encode(headerOf(kid))}.${encode(claims)}`;
  const signature = await signAsync('sha256', Buffer.from(input), privateKey);
  return `${input}.${signature.toString('base64url')}`;
}

/** Header and length of what `signJwt` would make of these claims. */
export function draftJwt(
  claims: Claims,
  kid: string,
  publicKey: KeyObject,
): { header: Claims; bytes: number } {
  const header = headerOf(kid);
  const signatureBytes = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const signature = Math.ceil((signatureBytes * 4) / 3);
  return { header, bytes: encode(header).length + encode(claims).length + signature + 2 };
}

function headerOf(kid: string): Claims {
  return { alg: 'RS256', typ: 'JWT', kid };
}

/**
 * Claims of a token whose RS256 signature was made by the other half of `publicKey`, else undefined; a `kid`
 * that names another key is refused. What the claims say, expiry included, is the caller's business. Only a
 * KeyObject will do: with the bytes of a PEM text an HS256 token made from the public key would verify.
 */
export async function verifyJwt(
  token: string,
  kid: string,
  publicKey: KeyObject,
): Promise<Claims | undefined> {
  if (!isCompact(token)) return undefined;
  try {
    const { payload, protectedHeader } = await compactVerify(token, publicKey, { algorithms: ['RS256'] });
    if (protectedHeader.kid !== undefined && protectedHeader.kid !== kid) return undefined;
    return claimsOf(payload);
  } catch {
    return undefined;
  }
}

function claimsOf(payload: Uint8Array): Claims | undefined {
  const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined;
  return claims as Claims;
}

/** Key id in the header of a token nobody verified yet; undefined for what is no RS256 token at all. */
export function unverifiedKid(token: string): string | undefined {
  if (!isCompact(token)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === 'RS256' && typeof kid === 'string' && kid !== '' ? kid : undefined;
  } catch {
    return undefined;
  }
}

/** A provider's published keys, ready to verify with. Throws when it is no JWKS (RFC 7517 §5). */
export function keySet(jwks: unknown): ReturnType<typeof createLocalJWKSet> {
  return createLocalJWKSet(jwks as JSONWebKeySet);
}

/** Whether a key of the set made the RS256 signature, whatever the token says. */
export async function isSignedBy(
  token: string,
  keys: ReturnType<typeof createLocalJWKSet>,
): Promise<boolean> {
  return compactVerify(token, keys, { algorithms: ['RS256'] }).then(
    () => true,
    () => false,
  );
}

/**
 * Claims of somebody else's JWT: RS256, key by `kid` out of `keys`, issuer and audience among those given,
 * `iss`, `aud`, `sub`, `iat` and `exp` present and in force at `now` (epoch ms). A token for several
 * audiences must have been issued to one of those given (`azp`). Rejects otherwise.
 */
export async function verifyForeignJwt(input: {
  token: string;
  keys: ReturnType<typeof createLocalJWKSet>;
  issuers: string[];
  audiences: string[];
  now: number;
}): Promise<Claims> {
  const { payload, protectedHeader } = await jwtVerify(input.token, input.keys, {
    algorithms: ['RS256'],
    issuer: input.issuers,
    audience: input.audiences,
    requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
    maxTokenAge: '1 day',
    clockTolerance: 30,
    currentDate: new Date(input.now),
  });
  if (!isPlainJwt(protectedHeader.typ)) throw new TypeError('another type of token');
  if (!isMeantFor(payload, input.audiences)) throw new TypeError('issued to somebody else');
  return payload;
}

/**
 * Other types (RFC 9068, logout tokens) carry the same claims and prove something else. Compared as media
 * types are (RFC 7515 §4.1.9).
 */
function isPlainJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT');
}

/**
 * Whether a token's audience is ours alone, or it has several and was issued to us (OpenID Connect Core
 * §3.1.3.7). With one audience `azp` says nothing: on Android, Google names there the client that asked.
 */
function isMeantFor({ aud, azp }: Claims, audiences: readonly string[]): boolean {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const isOurs = (value: unknown) => typeof value === 'string' && audiences.includes(value);
  if (list.length === 1) return isOurs(list[0]);
  return list.every((one) => typeof one === 'string') && list.some(isOurs) && isOurs(azp);
}

function isCompact(token: string): boolean {
  return token.length <= MAX_LENGTH && COMPACT.test(token);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
