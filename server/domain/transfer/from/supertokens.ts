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
    const [first = fields] = methods;
    const by = ownOf(methods) ?? first;
    const mail = holderOf(fields, 'email');
    const phone = holderOf(fields, 'phoneNumber', 'phone_number');
    const isVerified = (one: Fields) => flagOf(one, 'isVerified', 'is_verified', 'emailVerified');
    return {
      id,
      email: emailOf(fields),
      emailVerified: isVerified(mail),
      phone: textOf(phone, 'phoneNumber', 'phone_number'),
      phoneVerified: flagOf(phone, 'isVerified', 'is_verified'),
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

function ownOf(methods: readonly Fields[]): Fields | undefined {
  return methods.find((method) => textOf(method, 'recipeId') === 'emailpassword');
}

/** What has such a member, and says whether it was verified: of the password before all others. */
function holderOf(fields: Fields, ...names: readonly string[]): Fields {
  const methods = listOf(fields, 'loginMethods');
  const all = [ownOf(methods) ?? fields, fields, ...methods];
  return all.find((one) => textOf(one, ...names) !== undefined) ?? {};
}

function emailOf(fields: Fields): string | undefined {
  return textOf(holderOf(fields, 'email'), 'email');
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
