import { createPublicKey, type KeyObject } from 'node:crypto';

const MIN_BITS = 2048;

export interface RsaPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/**
 * What keeps two keys from being a usable RSA pair, or undefined. Beyond comparing the halves it checks every
 * number of the private key: a changed file may still open, carry the right modulus and sign with wrong
 * primes, which gives the key away.
 */
export function rsaPairProblem({
  privateKey,
  publicKey,
}: RsaPair): 'weak' | 'mismatch' | 'damaged' | undefined {
  for (const key of [privateKey, publicKey]) {
    if (key.asymmetricKeyType !== 'rsa') return 'weak';
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) return 'weak';
  }
  if (!createPublicKey(privateKey).equals(publicKey)) return 'mismatch';
  return isSound(privateKey) ? undefined : 'damaged';
}

/** RFC 8017 §3.2: the relations between the numbers of a private key. */
function isSound(privateKey: KeyObject): boolean {
  const jwk = privateKey.export({ format: 'jwk' });
  const [n, e, d, p, q, dp, dq, qi] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(
    toNumber,
  );
  if (!n || !e || !d || !p || !q || !dp || !dq || !qi) return false;
  const invertsE = (exponent: bigint, prime: bigint) => (exponent * e) % (prime - 1n) === 1n;
  return (
    p * q === n &&
    invertsE(d, p) &&
    invertsE(d, q) &&
    invertsE(dp, p) &&
    invertsE(dq, q) &&
    (qi * q) % p === 1n
  );
}

function toNumber(base64url: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(base64url ?? '', 'base64url').toString('hex') || '0'}`);
}
