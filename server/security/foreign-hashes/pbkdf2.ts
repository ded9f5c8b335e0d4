import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { drawn, type ForeignForm, isDigest, isEqual } from './form.ts';

const FORM = /^\$pbkdf2-(sha256|sha512)\$i=([1-9]\d{0,6})\$([\w+/=]{1,200})\$([\w+/=]{1,200})$/;
const ROUNDS_MAX = 1_000_000;
const derive = promisify(pbkdf2);

/**
 * `$pbkdf2-sha256$i=27500$<salt>$<hash>`, both in base64; at most 1,000,000 rounds. The digest's length is
 * what was kept of it, which may be more than one block.
 */
export const pbkdf2Form: ForeignForm = {
  names: ['pbkdf2sha256', 'pbkdf2sha512'],
  parse(stored) {
    const [, digest = '', rounds = '', salt = '', hash = ''] = FORM.exec(stored) ?? [];
    const iterations = Number(rounds);
    const expected = Buffer.from(hash, 'base64');
    if (iterations === 0 || iterations > ROUNDS_MAX || !isDigest(expected)) return undefined;
    return {
      kind: `pbkdf2${digest}-${iterations}-${expected.length}`,
      matches: async (text) =>
        isEqual(
          await derive(text, Buffer.from(salt, 'base64'), iterations, expected.length, digest),
          expected,
        ),
    };
  },
  decoy: (name, [iterations, bytes = 32]) =>
    `$pbkdf2-${name.slice('pbkdf2'.length)}$i=${iterations}$${drawn(16)}$${drawn(bytes)}`,
};
