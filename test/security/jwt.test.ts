import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { signJwt, verifyJwt } from '../../server/security/jwt.ts';
import { thumbprint } from '../../server/security/public-jwk.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('a JWT', () => {
  it('verifies to the claims it was signed with', async () => {
    const claims = { text: 'ä€𝄞', list: [1, { two: null }] };
    assert.deepEqual(await verifyJwt(await signJwt(claims, 'k', privateKey), 'k', publicKey), claims);
  });

  it('leaves out claims without a value', async () => {
    const token = await signJwt({ a: 1, b: undefined }, 'k', privateKey);
    assert.deepEqual(await verifyJwt(token, 'k', publicKey), { a: 1 });
  });

  it('never holds anything but an object', async () => {
    for (const odd of [[], null, 'text', 1]) {
      const token = await signJwt(odd as unknown as Record<string, unknown>, 'k', privateKey);
      assert.equal(await verifyJwt(token, 'k', publicKey), undefined);
    }
  });
});

describe("a key's name", () => {
  it('is the thumbprint of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = createPublicKey({ key: { kty: 'RSA', e: 'AQAB', n }, format: 'jwk' });
    assert.equal(thumbprint(key), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});
