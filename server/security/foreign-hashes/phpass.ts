import { hash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type ForeignForm, isEqual } from './form.ts';

const LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = /^\$[PH]\$([5-9AB])([./A-Za-z0-9]{8})([./A-Za-z0-9]{22})$/;
/** Rounds between two looks at other work: less than a millisecond, with the longest password too. */
const AT_ONCE = 128;

/**
 * Portable hashes, `$P$` and `$H$`: MD5 over and over, 2^7 to 2^13 times, the most that is in use: each round
 * is computed on the main thread.
 */
export const phpassForm: ForeignForm = {
  names: ['phpass'],
  parse(stored) {
    const [, letter, salt = '', digest = ''] = FORM.exec(stored) ?? [];
    if (letter === undefined) return undefined;
    const log = LETTERS.indexOf(letter);
    return {
      kind: `phpass-${log}`,
      matches: async (text) =>
        isEqual(Buffer.from(encoded(await digestOf(text, salt, 2 ** log))), Buffer.from(digest)),
    };
  },
  decoy(_, [log = 8]) {
    const salt = Array.from(randomBytes(8), (byte) => LETTERS[byte & 63]).join('');
    return `$P$${LETTERS[log]}${salt}${encoded(randomBytes(16))}`;
  },
};

async function digestOf(text: string, salt: string, rounds: number): Promise<Buffer> {
  const typed = Buffer.from(text);
  let digest = hash('md5', Buffer.concat([Buffer.from(salt), typed]), 'buffer');
  for (let round = 1; round <= rounds; round++) {
    digest = hash('md5', Buffer.concat([digest, typed]), 'buffer');
    if (round % AT_ONCE === 0) await setImmediate();
  }
  return digest;
}

/** Base64 of its own: six bits at a time from the low end of three bytes. */
function encoded(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const three = bytes.subarray(at, at + 3);
    let value = three.reduceRight((sum, byte) => sum * 256 + byte, 0);
    for (let letter = 0; letter <= three.length; letter++, value >>= 6) text += LETTERS[value & 63];
  }
  return text;
}
