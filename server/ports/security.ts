import type { App, AppKey } from '../model/app.ts';
import type { StoredCode } from '../model/user.ts';

export interface PasswordHasher {
  /**
   * Argon2id as a PHC string, with salt and parameters of the first Argon2id hash among `alongside`, else with new ones. Runs behind the
   * bounded queue. Throws `service_unavailable` when the queue is full, or the client has hung up before it was its turn.
   */
  hash(password: string, alongside?: readonly string[]): Promise<string>;
  /** Whether two hashes have salt and parameters in common: then they are equal exactly when the passwords are. */
  areComparable(one: string, other: string): boolean;
  /**
   * Compares with an Argon2id PHC string or an imported bcrypt hash; costs one hash whatever `stored` is. Pass `decoyHash` for an
   * unknown account, so that both answers take the same time. Throws as `hash` does.
   */
  matches(password: string, stored: string): Promise<boolean>;
  /** Whether an imported hash can ever be verified here: Argon2id or bcrypt of a bearable cost. */
  isUsable(stored: string): boolean;
  /** True for bcrypt and for weaker Argon2id parameters: hash anew after the next right password. */
  needsRehash(stored: string): boolean;
  /** Names what verifying a hash costs: those of one kind cost the same. Undefined for what cannot be verified. */
  kindOf(stored: string): string | undefined;
  /** A hash of that kind no password matches, at its full cost; one of today's for a kind that is none. */
  decoyOf(kind: string): string;
  /** A hash no password matches, at full cost. */
  readonly decoyHash: string;
  /** Hashes waiting for a core. */
  readonly waiting: number;
}

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
      factor: 'totp' | 'phone';
      /** `loginEpoch` of the user when it was issued: a password or factor change since then voids the token. */
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

/** Generation of the first server secret, of each app's first app token and of its super-user tokens until something is rotated. */
export const FIRST_GENERATION = 1;

/**
 * Tokens signed with the host key (contract §1.1, design §7). Each `verify` checks signature (RS256 only), size, kind by the token's own
 * claims, required claims and expiry; it answers `undefined` for anything wrong. Generations and epochs are the caller's business.
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
  issueAccessToken(input: { appId: string; handle: string; userId: string; epoch: number }): Promise<string>;
  issueLoginToken(input: {
    appId: string;
    userId: string;
    factor: 'totp' | 'phone';
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

/** User JWTs, signed with an app's own key (contract §7). */
export interface AppTokens {
  /** Signs with the app's current key; sets `kid`. `claims` must be complete, times in JWT seconds. */
  sign(app: App, claims: Record<string, unknown>): Promise<string>;
  /** Public halves of all the app's keys as a JWKS (RFC 7517). */
  jwks(app: App): { keys: Record<string, unknown>[] };
}

export interface KeyPairs {
  /** A new RSA 2048 pair for an app, made off the event loop; one spare is kept ready. `state` is `current`. */
  newAppKey(now: number): Promise<AppKey>;
  /** Makes the app key of an imported pair of PEM texts; throws `refused` when they are no RSA pair of at least 2048 bits. */
  importAppKey(privateKeyPem: string, publicKeyPem: string, now: number): AppKey;
}

/** Random ids and short codes, and their keyed digests. All randomness from `node:crypto`. */
export interface Codes {
  /**
   * 24 hex digits for rows, as a MongoDB ObjectId: 8 of seconds, 10 random ones of the process, 6 that count up. What is made later sorts
   * later, so that an index grows at its end. Names a row and is no secret.
   */
  newRowId(now: number): string;
  /** 32 random hex digits: app ids, uids, `jti`. */
  newId(): string;
  /** Six digits, uniform over 100000–999999. */
  newCode(): string;
  /** 39 random digits (128 bits) for links. */
  newLinkCode(): string;
  /** Ten digits for a recovery code. */
  newRecoveryCode(): string;
  /** Keyed digest of a code for one purpose and subject: a code valid elsewhere never matches here. */
  digest(purpose: CodePurpose, appId: string, subject: string, code: string): string;
  /** Constant-time comparison of `code` with a stored digest. Neither tries nor expiry are looked at. */
  matches(purpose: CodePurpose, appId: string, subject: string, code: string, digest: string): boolean;
  /** A code ready to be stored; remembers the place of the request that asks for it. */
  stored(input: {
    purpose: CodePurpose;
    appId: string;
    subject: string;
    code: string;
    expiresAt: number;
    boundTo?: string;
  }): StoredCode;
}
/** `subject`: the row's id (signup, invite) or the user's id (the rest). */
export type CodePurpose = 'signup' | 'invite' | 'reset' | 'phone' | 'sms' | 'recovery';

/** RFC 6238: SHA-1, 6 digits, 30 s. */
export interface Totp {
  /** 160 bits, base32, upper case. */
  newSecret(): string;
  /** Whether an imported secret can be used at all. */
  isUsable(secret: string): boolean;
  /** The provisioning URI of contract §3.3. */
  uri(input: { issuer: string; handle: string; secret: string }): string;
  /** The matching time step within ±1 of `now` that is greater than `afterStep`; `replayed` when only used steps match; else undefined. */
  verify(input: {
    secret: string;
    code: string;
    now: number;
    afterStep: number | undefined;
  }): Promise<number | 'replayed' | undefined>;
}

/** A provider's identity token after verification. */
export interface Identity {
  subject: string;
  /** Only when the provider says it is verified; lower case. */
  email: string | undefined;
}
export interface IdentityTokens {
  /**
   * Verifies an Apple or Google identity token: RS256, key by `kid` from the provider's JWKS (cached, refetched at most every 30 s, 5 s
   * time-out), `iss`, `aud` one of `audiences` (of several `aud`, `azp` too), `exp`, `nonce` when given. Throws `invalid_identity_token`; a provider that cannot be
   * reached is `internal`.
   */
  verify(input: {
    provider: 'apple' | 'google';
    token: string;
    audiences: readonly string[];
    nonce?: string;
  }): Promise<Identity>;
}

export interface QrCodes {
  /** A PNG picture of `text` in base64. */
  png(text: string): Promise<string>;
}
