/** JSON of an app's own. */
export type Metadata = Record<string, unknown>;

/** The own account, as the host answers it; what is unset is absent. */
export interface User {
  handle: string;
  userName?: string | undefined;
  /** 32 hex digits. */
  uid: string;
  /** What the JWT says of the user in this app. */
  sub: string;
  status: 'active' | 'suspend' | 'pending';
  locale: string;
  appId: string;
  phone?: string | undefined;
  phoneVerified?: boolean | undefined;
  twoFactorPhoneVerification: boolean;
  twoFactorGoogleVerification: boolean;
  metaData?: Metadata | undefined;
  loginProvider: '' | 'apple' | 'google';
  hasPassword: boolean;
  /** When the session ends. */
  sessionEnds: string;
  lastLogin?: string | undefined;
  createdAt: string;
  updatedAt: string;
}

export interface MetadataField {
  id: string;
  path: string;
  fieldName: string;
  required: boolean;
  canEdit?: boolean | undefined;
}

/** What a client may know of its app. */
export interface Application {
  name: string;
  status: 'active' | 'inactive' | 'suspended' | 'blocked' | 'migrated';
  handle: 'email' | 'phone';
  jwtEnabled: boolean;
  signupEnabled: boolean;
  signupFlow: 'code' | 'link' | 'none';
  invitationEnabled: boolean;
  anonymousLoginEnabled: boolean;
  userNamesEnabled: boolean;
  appleLoginEnabled: boolean;
  appleBundleId?: string | undefined;
  googleLoginEnabled: boolean;
  googleClientId?: string | undefined;
  twoFactorVerification: 'none' | 'google' | 'phone';
  googleAppName?: string | undefined;
  maxUsers: number;
  maxLoginAttempts: number;
  passwordFilter: boolean;
  passwordMinLength: number;
  passwordMinUpper: number;
  passwordMinLower: number;
  passwordMinDigit: number;
  passwordMinSpecial: number;
  userJWTExpiration: number;
  realmAppId?: string | undefined;
  metaDataEmail: boolean;
  emailExtension: boolean;
  appData?: Record<string, unknown> | undefined;
  metaData: MetadataField[];
  metaDataInvite: MetadataField[];
  locales: string[];
  /** The host takes passwords as they were typed. */
  passwordText: true;
  /** Sessions can be renewed. */
  renew: true;
  hostVersion: string;
  createdAt: string;
  updatedAt: string;
}

/** Somebody who is logged in. A snapshot: it never changes, another one takes its place. */
export interface Session {
  readonly user: User;
  /** When the session itself ends; renewing moves it. */
  readonly expiresAt: Date;
  readonly jwtExpiresAt: Date;
}

/** Why the session is another one. */
export type Why = 'loggedIn' | 'renewed' | 'userChanged' | 'loggedOut' | 'expired';

/** What became of a signup. `setPassword`: the account has no password yet. */
export type SignupState = 'waiting' | 'verified' | 'setPassword';

export interface Tokens {
  jwt: string;
  'access-token': string;
}
