import { base64Of, flagOf, listOf, socialOf, textOf, timeOf } from './fields.ts';
import { type Fields, type MovedPassword, RowError, type Source, type SourceOptions } from './moved-user.ts';

/** Without a header line, by place. */
const COLUMNS = [
  ...['localId', 'email', 'emailVerified', 'passwordHash', 'salt', 'displayName', 'photoUrl'],
  ...['google.id', 'google.email', 'google.name', 'google.photo'],
  ...['facebook.id', 'facebook.email', 'facebook.name', 'facebook.photo'],
  ...['twitter.id', 'twitter.email', 'twitter.name', 'twitter.photo'],
  ...['github.id', 'github.email', 'github.name', 'github.photo'],
  ...['createdAt', 'lastSignedInAt', 'phoneNumber', 'disabled', 'customAttributes'],
];

/** In nearly every project. */
const USUAL_SEPARATOR = 'Bw==';

/** What `auth:export` writes, as JSON or CSV. */
export const firebase: Source = {
  list: 'users',
  columns: COLUMNS,
  needs: ['base64_signer_key'],
  idOf: (fields) => textOf(fields, 'localId'),
  read: (id, fields, { options }) => ({
    id,
    email: textOf(fields, 'email'),
    emailVerified: flagOf(fields, 'emailVerified'),
    phone: textOf(fields, 'phoneNumber'),
    // It keeps only numbers that answered a code.
    phoneVerified: true,
    password: passwordOf(fields, options),
    disabled: flagOf(fields, 'disabled'),
    createdAt: timeOf(fields, 'createdAt'),
    social: [
      ...listOf(fields, 'providerUserInfo').flatMap((info) =>
        socialOf(textOf(info, 'providerId'), textOf(info, 'rawId')),
      ),
      ...socialOf('google.com', textOf(fields, 'google.id')),
    ],
    otherFactors: listOf(fields, 'mfaInfo').length,
  }),
};

function passwordOf(fields: Fields, options: SourceOptions): MovedPassword | undefined {
  const hash = textOf(fields, 'passwordHash');
  return hash === undefined ? undefined : scryptOf(hash, textOf(fields, 'salt') ?? '', options);
}

/** Modified scrypt under the parameters of a project. Throws `RowError` without its signer key. */
export function scryptOf(hash: string, salt: string, options: SourceOptions): MovedPassword {
  const {
    base64_signer_key: key,
    base64_salt_separator: separator = USUAL_SEPARATOR,
    rounds = 8,
    mem_cost = 14,
  } = options;
  if (!key) throw new RowError('unknown_hash');
  const cost = `v=1,n=${mem_cost},r=${rounds},p=1,ss=${base64Of(separator)},sk=${base64Of(key)}`;
  return { of: 'clear', form: `$fbscrypt$${cost}$${base64Of(salt)}$${base64Of(hash)}` };
}
