import type { LoginProvider, Metadata, StoredCode } from './user.ts';

export type SignupStatus = 'pending' | 'verified' | 'active';

/** A request to join an app: one row per (app, handle); a new request for a pending handle replaces the whole row. */
export interface Signup {
  id: string;
  appId: string;
  revision: number;
  handle: string;
  /** `active`: no verification was needed. The row stays after completion so that a link can be opened twice. */
  status: SignupStatus;
  /** Which of the two kinds of code completes it; imported rows take both. */
  kind: 'code' | 'link' | 'either' | 'none';
  code?: StoredCode;
  passwordHash?: string;
  /** The future user's ids: completing is idempotent on them. */
  userId: string;
  uid: string;
  metaData: Metadata;
  locale: string;
  signupProvider: LoginProvider;
  createdAt: number;
  updatedAt: number;
}
