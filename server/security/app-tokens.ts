import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type App, type AppKey, currentKey } from '../model/app.ts';
import type { AppTokens } from '../ports/security/app-tokens.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { draftJwt, signJwt, unverifiedKid, verifyJwt } from './jwt.ts';
import { publicJwk } from './public-jwk.ts';

/** Keys kept parsed; an app has two or three. */
const CAPACITY = 2000;

/**
 * See `AppTokens`. A key is parsed at its first use and kept by its `kid`, which is a thumbprint of the key
 * itself.
 */
export function createAppTokens(): AppTokens {
  const signingKeys = new BoundedMap<KeyObject>(CAPACITY);
  const publishedKeys = new BoundedMap<Record<string, unknown>>(CAPACITY);

  return {
    async sign(app, claims) {
      const key = signingKey(app);
      const privateKey = kept(signingKeys, key.kid, () => createPrivateKey(key.privateKey));
      return signJwt(claims, key.kid, privateKey);
    },
    draft(app, claims) {
      const { kid, publicKey } = signingKey(app);
      return draftJwt(claims, kid, createPublicKey(publicKey));
    },
    async isSigned(app, token) {
      const kid = unverifiedKid(token);
      const key = app.keys.find((each) => each.kid === kid);
      if (!key) return false;
      return (await verifyJwt(token, key.kid, createPublicKey(key.publicKey))) !== undefined;
    },
    jwks(app) {
      const publish = (key: AppKey) => publicJwk(createPublicKey(key.publicKey), key.kid);
      return { keys: app.keys.map((key) => kept(publishedKeys, key.kid, () => publish(key))) };
    },
  };
}

function signingKey(app: App): AppKey {
  const key = currentKey(app);
  if (!key) throw new TypeError(`app ${app.id} has no current key`);
  return key;
}

function kept<T>(map: Map<string, T>, name: string, make: () => T): T {
  const known = map.get(name);
  if (known !== undefined) return known;
  const made = make();
  map.set(name, made);
  return made;
}
