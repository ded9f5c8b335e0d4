import { type Finding, fails, holds, type RuleFinding } from './finding.ts';
import {
  age,
  firebaseClaims,
  firebaseUid,
  gatewayName,
  hasuraClaims,
  keysKept,
  role,
  type,
} from './verifier-claims.ts';
import {
  audience,
  audienceIfTold,
  begun,
  expiry,
  https,
  issuedAt,
  issuer,
  keySet,
  life,
  type Rule,
  reachable,
  SIGNED,
  subject,
  type TokenFacts,
} from './verifier-rules.ts';

/** Somebody who verifies the app's user JWTs. */
export interface Verifier {
  /** Its section in docs/connecting.md. */
  title: string;
  rules: readonly Rule[];
}

const HOUR = 3600;

/**
 * Who verifies user JWTs, and what each of them looks at. The only list of it: `verifyToken` judges by it,
 * the docs are checked against it.
 */
export const VERIFIERS = {
  generic: {
    title: 'Your own back end',
    rules: [...SIGNED, issuer, audience('audience'), expiry, begun, subject, keySet],
  },
  powersync: {
    title: 'PowerSync',
    rules: [
      ...SIGNED,
      audience('instance', 'audience'),
      issuedAt,
      expiry,
      begun,
      life({ most: 24 * HOUR, advised: HOUR }),
      subject,
      keySet,
      reachable,
    ],
  },
  objectbox: {
    title: 'ObjectBox Sync',
    rules: [...SIGNED, issuer, audience('audience'), expiry, begun, keySet, reachable],
  },
  couchbase: {
    title: 'Couchbase Sync Gateway and Capella App Services',
    rules: [
      ...SIGNED,
      issuer,
      audience('clientId', 'audience'),
      expiry,
      begun,
      subject,
      gatewayName,
      keySet,
      reachable,
    ],
  },
  ditto: {
    title: 'Ditto',
    rules: [...SIGNED, issuer, audience('audience'), expiry, begun, subject, keySet],
  },
  'aws-api-gateway': {
    title: 'AWS API Gateway',
    rules: [...SIGNED, issuer, audience('audience'), expiry, begun, keySet, https],
  },
  'aws-appsync': {
    title: 'AWS AppSync',
    rules: [
      ...SIGNED,
      issuer,
      { ...audience('clientId', 'audience'), judge: (facts) => clientIdIfTold(facts) },
      expiry,
      begun,
      issuedAt,
      age,
      keySet,
      https,
    ],
  },
  convex: {
    title: 'Convex',
    rules: [
      ...SIGNED,
      type,
      issuer,
      audience('audience'),
      expiry,
      begun,
      issuedAt,
      subject,
      keySet,
      reachable,
    ],
  },
  hasura: {
    title: 'Hasura',
    rules: [...SIGNED, issuer, audienceIfTold, expiry, begun, subject, hasuraClaims, keySet, keysKept],
  },
  supabase: {
    title: 'Supabase',
    rules: [...SIGNED, issuer, expiry, begun, subject, role({ needed: true }), keySet, https],
  },
  postgrest: {
    title: 'PostgREST',
    rules: [...SIGNED, audienceIfTold, expiry, begun, role({ needed: false })],
  },
  'firebase-custom-token': {
    title: 'Firebase',
    rules: [...SIGNED, issuer, audience('audience'), expiry, begun, firebaseUid, firebaseClaims],
  },
} as const satisfies Record<string, Verifier>;
export type VerifierName = keyof typeof VERIFIERS;
export const VERIFIER_NAMES = Object.keys(VERIFIERS) as [VerifierName, ...VerifierName[]];

/** A text that is no JWT breaks this rule, and no other is looked at. */
export const FORM = {
  rule: 'form',
  holdsWhen: 'the text is a signed JWT: three parts in base64url, of which two hold JSON objects',
};

/** What a verifier says of a text; `facts` are undefined for one that is no JWT. */
export function judgeToken(
  as: VerifierName,
  facts: TokenFacts | undefined,
): { valid: boolean; rules: RuleFinding[] } {
  if (!facts) {
    const broken = fails('it is no JWT', 'copy the member jwt of a log-in, whole and without blanks');
    return { valid: false, rules: [{ rule: FORM.rule, ...broken }] };
  }
  const rules: readonly Rule[] = VERIFIERS[as].rules;
  const findings = rules.map(({ rule, judge }) => ({ rule, ...judge(facts) }));
  return {
    valid: findings.every(({ ok }) => ok !== false),
    rules: [{ rule: FORM.rule, ...holds('three parts') }, ...findings],
  };
}

/** AppSync looks at `aud` only where it was told a client id. */
function clientIdIfTold(facts: TokenFacts): Finding {
  const { clientId, audience: wanted } = facts.options;
  if (clientId === undefined && wanted === undefined) return holds('it was told no client id');
  return audience('clientId', 'audience').judge(facts);
}
