import { base32Of } from './base32.ts';
import { flagOf, listOf, numberOf, objectOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import { type Fields, type MovedPassword, type MovedTotp, RowError, type Source } from './moved-user.ts';

/** A realm's export. Second factors other than one TOTP stay behind. */
export const keycloak: Source = {
  list: 'users',
  idOf: (fields) => textOf(fields, 'id', 'username'),
  read(id, fields) {
    const credentials = listOf(fields, 'credentials');
    const ofType = (type: string) => credentials.filter((one) => textOf(one, 'type') === type);
    const [password] = ofType('password');
    const [otp] = ofType('otp');
    return {
      id,
      email: textOf(fields, 'email') ?? addressIn(textOf(fields, 'username')),
      emailVerified: flagOf(fields, 'emailVerified'),
      password: password && passwordOf(password),
      disabled: 'enabled' in fields && !flagOf(fields, 'enabled'),
      createdAt: timeOf(fields, 'createdTimestamp'),
      social: listOf(fields, 'federatedIdentities').flatMap((one) =>
        socialOf(textOf(one, 'identityProvider'), textOf(one, 'userId')),
      ),
      totp: otp && totpOf(otp),
      otherFactors: credentials.length - (password ? 1 : 0) - (otp ? 1 : 0),
    };
  },
};

function addressIn(name: string | undefined): string | undefined {
  return name?.includes('@') ? name : undefined;
}

function passwordOf(credential: Fields): MovedPassword | undefined {
  const secret = objectOf(credential, 'secretData') ?? {};
  const data = objectOf(credential, 'credentialData') ?? {};
  const value = textOf(secret, 'value');
  const salt = textOf(secret, 'salt') ?? '';
  const rounds = numberOf(data, 'hashIterations');
  const algorithm = textOf(data, 'algorithm');
  if (value === undefined) return undefined;
  const digest = /^pbkdf2-(sha256|sha512)$/.exec(algorithm ?? '')?.[1];
  if (digest) return selfDescribed(`$pbkdf2-${digest}$i=${rounds}$${salt}$${value}`);
  if (algorithm !== 'argon2') throw new RowError('unknown_hash');
  const more = objectOf(data, 'additionalParameters') ?? {};
  const parameter = (name: string) => (listed(more, name) ?? textOf(more, name)) || undefined;
  const version = parameter('version') === '1.0' ? 16 : 19;
  const cost = `m=${parameter('memory')},t=${rounds},p=${parameter('parallelism') ?? 1}`;
  const bare = (text: string) => text.replaceAll('=', '');
  return selfDescribed(
    `$argon2${parameter('type') ?? 'id'}$v=${version}$${cost}$${bare(salt)}$${bare(value)}`,
  );
}

/** Its parameters are lists of one. */
function listed(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return Array.isArray(value) ? textOf({ value: value[0] }, 'value') : undefined;
}

function totpOf(credential: Fields): MovedTotp | undefined {
  const secret = objectOf(credential, 'secretData') ?? {};
  const data = objectOf(credential, 'credentialData') ?? {};
  const value = textOf(secret, 'value');
  if (value === undefined || textOf(data, 'subType') === 'hotp') return undefined;
  const isEncoded = textOf(data, 'secretEncoding')?.toUpperCase() === 'BASE32';
  return {
    secret: isEncoded ? value : base32Of(Buffer.from(value)),
    digits: numberOf(data, 'digits') ?? 6,
    period: numberOf(data, 'period') ?? 30,
    algorithm: textOf(data, 'algorithm') ?? 'HmacSHA1',
  };
}
