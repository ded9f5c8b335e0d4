import type { LoginProvider, Metadata, StoredCode } from './user.ts';

export type SignupStatus = 'pending' | 'verified' | 'active';

/** What figures tell of a signup once: its first message went out, its link was opened, a code was tried. */
export type SignupStep = 'sent' | 'opened' | 'tried';

/** What somebody who wants to join asked for. Who asks with another password may be somebody else. */
export interface SignupRequest {
  /** Absent only in what was imported. */
  passwordHash?: string;
  metaData: Metadata;
  locale: string;
  /** Asking again with the same password renews it. */
  askedAt: number;
}

/** A wish to join an app: one row per (app, handle). */
export interface Signup {
  id: string;
  appId: string;
  revision: number;
  handle: string;
  /**
   * `active`: no verification was needed. The row stays after completion so that a link can be opened twice.
   */
  status: SignupStatus;
  /** Which of the two kinds of code completes it; imported rows take both. */
  kind: 'code' | 'link' | 'either' | 'none';
  /** The newest one; absent while none could be sent. */
  code?: StoredCode;
  /** Of the only request, asked for at `updatedAt`; a contested signup has none. */
  passwordHash?: string;
  /**
   * Of a contested signup, the oldest first: more than one password was asked for, and the mailbox tells
   * whose it is, but not which password its owner chose.
   */
  requests?: SignupRequest[];
  /** The future user's ids: completing is idempotent on them. Each request brings new ones. */
  userId: string;
  uid: string;
  /** Of the only request; empty in a contested signup. */
  metaData: Metadata;
  /** Of the newest request. */
  locale: string;
  signupProvider: LoginProvider;
  /** Steps taken since it began. */
  steps?: readonly SignupStep[];
  /** When it began anew after an earlier one of the handle had ended; absent = `createdAt`. */
  beganAt?: number;
  /** How often it was asked for, by the portal too; absent in rows of before. */
  calls?: number;
  /** When it ends unless it is completed; absent in rows of before, where the code says it. */
  expiresAt?: number;
  /** When its link was first looked at. */
  openedAt?: number;
  createdAt: number;
  updatedAt: number;
}

/** When a signup that waits ends. */
export function signupEnd({
  expiresAt,
  code,
  updatedAt,
}: Pick<Signup, 'expiresAt' | 'code' | 'updatedAt'>): number {
  return expiresAt ?? code?.expiresAt ?? updatedAt;
}

export type SignupState = 'waiting' | 'verified' | 'expired';
/** What became of a signup so far. */
export function signupStateAt(signup: Signup, now: number): SignupState {
  if (signup.status !== 'pending') return 'verified';
  return signupEnd(signup) > now ? 'waiting' : 'expired';
}

/** Whether more than one password was asked for. */
export function isContested(signup: Pick<Signup, 'requests'>): boolean {
  return signup.requests !== undefined;
}
