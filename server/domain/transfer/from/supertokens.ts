import { flagOf, listOf, numberOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import { scryptOf } from './firebase.ts';
import {
  type Fields,
  type MovedPassword,
  type MovedTotp,
  RowError,
  type Source,
  type SourceOptions,
} from './moved-user.ts';

/** `$f_scrypt$hash$salt$m=14$r=8$s=separator`, of people that came from Firebase before. */
const SCRYPT = /^\$f_scrypt\$([^$]+)\$([^$]*)\$m=(\d{1,2})\$r=(\d{1,3})\$s=([^$]*)$/;

/** The bulk import's JSON, or its tables as CSV. */
export const superTokens: Source = {
  list: 'users',
  idOf: (fields) => textOf(fields, 'externalUserId', 'user_id', 'id') ?? emailOf(fields),
  read(id, fields, { options }) {
    const methods = listOf(fields, 'loginMethods');
    const [own] = methods.filter((method) => textOf(method, 'recipeId') === 'emailpassword');
    const [first = fields] = methods;
    const by = own ?? first;
    return {
      id,
      email: emailOf(fields),
      emailVerified: flagOf(by, 'isVerified', 'is_verified', 'emailVerified'),
      phone: textOf(by, 'phoneNumber', 'phone_number'),
      password: passwordOf(textOf(by, 'passwordHash', 'password_hash'), options),
      disabled: false,
      createdAt: timeOf(by, 'timeJoinedInMSSinceEpoch', 'time_joined'),
      social: [...methods, fields].flatMap((method) =>
        socialOf(
          textOf(method, 'thirdPartyId', 'third_party_id'),
          textOf(method, 'thirdPartyUserId', 'third_party_user_id'),
        ),
      ),
      ...totpOf(listOf(fields, 'totpDevices')),
    };
  },
};

function emailOf(fields: Fields): string | undefined {
  const methods = listOf(fields, 'loginMethods');
  return [fields, ...methods].map((one) => textOf(one, 'email')).find((email) => email !== undefined);
}

function passwordOf(hash: string | undefined, options: SourceOptions): MovedPassword | undefined {
  if (!hash?.startsWith('$f_scrypt$')) return selfDescribed(hash);
  const [, digest, salt, memory, rounds, separator] = SCRYPT.exec(hash) ?? [];
  if (digest === undefined || salt === undefined) throw new RowError('unknown_hash');
  return scryptOf(digest, salt, {
    ...options,
    mem_cost: Number(memory),
    rounds: Number(rounds),
    base64_salt_separator: separator,
  });
}

function totpOf([device, ...others]: Fields[]): { totp?: MovedTotp; otherFactors?: number } {
  const secret = device && textOf(device, 'secretKey');
  if (!device || secret === undefined) return {};
  return { totp: { secret, period: numberOf(device, 'period') ?? 30 }, otherFactors: others.length };
}
