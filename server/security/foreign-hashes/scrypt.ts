import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { drawn, type ForeignForm, isDigest, isEqual } from './form.ts';

const FORM =
  /^\$scrypt\$n=([1-9]\d{0,7}),r=([1-9]\d{0,3}),p=([1-9]\d?)(,nfkc)?\$([\w+/=]{0,400})\$([\w+/=]{1,200})$/;
const MEMORY_MAX = 64 * 1024 * 1024;
const WORK_MAX = 256 * 1024 * 1024;

export const deriveScrypt = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

/** What one takes, and what all lanes write; undefined beyond 64 MiB, or what no log-in may cost. */
export function scryptCost(
  N: number,
  r: number,
  p: number,
): { N: number; r: number; p: number; maxmem: number } | undefined {
  const memory = 128 * N * r;
  const isPower = N >= 2 && Number.isInteger(Math.log2(N));
  if (!isPower || memory > MEMORY_MAX || memory * p > WORK_MAX) return undefined;
  return { N, r, p, maxmem: 2 * memory + 1024 * r * p + 1024 * 1024 };
}

/**
 * `$scrypt$n=16384,r=16,p=1$<salt>$<key>`, both in base64. `,nfkc` behind the numbers: the password was
 * brought to that normal form first.
 */
export const scryptForm: ForeignForm = {
  names: ['scrypt'],
  parse(stored) {
    const [, n, r, p, normal, salt = '', key = ''] = FORM.exec(stored) ?? [];
    const cost = n === undefined ? undefined : scryptCost(Number(n), Number(r), Number(p));
    const expected = Buffer.from(key, 'base64');
    if (!cost || !isDigest(expected)) return undefined;
    return {
      kind: `scrypt-${n}-${r}-${p}`,
      async matches(text) {
        const typed = normal === undefined ? text : text.normalize('NFKC');
        return isEqual(
          await deriveScrypt(typed, Buffer.from(salt, 'base64'), expected.length, cost),
          expected,
        );
      },
    };
  },
  decoy: (_, [n, r, p]) => `$scrypt$n=${n},r=${r},p=${p}$${drawn(16)}$${drawn(64)}`,
};
