import { createCipheriv } from 'node:crypto';
import { drawn, type ForeignForm, isDigest, isEqual } from './form.ts';
import { deriveScrypt, scryptCost } from './scrypt.ts';

const FORM =
  /^\$fbscrypt\$v=1,n=([1-9]\d?),r=([1-9]\d{0,3}),p=([1-9]\d?)(?:,ss=([\w+/=-]{0,100}))?,sk=([\w+/=-]{1,200})\$([\w+/=-]{0,200})\$([\w+/=-]{1,200})$/;
const KEY_BYTES = 32;

/**
 * Modified scrypt: the key that scrypt makes of the password enciphers the project's signer key, and that is
 * the hash. `$fbscrypt$v=1,n=14,r=8,p=1,ss=<separator>,sk=<signer key>$<salt>$<hash>`, `n` the logarithm.
 */
export const firebaseForm: ForeignForm = {
  names: ['fbscrypt'],
  parse(stored) {
    const [, n, r, p, separator = '', signer = '', salt = '', hash = ''] = FORM.exec(stored) ?? [];
    const cost = n === undefined ? undefined : scryptCost(2 ** Number(n), Number(r), Number(p));
    const signerKey = Buffer.from(signer, 'base64');
    const expected = Buffer.from(hash, 'base64');
    if (!cost || !isDigest(expected) || signerKey.length !== expected.length) return undefined;
    const salting = Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(separator, 'base64')]);
    return {
      kind: `fbscrypt-${n}-${r}-${p}`,
      async matches(text) {
        const key = await deriveScrypt(text, salting, KEY_BYTES, cost);
        return isEqual(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey), expected);
      },
    };
  },
  decoy: (_, [n, r, p]) => `$fbscrypt$v=1,n=${n},r=${r},p=${p},sk=${drawn(64)}$${drawn(8)}$${drawn(64)}`,
};
