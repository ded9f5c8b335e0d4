import { randomBytes } from 'node:crypto';
import type { ForeignForm } from './form.ts';

/** A cost of 20 would keep a core busy for minutes. */
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-3])\$[./A-Za-z0-9]{53}$/;
const LETTERS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `$2a$`, `$2b$` and `$2y$`, cost 4 to 13. */
export const bcryptForm: ForeignForm = {
  names: ['bcrypt'],
  parse(stored) {
    const cost = BCRYPT.exec(stored)?.[1];
    if (cost === undefined) return undefined;
    return { kind: `bcrypt-${Number(cost)}`, matches: (text) => bcryptVerify(text, stored) };
  },
  decoy: (_, [cost = 0]) => bcryptDecoy(String(cost).padStart(2, '0')),
};

/** Its library is loaded with the first such hash. */
export async function bcryptVerify(password: string, stored: string): Promise<boolean> {
  const { verify } = await import('@node-rs/bcrypt');
  return verify(password, stored);
}

/** Salt and digest drawn: 16 and 23 bytes, whose last characters bcrypt's base64 fills up with zeros. */
export function bcryptDecoy(cost: string): string {
  const part = (length: number, lastBits: number) =>
    Array.from(
      randomBytes(length),
      (byte, n) => LETTERS[n === length - 1 ? byte & lastBits : byte & 63],
    ).join('');
  return `$2b$${cost}$${part(22, 0b110000)}${part(31, 0b111100)}`;
}
