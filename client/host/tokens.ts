import type { Call, CallOptions } from './call.ts';
import type { Verdict } from './machine.ts';

export type Verifier =
  | 'generic'
  | 'powersync'
  | 'objectbox'
  | 'couchbase'
  | 'ditto'
  | 'aws-api-gateway'
  | 'aws-appsync'
  | 'convex'
  | 'hasura'
  | 'supabase'
  | 'postgrest'
  | 'firebase-custom-token';

/** A key pair of an app: its public half, and what may be done next. */
export interface AppKey {
  kid: string;
  state: 'next' | 'current' | 'previous';
  createdAt: string;
  /** PEM. */
  publicKey: string;
  nextStep?: 'activate' | 'retire' | undefined;
  /** Earliest time of the next step. */
  notBefore?: string | undefined;
}

export interface ListedKey {
  kid: string;
  state: AppKey['state'];
  createdAt: string;
}

export interface Rule {
  rule: string;
  ok: Verdict;
  detail: string;
  repair?: string | undefined;
}

export interface VerifiedToken {
  valid: boolean;
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  rules: Rule[];
}

export interface Tokens {
  jwt: string;
  'access-token': string;
}

/** App tokens, keys, and what verifiers will say of a user's JWT. */
export function tokens(call: Call) {
  return {
    keys: (query: { appId: string }, options?: CallOptions) =>
      call.get<AppKey[]>('/api/app/keys', query, options),
    rotateKey: (
      body: { appId: string; phase: 'prepare' | 'activate' | 'retire'; force?: boolean },
      options?: CallOptions,
    ) => call.post<{ keys: ListedKey[] }>('/api/app/rotateAppKey', body, { timeoutMs: 60_000, ...options }),
    /** The old token works for `graceHours`, default a week. */
    rotateAppToken: (body: { appId: string; graceHours?: number }, options?: CallOptions) =>
      call.post<{ appToken: string }>('/api/app/rotateAppToken', body, options),
    issueSuperUserToken: (
      body: { appId: string; name?: string; expiresInMinutes?: number },
      options?: CallOptions,
    ) => call.post<Tokens>('/api/app/superUserToken', body, options),
    /** What a JWT of this user, or of a sample one, holds as it would be issued now; it is not signed. */
    sample: (body: { appId: string; userId?: string }, options?: CallOptions) =>
      call.post<{ header: Record<string, unknown>; claims: Record<string, unknown>; bytes: number }>(
        '/api/app/sampleToken',
        body,
        options,
      ),
    verify: (
      body: { appId: string; token: string; as: Verifier; options?: Record<string, unknown> },
      options?: CallOptions,
    ) => call.post<VerifiedToken>('/api/app/verifyToken', body, options),
    /** What the host would say of an identity token of Apple or Google; stores nothing. */
    tryIdentity: (
      body: { appId: string; provider: 'apple' | 'google'; token: string },
      options?: CallOptions,
    ) => call.post<{ ok: boolean; rules: Rule[] }>('/api/app/tryIdentityToken', body, options),
  };
}
