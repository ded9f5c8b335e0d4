import { bytesOf, flagOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import { type Fields, type MovedPassword, RowError, type Source } from './moved-user.ts';

/** Salt and key in hex; of the salt the text itself is what was salted with. */
const SCRYPT = /^([0-9a-f]{16,64}):([0-9a-f]{128})$/;

/** The table `user`, and `account` beside it. */
export const betterAuth: Source = {
  list: 'user',
  second: { part: 'accounts', list: 'account', keyOf: (fields) => textOf(fields, 'userId', 'user_id') },
  idOf: (fields) => textOf(fields, 'id'),
  read(id, fields, { joined }) {
    const provider = (account: Fields) => textOf(account, 'providerId', 'provider_id');
    const own = joined.find((account) => provider(account) === 'credential');
    return {
      id,
      email: textOf(fields, 'email'),
      emailVerified: flagOf(fields, 'emailVerified', 'email_verified'),
      phone: textOf(fields, 'phoneNumber', 'phone_number'),
      phoneVerified: flagOf(fields, 'phoneNumberVerified', 'phone_number_verified'),
      password: passwordOf(textOf(own ?? {}, 'password')),
      disabled: flagOf(fields, 'banned'),
      isAnonymous: flagOf(fields, 'isAnonymous', 'is_anonymous'),
      createdAt: timeOf(fields, 'createdAt', 'created_at'),
      social: joined.flatMap((account) =>
        socialOf(provider(account), textOf(account, 'accountId', 'account_id')),
      ),
      // Its secrets are sealed with a key of the application.
      otherFactors: flagOf(fields, 'twoFactorEnabled', 'two_factor_enabled') ? 1 : 0,
    };
  },
};

function passwordOf(hash: string | undefined): MovedPassword | undefined {
  if (hash === undefined || hash.startsWith('$')) return selfDescribed(hash);
  const [, salt, key] = SCRYPT.exec(hash) ?? [];
  if (salt === undefined || key === undefined) throw new RowError('unknown_hash');
  return selfDescribed(`$scrypt$n=16384,r=16,p=1,nfkc$${bytesOf(salt)}$${bytesOf(key, 'hex')}`);
}
