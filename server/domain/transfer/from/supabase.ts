import { flagOf, listOf, objectOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import type { Fields, Source } from './moved-user.ts';

/** The table `auth.users`, and `auth.identities` beside it. */
export const supabase: Source = {
  list: 'users',
  second: { part: 'identities', list: 'identities', keyOf: (fields) => textOf(fields, 'user_id') },
  idOf: (fields) => textOf(fields, 'id'),
  read: (id, fields, { joined }) => ({
    id,
    email: textOf(fields, 'email'),
    // `confirmed_at` is of either, whichever was first.
    emailVerified: timeOf(fields, 'email_confirmed_at') !== undefined,
    phone: textOf(fields, 'phone'),
    phoneVerified: timeOf(fields, 'phone_confirmed_at') !== undefined,
    password: selfDescribed(textOf(fields, 'encrypted_password')),
    disabled: timeOf(fields, 'deleted_at') !== undefined || isBanned(fields),
    isAnonymous: flagOf(fields, 'is_anonymous'),
    createdAt: timeOf(fields, 'created_at'),
    social: [...joined, ...listOf(fields, 'identities')].flatMap((identity) =>
      socialOf(
        textOf(identity, 'provider'),
        textOf(objectOf(identity, 'identity_data') ?? {}, 'sub') ?? textOf(identity, 'provider_id', 'id'),
      ),
    ),
    otherFactors: listOf(fields, 'factors').length,
  }),
};

/** For longer than a person lives: the time itself would need a clock. */
function isBanned(fields: Fields): boolean {
  const until = timeOf(fields, 'banned_until');
  return until !== undefined && until > Date.UTC(2050, 0, 1);
}
