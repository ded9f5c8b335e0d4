import { type Finding, fails, holds, quoted, timeOf, untold } from './finding.ts';

/** What a verifier was told when it was set up. */
export interface VerifierOptions {
  /** What it wants in `aud`; default: nothing is known. */
  audience?: string | string[] | undefined;
  /** The issuer it was told; default: the app's own. */
  issuer?: string | undefined;
  /** Address of the instance, which is its audience. */
  instance?: string | undefined;
  clientId?: string | undefined;
  /** Whether claims are mapped there, so that the token need not carry them under their names. */
  claimsMap?: boolean | undefined;
  claimsNamespace?: string | undefined;
  role?: string | undefined;
  roleClaim?: string | undefined;
  /** Milliseconds a token is taken after `iat`, after `auth_time`. */
  iatTtl?: number | undefined;
  authTtl?: number | undefined;
}

/** All that a rule may look at. */
export interface TokenFacts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Whether the published key that the header names made the signature. */
  signed: boolean;
  /** The answer at the app's key set address. */
  jwks: { keys: readonly Record<string, unknown>[]; headers: Readonly<Record<string, string>> };
  /** The app's issuer. */
  issuer: string;
  /** Seconds. */
  now: number;
  options: VerifierOptions;
}

/** A predicate over a token, with the sentence the books say of it. */
export interface Rule {
  rule: string;
  /** Completes "holds when …". */
  holdsWhen: string;
  judge(facts: TokenFacts): Finding;
}

const AUDIENCE_REPAIR = 'set userJWTAudience of the app to what the verifier was told';

export const algorithm: Rule = {
  rule: 'algorithm',
  holdsWhen: '`alg` is `RS256`',
  judge: ({ header }) =>
    header.alg === 'RS256'
      ? holds('alg is RS256')
      : fails(
          `alg is ${quoted(header.alg)}`,
          'use the JWT of a log-in as it came: the host signs with RS256',
        ),
};

export const key: Rule = {
  rule: 'key',
  holdsWhen: 'the key set has the key that `kid` names',
  judge({ header: { kid }, jwks }) {
    if (typeof kid !== 'string') return fails('the header names no key', 'use a JWT that this host issued');
    if (jwks.keys.some((each) => each.kid === kid)) return holds(`kid ${quoted(kid)} is in the key set`);
    const repair = 'log in again: the key was retired, or the token is of another app or host';
    return fails(`kid ${quoted(kid)} is not in the key set of this app`, repair);
  },
};

export const signature: Rule = {
  rule: 'signature',
  holdsWhen: 'that key made the signature',
  judge: ({ signed }) =>
    signed
      ? holds('the signature is right')
      : fails('the signature is not of that key', 'use the token as it came, unchanged and whole'),
};

export const issuer: Rule = {
  rule: 'issuer',
  holdsWhen: '`iss` is, byte for byte, the issuer it was told (option `issuer`, else the one of the app)',
  judge({ claims: { iss }, options, issuer: own }) {
    const wanted = options.issuer ?? own;
    if (iss === wanted) return holds(`iss is ${quoted(iss)}`);
    const repair =
      wanted === own
        ? 'log in again: API_URL was another when the token was issued'
        : `tell the verifier the issuer ${own}`;
    return fails(`iss is ${quoted(iss)}, wanted is ${quoted(wanted)}`, repair);
  },
};

/** `aud` against whichever of the options was given. */
export function audience(...names: ('audience' | 'instance' | 'clientId')[]): Rule {
  return {
    rule: 'audience',
    holdsWhen: `\`aud\` is or holds what it was told (option ${names.map((name) => `\`${name}\``).join(' or ')})`,
    judge({ claims: { aud }, options }) {
      const wanted = names.map((name) => options[name]).find((value) => value !== undefined);
      if (aud === undefined) return fails('there is no aud', AUDIENCE_REPAIR);
      const told = `aud is ${quoted(aud)}`;
      if (wanted === undefined) return untold(`${told}; what is wanted was not said`, AUDIENCE_REPAIR);
      const fits = [aud].flat().some((each) => typeof each === 'string' && [wanted].flat().includes(each));
      return fits ? holds(told) : fails(`${told}, wanted is ${quoted(wanted)}`, AUDIENCE_REPAIR);
    },
  };
}

/** For who looks at `aud` only where it was told to. */
export const audienceIfTold: Rule = {
  ...audience('audience'),
  holdsWhen: 'it was told no audience, or `aud` is or holds it (option `audience`)',
  judge: (facts) =>
    facts.options.audience === undefined
      ? holds('it was told no audience')
      : audience('audience').judge(facts),
};

export const expiry: Rule = {
  rule: 'expiry',
  holdsWhen: '`exp` is there and to come',
  judge({ claims: { exp }, now }) {
    if (typeof exp !== 'number') return fails('there is no exp', 'use a JWT that this host issued');
    if (exp > now) return holds(`good until ${timeOf(exp)}`);
    return fails(`over since ${timeOf(exp)}`, 'log in again, or raise userJWTExpiration of the app');
  },
};

export const begun: Rule = {
  rule: 'begun',
  holdsWhen: '`nbf` and `iat`, where they are there, have passed',
  judge({ claims: { nbf, iat }, now }) {
    const late = Object.entries({ nbf, iat }).find(([, time]) => typeof time === 'number' && time > now);
    return late
      ? fails(`${late[0]} is ${timeOf(Number(late[1]))}`, 'set the clocks of both machines right')
      : holds('nbf and iat have passed');
  },
};

export const issuedAt: Rule = {
  rule: 'issued-at',
  holdsWhen: '`iat` is there',
  judge: ({ claims: { iat } }) =>
    typeof iat === 'number'
      ? holds(`issued ${timeOf(iat)}`)
      : fails('there is no iat', 'use a JWT that this host issued'),
};

export const subject: Rule = {
  rule: 'subject',
  holdsWhen: '`sub` is a text that is not empty',
  judge: ({ claims: { sub } }) =>
    typeof sub === 'string' && sub !== ''
      ? holds(`sub is ${quoted(sub)}`)
      : fails(`sub is ${quoted(sub)}`, 'use a JWT that this host issued'),
};

/** The key set as others have to be able to read it. */
export const keySet: Rule = {
  rule: 'key-set',
  holdsWhen: 'the key set is answered as JSON, and each of its keys has `kid`, `kty` and `alg`',
  judge({ jwks: { keys, headers } }) {
    const type = headers['content-type'] ?? '';
    if (!/^application\/(?:jwk-set\+)?json\b/.test(type)) {
      return fails(`the key set comes as ${quoted(type)}`, 'let the proxy pass the answer on as it is');
    }
    const whole = keys.length > 0 && keys.every(({ kid, kty, alg }) => kid && kty && alg);
    return whole
      ? holds(`${keys.length} published`)
      : fails('the key set has no key, or one without kid, kty or alg', 'let the proxy pass it on as it is');
  },
};

/** Who reads the address of the issuer from outside, over https alone. */
export const https: Rule = {
  rule: 'https',
  holdsWhen: 'the issuer is an https address',
  judge: ({ issuer: own }) =>
    own.startsWith('https://')
      ? holds(`the issuer is ${own}`)
      : fails(`the issuer is ${own}`, 'serve the host over https and set API_URL to that address'),
};

/** Who reads it from outside, whatever the scheme; a name of the own network is not found there. */
export const reachable: Rule = {
  rule: 'reachable',
  holdsWhen: 'the issuer is an https address; of http nobody here can tell whether it is reached',
  judge: (facts) => {
    const secure = https.judge(facts);
    return secure.ok === true ? secure : { ...secure, ok: 'unknown' };
  },
};

/** How long a token may live, in seconds. `advised`: less is better. */
export function life({ most, advised }: { most: number; advised: number }): Rule {
  const hours = most / 3600;
  return {
    rule: 'life',
    holdsWhen: `at most ${hours} hours lie between \`iat\` and \`exp\` (${advised / 60} minutes are advised)`,
    judge({ claims: { iat, exp } }) {
      if (typeof iat !== 'number' || typeof exp !== 'number') return untold('iat or exp is missing');
      const detail = `it lives ${Math.round((exp - iat) / 60)} minutes`;
      const repair = `set userJWTExpiration to ${hours} or less, best to ${advised / 3600}`;
      if (exp - iat > most) return fails(detail, repair);
      return exp - iat > advised ? { ...holds(detail), repair } : holds(detail);
    },
  };
}

/** The standard rules, which everybody keeps who verifies a JWT with a key set. */
export const SIGNED: readonly Rule[] = [algorithm, key, signature];
