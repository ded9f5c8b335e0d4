import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { type FieldCipher, type Lookups, TamperError } from '../ports/security/sealing.ts';
import { takeRandom } from './random.ts';

/** Says how a sealed text was made, so that a later way can stand beside it. */
const VERSION = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D): `v1.` and base64url of nonce, ciphertext and tag.
 */
export function createFieldCipher(key: Buffer): FieldCipher {
  return {
    seal(text, associated) {
      const nonce = takeRandom(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(associated));
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return VERSION + Buffer.concat(parts).toString('base64url');
    },
    open(sealed, associated) {
      const bytes = decode(sealed);
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(bound(associated)).setAuthTag(bytes.subarray(-TAG_BYTES));
      const clear = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
      try {
        return clear + decipher.final('utf8');
      } catch {
        throw new TamperError('a sealed text does not open');
      }
    },
  };
}

/** See `Lookups`. */
export function createLookups(key: Buffer): Lookups {
  return {
    key(appId, kind, value) {
      // As JSON, so that no two triples read alike.
      return createHmac('sha256', key)
        .update(JSON.stringify([appId, kind, value]))
        .digest('hex');
    },
  };
}

function bound(associated: string): Buffer {
  return Buffer.from(VERSION + associated);
}

function decode(sealed: string): Buffer {
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
  // Decoding forgives foreign characters and spare bits; a changed text must not.
  const exact = sealed === VERSION + bytes.toString('base64url');
  if (!exact || bytes.length < NONCE_BYTES + TAG_BYTES) throw new TamperError('no sealed text');
  return bytes;
}
