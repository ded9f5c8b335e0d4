import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { TamperError } from '../../server/ports/security/sealing.ts';
import { createFieldCipher, createLookups } from '../../server/security/sealing.ts';

const PLACE = 'users.0123.handle';

describe('a sealed field', () => {
  const cipher = createFieldCipher(randomBytes(32));

  it('opens to what was sealed, whatever that is', () => {
    for (const text of ['', 'ada@example.com', 'ä€𝄞\u0000\n', 'x'.repeat(100_000)]) {
      const sealed = cipher.seal(text, PLACE);
      assert.match(sealed, /^v1\.[\w-]+$/);
      assert.equal(cipher.open(sealed, PLACE), text);
    }
  });

  it('is never sealed the same way twice', () => {
    const sealed = new Set(Array.from({ length: 1000 }, () => cipher.seal('same', PLACE)));
    assert.equal(sealed.size, 1000);
  });

  it('opens only at its place and with its key', () => {
    const sealed = cipher.seal('secret', PLACE);
    for (const place of ['users.0124.handle', 'users.0123.phone', '', `${PLACE} `]) {
      assert.throws(() => cipher.open(sealed, place), TamperError);
    }
    assert.throws(() => createFieldCipher(randomBytes(32)).open(sealed, PLACE), TamperError);
  });

  it('shows every flipped bit of the stored text', () => {
    // One, two and three bytes past a group of three: every kind of last character.
    for (const text of ['a', 'ab', 'abc']) {
      const sealed = Buffer.from(cipher.seal(text, PLACE), 'latin1');
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const flipped = Buffer.from(sealed);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.throws(() => cipher.open(flipped.toString('latin1'), PLACE), TamperError, `bit ${bit}`);
      }
    }
  });

  it('shows every flipped bit of the ciphertext', () => {
    for (let round = 0; round < 1000; round++) {
      const bytes = Buffer.from(cipher.seal('ada@example.com', PLACE).slice(3), 'base64url');
      const bit = randomInt(bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => cipher.open(`v1.${bytes.toString('base64url')}`, PLACE), TamperError);
    }
  });

  it('is nothing shorter, longer or of another version', () => {
    const sealed = cipher.seal('secret', PLACE);
    const wrong = [
      '',
      'v1.',
      'v1.AAAA',
      sealed.slice(3),
      sealed.slice(0, -1),
      sealed.slice(0, 30),
      `${sealed}A`,
      `${sealed}\n`,
      `${sealed}=`,
      ` ${sealed}`,
      sealed.replace('v1.', 'v2.'),
      sealed.replace('v1.', 'V1.'),
      'ada@example.com',
    ];
    for (const text of wrong) assert.throws(() => cipher.open(text, PLACE), TamperError, text);
  });
});

describe('look-up keys', () => {
  const lookups = createLookups(Buffer.alloc(32, 1));

  it('are the same for the same value and differ for every other', () => {
    const keys = [
      lookups.key('app', 'handle', 'ada'),
      lookups.key('app', 'userName', 'ada'),
      lookups.key('app2', 'handle', 'ada'),
      lookups.key('app', 'handle', 'adb'),
      lookups.key('ap', 'phandle', 'ada'),
      lookups.key('app', 'handlea', 'da'),
      lookups.key('app","handle', '', 'ada'),
      createLookups(Buffer.alloc(32, 2)).key('app', 'handle', 'ada'),
    ];
    assert.equal(new Set(keys).size, keys.length);
    for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/);
    assert.equal(lookups.key('app', 'handle', 'ada'), keys[0]);
  });
});
