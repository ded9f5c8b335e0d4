import { flagOf, selfDescribed, textOf, timeOf } from './fields.ts';
import { type Fields, type MovedPassword, RowError, type Source } from './moved-user.ts';

const HASHERS = /^(?:bcrypt|argon2(?:i|id)?)$/;

/** Its CSV; several values of one cell are separated by `|`, the first counts. */
export const clerk: Source = {
  list: 'users',
  idOf: (fields) => textOf(fields, 'id', 'user_id'),
  read(id, fields) {
    const verified = valuesOf(textOf(fields, 'verified_email_addresses'));
    const email =
      valuesOf(textOf(fields, 'primary_email_address'))[0] ??
      verified[0] ??
      valuesOf(textOf(fields, 'unverified_email_addresses', 'email_addresses'))[0];
    const verifiedPhones = valuesOf(textOf(fields, 'verified_phone_numbers'));
    const phone = valuesOf(textOf(fields, 'primary_phone_number'))[0] ?? verifiedPhones[0];
    const secret = textOf(fields, 'totp_secret');
    return {
      id,
      email,
      emailVerified: email !== undefined && verified.includes(email),
      phone,
      phoneVerified: phone !== undefined && verifiedPhones.includes(phone),
      password: passwordOf(fields),
      disabled: flagOf(fields, 'banned', 'locked'),
      createdAt: timeOf(fields, 'created_at'),
      ...(secret !== undefined && { totp: { secret } }),
    };
  },
};

function valuesOf(text = ''): string[] {
  return text
    .split('|')
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

function passwordOf(fields: Fields): MovedPassword | undefined {
  const digest = textOf(fields, 'password_digest');
  if (digest === undefined) return undefined;
  if (!HASHERS.test(textOf(fields, 'password_hasher') ?? '')) throw new RowError('unknown_hash');
  return selfDescribed(digest);
}
