import { flagOf, listOf, objectOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import type { Fields, Source } from './moved-user.ts';

const OWN = 'auth0|';

/** An export of users, and the hashes that the support hands out. */
export const auth0: Source = {
  list: 'users',
  second: { part: 'passwords', list: 'users', keyOf: oidOf },
  idOf: (fields) => textOf(fields, 'user_id', 'Id', 'id') ?? oidOf(fields),
  read(id, fields, { joined }) {
    const [provider, ...rest] = id.split('|');
    return {
      id,
      email: textOf(fields, 'email', 'Email'),
      emailVerified: flagOf(fields, 'email_verified', 'emailVerified', 'Email Verified'),
      phone: textOf(fields, 'phone_number'),
      phoneVerified: flagOf(fields, 'phone_verified'),
      password: selfDescribed(
        joined.map((one) => textOf(one, 'passwordHash')).find((hash) => hash !== undefined) ??
          textOf(fields, 'passwordHash', 'password_hash'),
      ),
      disabled: flagOf(fields, 'blocked'),
      createdAt: timeOf(fields, 'created_at', 'Created At'),
      social: [
        ...socialOf(provider, rest.join('|') || undefined),
        ...listOf(fields, 'identities').flatMap((one) =>
          socialOf(textOf(one, 'provider'), textOf(one, 'user_id')),
        ),
      ],
      otherFactors: listOf(fields, 'multifactor').length,
    };
  },
};

function oidOf(fields: Fields): string | undefined {
  const oid = textOf(objectOf(fields, '_id') ?? {}, '$oid') ?? textOf(fields, '_id');
  return oid === undefined ? undefined : OWN + oid;
}
