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
  createdAt: number;
  updatedAt: number;
}

/** Whether more than one password was asked for. */
export function isContested(signup: Pick<Signup, 'requests'>): boolean {
  return signup.requests !== undefined;
}
