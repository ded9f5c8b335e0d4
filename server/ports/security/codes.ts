import type { StoredCode } from '../../model/user.ts';

/** Random ids and short codes, and their keyed digests. All randomness from `node:crypto`. */
export interface Codes {
  /**
   * 24 hex digits for rows, as a MongoDB ObjectId: 8 of seconds, 10 random ones of the process, 6 that count
   * up. What is made later sorts later, so that an index grows at its end. Names a row and is no secret.
   */
  newRowId(now: number): string;
  /** 32 random hex digits: app ids, uids, `jti`. */
  newId(): string;
  /** 256 random bits as base64url: what opens something by itself, a session or a link. */
  newSecret(): string;
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

/**
 * `subject`: the row's id (signup, invite) or the user's id (the rest). `revision`: not a code but what a row
 * holds, of which nobody can say what it is without the key.
 */
export type CodePurpose =
  | 'signup'
  | 'invite'
  | 'reset'
  | 'phone'
  | 'handle'
  | 'sms'
  | 'recovery'
  | 'revision'
  | 'test';
