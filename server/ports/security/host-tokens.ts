import type { Factor } from '../../model/factor.ts';
/** What a verified token says. Times are epoch milliseconds. */
export type HostToken =
  | { kind: 'server'; name: string; generation: number | undefined }
  | { kind: 'app'; appId: string; generation: number | undefined }
  | {
      kind: 'user';
      appId: string;
      handle: string;
      /** Absent only in tokens of an old installation. */
      userId: string | undefined;
      epoch: number | undefined;
      jti: string | undefined;
      /** The `jti` of the log-in's own token, which names the session. */
      sid: string | undefined;
      /** Of the tokens of the session; the log-in's own is number 0. */
      number: number;
      authTime: number | undefined;
      issuedAt: number;
      expiresAt: number | undefined;
      /** Past its `exp`: good for nothing but its app id (contract C9). */
      expired: boolean;
    }
  | {
      kind: 'login';
      appId: string;
      userId: string;
      factor: Factor;
      /**
       * `loginEpoch` of the user when it was issued: a password or factor change since then voids the token.
       */
      epoch?: number;
      jti: string;
      expiresAt: number;
    }
  | {
      kind: 'superuser';
      appId: string;
      name: string;
      /** `superUserGeneration` when it was issued; absent only in tokens of an old installation. */
      generation: number | undefined;
      jti: string;
      expiresAt: number;
    };

export type HostTokenKind = HostToken['kind'];

/**
 * Generation of the first server secret, of each app's first app token and of its super-user tokens until
 * something is rotated.
 */
export const FIRST_GENERATION = 1;

/** The place of an access token in a session that goes on. Times are epoch milliseconds. */
export interface TokenSession {
  /** Absent: it begins a session of its own, in which nothing is proven anew. */
  sid?: string;
  number: number;
  authTime: number;
  expiresAt: number;
}

/**
 * Tokens signed with the host key (contract §1.1, design §7). Each `verify` checks signature (RS256 only),
 * size, kind by the token's own claims, required claims and expiry; it answers `undefined` for anything
 * wrong. Generations and epochs are the caller's business.
 */
export interface HostTokens {
  /** The same text again for the same `made`; without it a token of its own. */
  issueServerSecret(input: {
    name: string;
    generation: number;
    made?: { at: number; jti: string };
  }): Promise<string>;
  issueAppToken(input: { appId: string; generation: number }): Promise<string>;
  /** Never accepted anywhere; kept because exports carry it. */
  issueAppSecret(input: { appId: string }): Promise<string>;
  /** The token of a log-in, or with `session` one more of a session that goes on. */
  issueAccessToken(input: {
    appId: string;
    handle: string;
    userId: string;
    epoch: number;
    session?: TokenSession;
  }): Promise<string>;
  /** When an access token ends that is issued now in a session that began then. */
  accessTokenEnd(authTime: number): number;
  issueLoginToken(input: {
    appId: string;
    userId: string;
    factor: Factor;
    /** `loginEpoch(user)`, written as claim `epoch`. */
    epoch?: number;
  }): Promise<{ token: string; jti: string; expiresAt: number }>;
  issueSuperUserToken(input: {
    appId: string;
    name: string;
    expiresInMinutes: number;
    /** `FIRST_GENERATION` unless given. */
    generation?: number;
  }): Promise<{ token: string; jti: string }>;
  verify<K extends HostTokenKind>(
    token: string,
    kind: K,
  ): Promise<Extract<HostToken, { kind: K }> | undefined>;
  /** Whether a token of any kind counts now by its signature, its claims and its end. */
  isInForce(token: string): Promise<boolean>;
  /** Names the host key in `kid` (RFC 7638 thumbprint). */
  readonly kid: string;
}
