import type { Verifier } from '../../client/host/tokens.ts';

/** Whose eyes a token can be looked at with, by the names people know; no language changes them. */
export const VERIFIER_LABELS: Readonly<Record<Verifier, string>> = {
  generic: 'JWT (RS256)',
  powersync: 'PowerSync',
  objectbox: 'ObjectBox Sync',
  couchbase: 'Couchbase',
  ditto: 'Ditto',
  'aws-api-gateway': 'AWS API Gateway',
  'aws-appsync': 'AWS AppSync',
  convex: 'Convex',
  hasura: 'Hasura',
  supabase: 'Supabase',
  postgrest: 'PostgREST',
  'firebase-custom-token': 'Firebase',
};
export const VERIFIERS = Object.keys(VERIFIER_LABELS) as Verifier[];
