import { hash, type KeyObject } from 'node:crypto';

/** Names an RSA public key: its RFC 7638 thumbprint with SHA-256. */
export function thumbprint(publicKey: KeyObject): string {
  const { e, n } = publicKey.export({ format: 'jwk' });
  // Members in lexical order without blanks (§3.2).
  return hash('sha256', JSON.stringify({ e, kty: 'RSA', n }), 'base64url');
}

/** An RSA public key as it is published (RFC 7517 §4). */
export function publicJwk(publicKey: KeyObject, kid: string): Record<string, unknown> {
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { kty: 'RSA', kid, use: 'sig', alg: 'RS256', n, e };
}
