import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { App, AppKey } from '../../server/model/app.ts';
import { isHostError } from '../../server/model/errors.ts';
import { createAppTokens } from '../../server/security/app-tokens.ts';
import { createKeyPairs } from '../../server/security/key-pairs.ts';
import { anApp } from '../support/records.ts';

const NOW = 1_768_478_400_000;
const keyPairs = createKeyPairs();
after(() => keyPairs.close());
const [first, second, third] = await Promise.all([1, 2, 3].map(() => keyPairs.newAppKey(NOW)));
assert.ok(first && second && third);
const appWith = (...keys: AppKey[]): App => anApp({ keys });

function open(token: string, key: AppKey) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const signed = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    createPublicKey(key.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { signed, header: parse(header), claims: parse(payload) };
}

describe('a new app key', () => {
  it('is RSA 2048, a PKCS#1 text and an SPKI text without a line feed at its end', () => {
    assert.match(first.privateKey, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.match(first.publicKey, /^-----BEGIN PUBLIC KEY-----\n/);
    assert.ok(first.publicKey.endsWith('-----END PUBLIC KEY-----'));
    const details = createPublicKey(first.publicKey).asymmetricKeyDetails;
    assert.deepEqual([details?.modulusLength, details?.publicExponent], [2048, 65_537n]);
    assert.deepEqual([first.state, first.createdAt], ['current', NOW]);
  });

  it('is named by its RFC 7638 thumbprint', () => {
    const { e, n } = createPublicKey(first.publicKey).export({ format: 'jwk' });
    const canonical = `{"e":"${e}","kty":"RSA","n":"${n}"}`;
    assert.equal(first.kid, createHash('sha256').update(canonical).digest('base64url'));
  });

  it('is another one each time', () => {
    assert.equal(new Set([first.kid, second.kid, third.kid]).size, 3);
  });

  it('is ready at once when a spare was made before', async () => {
    const pairs = createKeyPairs();
    pairs.warm();
    pairs.close();
    const [spare, other] = await Promise.all([pairs.newAppKey(NOW), pairs.newAppKey(NOW)]);
    assert.notEqual(spare.kid, other.kid);
  });

  it('is refused to more callers than may wait', async () => {
    const pairs = createKeyPairs({ maxWaiting: 2 });
    pairs.close();
    const admitted = [pairs.newAppKey(NOW), pairs.newAppKey(NOW)];
    await assert.rejects(pairs.newAppKey(NOW), (error) => isHostError(error, 'service_unavailable'));
    await Promise.all(admitted);
  });
});

describe('an imported app key', () => {
  const refused = (privateKey: string, publicKey: string) =>
    assert.throws(
      () => keyPairs.importAppKey(privateKey, publicKey, NOW),
      (error) => isHostError(error, 'refused') && !String((error as Error).cause ?? '').includes('KEY'),
    );

  it('keeps its texts and gets its thumbprint, with or without a line feed at the end', () => {
    assert.deepEqual(keyPairs.importAppKey(first.privateKey, first.publicKey, NOW), first);
    assert.deepEqual(keyPairs.importAppKey(first.privateKey.trimEnd(), `${first.publicKey}\n`, NOW), first);
  });

  const pem = ({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) =>
    [
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ] as const;

  it('is refused when it is no pair, no RSA, too short or no key at all', () => {
    refused(first.privateKey, second.publicKey);
    refused('', '');
    refused(first.publicKey, first.publicKey);
    refused(first.privateKey.replace('A', 'B'), first.publicKey);
    refused(...pem(generateKeyPairSync('rsa', { modulusLength: 1024 })));
    refused(...pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })));
  });
});

describe('a user JWT', () => {
  it('verifies however often the same key signs', async () => {
    const appTokens = createAppTokens();
    for (let n = 0; n < 3; n++) assert.ok(open(await appTokens.sign(appWith(first), { n }), first).signed);
  });

  it("is signed by the app's current key, named in kid, with the claims as given", async () => {
    const appTokens = createAppTokens();
    const app = appWith({ ...second, state: 'next' }, first, { ...third, state: 'previous' });
    const claims = { sub: 'u1', iat: 1, nested: { name: 'Ada ä' } };
    const { signed, header, claims: said } = open(await appTokens.sign(app, claims), first);
    assert.ok(signed);
    assert.deepEqual(header, { alg: 'RS256', typ: 'JWT', kid: first.kid });
    assert.deepEqual(said, claims);
  });

  it('is signed by the new key as soon as the app has one', async () => {
    const appTokens = createAppTokens();
    await appTokens.sign(appWith(first), {});
    const rotated = appWith({ ...first, state: 'previous' }, { ...second, state: 'current' });
    const { signed, header } = open(await appTokens.sign(rotated, {}), second);
    assert.deepEqual([signed, header.kid], [true, second.kid]);
  });

  it('is never signed without a current key', async () => {
    await assert.rejects(createAppTokens().sign(appWith({ ...first, state: 'next' }), {}), TypeError);
  });
});

describe("an app's JWKS", () => {
  it('is the same at every call', () => {
    const appTokens = createAppTokens();
    assert.deepEqual(appTokens.jwks(appWith(first)), appTokens.jwks(appWith(first)));
  });

  it('holds the public halves of all keys, whatever their state, and nothing else', () => {
    const app = appWith(first, { ...second, state: 'next' }, { ...third, state: 'previous' });
    const { keys } = createAppTokens().jwks(app);
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      [first.kid, second.kid, third.kid],
    );
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
      assert.deepEqual([key.alg, key.use, key.kty, key.e], ['RS256', 'sig', 'RSA', 'AQAB']);
    }
    const published = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
    assert.ok(published.equals(createPublicKey(first.publicKey)));
  });
});
