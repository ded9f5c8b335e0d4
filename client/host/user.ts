export type UserStatus = 'active' | 'suspend' | 'pending';
export type Metadata = Record<string, unknown>;

/** A user row: never a hash, seed, code or token. */
export interface User {
  _id: string;
  /** The `sub` of apps whose `userIdFormat` is `uid`. */
  uid: string;
  appId: string;
  handle: string;
  userName?: string | undefined;
  status: UserStatus;
  locale: string;
  phone?: string | undefined;
  phoneVerified?: boolean | undefined;
  twoFactorPhoneVerification: boolean;
  twoFactorGoogleVerification: boolean;
  metaData?: Metadata | undefined;
  loginProvider: '' | 'apple' | 'google';
  socialUserId?: string | undefined;
  lockedAt?: string | undefined;
  lastLogin?: string | undefined;
  createdAt: string;
  updatedAt: string;
  /** What a change must name. */
  revision: string;
}

/** A row of the list by key. */
export type ListedUser = User;
