import { fails, holds, quoted, timeOf, untold } from './finding.ts';
import type { Rule } from './verifier-rules.ts';

/*
 * What single verifiers look at, beside what all of them do.
 */

const HASURA = 'https://hasura.io/jwt/claims';
/** Claims that a custom token of Firebase may not set. */
const FIREBASE_RESERVED = 'acr amr at_hash azp cnf c_hash firebase nonce'.split(' ');
/** Of the token itself: whoever makes another one of it leaves them out. */
const OF_TOKEN = new Set('iss sub aud exp nbf iat jti auth_time'.split(' '));
const FIREBASE_CLAIMS_MAX = 1000;
const FIREBASE_UID_MAX = 128;
/** What a name of a Sync Gateway user may not hold. */
const GATEWAY_FORBIDDEN = /[:,/`]/;
const GATEWAY_NAME_MAX = 239;

/** Convex refuses a header without a type. */
export const type: Rule = {
  rule: 'type',
  holdsWhen: '`typ` is `JWT`',
  judge: ({ header: { typ } }) =>
    typ === 'JWT' ? holds('typ is JWT') : fails(`typ is ${quoted(typ)}`, 'use a JWT that this host issued'),
};

/** The user's name in a Sync Gateway, of which the prefix takes a part. */
export const gatewayName: Rule = {
  rule: 'user-name',
  holdsWhen: '`sub` can be a user name: no `:`, `,`, `/` or backtick, at most 239 bytes',
  judge({ claims: { sub } }) {
    const name = String(sub ?? '');
    const repair = 'choose userIdFormat uid before the app has users';
    if (GATEWAY_FORBIDDEN.test(name)) return fails(`sub is ${quoted(sub)}`, repair);
    return Buffer.byteLength(name) > GATEWAY_NAME_MAX
      ? fails(`sub has ${Buffer.byteLength(name)} bytes`, repair)
      : holds(`the user is <prefix>_${name}`);
  },
};

/** AppSync counts the age of a token itself where it was told to. */
export const age: Rule = {
  rule: 'age',
  holdsWhen:
    'not more than the options `iatTtl` and `authTtl` (milliseconds) have passed since `iat` and `auth_time`',
  judge({ claims, options, now }) {
    const limits = [
      ['iat', options.iatTtl],
      ['auth_time', options.authTtl],
    ] as const;
    for (const [name, ttl] of limits) {
      const time = claims[name];
      if (ttl === undefined || ttl === 0) continue;
      if (typeof time !== 'number') return fails(`there is no ${name}`, 'use a JWT that this host issued');
      if (time + ttl / 1000 <= now) {
        return fails(`${name} is ${timeOf(time)}, ${ttl} ms are allowed`, 'log in again, or allow more');
      }
    }
    return holds('young enough, or no age was told');
  },
};

export const hasuraClaims: Rule = {
  rule: 'claims',
  holdsWhen:
    'Hasura maps the claims (option `claimsMap`), or the namespace (option `claimsNamespace`) holds `x-hasura-allowed-roles` and among them `x-hasura-default-role`',
  judge({ claims, options }) {
    const name = options.claimsNamespace ?? HASURA;
    const space = claims[name];
    if (options.claimsMap) return holds('mapped by claims_map');
    const repair = 'map them with claims_map, as docs/connecting.md shows';
    if (typeof space !== 'object' || space === null)
      return untold(`the token has no ${quoted(name)}`, repair);
    const { 'x-hasura-allowed-roles': roles, 'x-hasura-default-role': role } = space as Record<
      string,
      unknown
    >;
    const fits = Array.isArray(roles) && typeof role === 'string' && roles.includes(role);
    return fits
      ? holds(`role ${role}`)
      : fails('no list of allowed roles with the default role in it', repair);
  },
};

/** How long Hasura keeps keys, by what it is answered. */
export const keysKept: Rule = {
  rule: 'keys-kept',
  holdsWhen:
    'the answer with the key set says how long it may be kept, which is how often Hasura reads it again',
  judge({ jwks: { headers } }) {
    const maxAge = /max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1];
    return maxAge === undefined
      ? untold('the answer does not say how long it may be kept', 'let the proxy pass Cache-Control on')
      : holds(`read again every ${maxAge} s`);
  },
};

/** The database role of a request. `needed`: nobody gets in without. */
export function role({ needed }: { needed: boolean }): Rule {
  const otherwise = needed ? '' : '; without one the request is anonymous';
  return {
    rule: 'role',
    holdsWhen: `the claim \`role\` (option \`roleClaim\`) names the database role wanted (option \`role\`)${otherwise}`,
    judge({ claims, options }) {
      const name = options.roleClaim ?? 'role';
      const wanted = options.role ?? (needed ? 'authenticated' : undefined);
      const found = claims[name];
      const repair = `add a metadata field with the path ${name} and give users the value ${wanted ?? 'of their role'}`;
      if (found === undefined && !needed) return untold(`there is no ${name}: the anonymous role`, repair);
      if (typeof found !== 'string' || (wanted !== undefined && found !== wanted)) {
        return fails(`${name} is ${quoted(found)}${wanted ? `, wanted is ${quoted(wanted)}` : ''}`, repair);
      }
      return holds(`${name} is ${quoted(found)}`);
    },
  };
}

export const firebaseUid: Rule = {
  rule: 'uid',
  holdsWhen: '`sub` can be a Firebase user id: 1 to 128 characters',
  judge({ claims: { sub } }) {
    const length = typeof sub === 'string' ? sub.length : 0;
    return length > 0 && length <= FIREBASE_UID_MAX
      ? holds(`the user id is ${quoted(sub)}`)
      : fails(`sub has ${length} characters`, 'choose userIdFormat uid before the app has users');
  },
};

export const firebaseClaims: Rule = {
  rule: 'claims',
  holdsWhen:
    'what the token says beside the standard claims has no name reserved by Firebase and at most 1,000 bytes',
  judge({ claims }) {
    const own = Object.entries(claims).filter(([name]) => !OF_TOKEN.has(name));
    const reserved = own.find(([name]) => FIREBASE_RESERVED.includes(name));
    if (reserved)
      return fails(`${reserved[0]} is reserved`, 'leave it out of the claims of the custom token');
    const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(own)));
    return bytes > FIREBASE_CLAIMS_MAX
      ? fails(`they have ${bytes} bytes`, 'hand over only the claims that rules need')
      : holds(`${bytes} bytes`);
  },
};
