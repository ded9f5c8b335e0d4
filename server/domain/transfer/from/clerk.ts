import { flagOf, selfDescribed, textOf, timeOf } from './fields.ts';
import { type Fields, type MovedPassword, RowError, type Source } from './moved-user.ts';

const HASHERS = /^(?:bcrypt|argon2(?:i|id)?)$/;

/** Its CSV; several values of one cell are separated by `|`, the first counts. */
export const clerk: Source = {
  list: 'users',
  idOf: (fields) => textOf(fields, 'id', 'user_id'),
  read(id, fields) {
    const verified = firstOf(textOf(fields, 'verified_email_addresses'));
    const secret = textOf(fields, 'totp_secret');
    return {
      id,
      email:
        firstOf(textOf(fields, 'primary_email_address')) ??
        verified ??
        firstOf(textOf(fields, 'unverified_email_addresses', 'email_addresses')),
      emailVerified: verified !== undefined,
      phone: firstOf(textOf(fields, 'primary_phone_number', 'verified_phone_numbers')),
      password: passwordOf(fields),
      disabled: flagOf(fields, 'banned', 'locked'),
      createdAt: timeOf(fields, 'created_at'),
      ...(secret !== undefined && { totp: { secret } }),
    };
  },
};

function firstOf(text: string | undefined): string | undefined {
  return text?.split('|', 1)[0]?.trim() || undefined;
}

function passwordOf(fields: Fields): MovedPassword | undefined {
  const digest = textOf(fields, 'password_digest');
  if (digest === undefined) return undefined;
  if (!HASHERS.test(textOf(fields, 'password_hasher') ?? '')) throw new RowError('unknown_hash');
  return selfDescribed(digest);
}
