import { bytesOf, flagOf, numberOf, objectOf, selfDescribed, textOf, timeOf } from './fields.ts';
import { scryptOf } from './firebase.ts';
import { type Fields, type MovedPassword, RowError, type Source } from './moved-user.ts';

/** Its list of users, with `hash`, `hashOptions` and `password`. */
export const appwrite: Source = {
  list: 'users',
  idOf: (fields) => textOf(fields, '$id', 'id'),
  read: (id, fields) => ({
    id,
    email: textOf(fields, 'email'),
    emailVerified: flagOf(fields, 'emailVerification'),
    phone: textOf(fields, 'phone'),
    phoneVerified: flagOf(fields, 'phoneVerification'),
    password: passwordOf(fields),
    disabled: 'status' in fields && !flagOf(fields, 'status'),
    isAnonymous: textOf(fields, 'email') === undefined && textOf(fields, 'phone') === undefined,
    createdAt: timeOf(fields, '$createdAt', 'registration'),
    otherFactors: flagOf(fields, 'mfa') ? 1 : 0,
  }),
};

function passwordOf(fields: Fields): MovedPassword | undefined {
  const hash = textOf(fields, 'password');
  if (hash === undefined) return undefined;
  const options = objectOf(fields, 'hashOptions') ?? {};
  const kind = textOf(fields, 'hash')?.toLowerCase() ?? textOf(options, 'type')?.toLowerCase();
  switch (kind) {
    case 'argon2':
    case 'bcrypt':
    case 'phpass':
      return selfDescribed(hash);
    case 'md5':
      return { of: 'md5', hex: hash };
    case 'scrypt': {
      const number = (name: string, fallback: number) => numberOf(options, name) ?? fallback;
      const cost = `n=${number('costCpu', 8)},r=${number('costMemory', 14)},p=${number('costParallel', 1)}`;
      return selfDescribed(
        `$scrypt$${cost}$${bytesOf(textOf(options, 'salt') ?? '')}$${bytesOf(hash, 'hex')}`,
      );
    }
    case 'scryptmod':
    case 'scrypt_mod':
      return scryptOf(hash, textOf(options, 'salt') ?? '', {
        base64_signer_key: textOf(options, 'signerKey'),
        base64_salt_separator: textOf(options, 'saltSeparator'),
      });
    default:
      throw new RowError('unknown_hash');
  }
}
