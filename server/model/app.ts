export type AppStatus = 'active' | 'inactive' | 'suspended' | 'blocked' | 'migrated';
export type SignupFlow = 'none' | 'code' | 'link';
export type FactorMode = 'none' | 'google' | 'phone';
export type UserIdFormat = 'uid' | 'handle' | 'raw';

/** A field an app defines for its users; `path` has dots for nesting (contract §7). */
export interface MetadataField {
  id: string;
  path: string;
  fieldName: string;
  required: boolean;
  /** Whether the user may change it after signup. Absent on invite fields. */
  canEdit?: boolean;
}

/** One RSA key pair of an app. `current` signs; `next` and `previous` are only published (operator §7). */
export interface AppKey {
  kid: string;
  state: 'next' | 'current' | 'previous';
  /** PKCS#1 PEM; sealed at rest. */
  privateKey: string;
  /** SPKI PEM without trailing line feed. */
  publicKey: string;
  createdAt: number;
  /** When it stopped signing; only on `previous`. */
  replacedAt?: number;
  /**
   * When the last token this key signed under longer-lived settings expires; absent = the app's own
   * expiration says it.
   */
  tokensUntil?: number;
}

/** The key that signs; undefined only of an app without keys, which no host makes. */
export function currentKey({ keys }: Pick<App, 'keys'>): AppKey | undefined {
  return keys.find(({ state }) => state === 'current');
}

export interface PasswordRules {
  minLength: number;
  minUpper: number;
  minLower: number;
  minDigit: number;
  minSpecial: number;
}

/** An account that sends SMS: an app's own, or the host's. */
export interface TwilioAccount {
  accountSid: string;
  token: string;
  phoneNumber: string;
}

/** A client application registered on the host, owner of its users. */
export interface App {
  /** 32 lower-case hex digits. */
  id: string;
  revision: number;
  name: string;
  /** `importing` and `deleting` apps are invisible to everyone but the sweeper. */
  lifecycle: 'live' | 'importing' | 'deleting';
  status: AppStatus;
  type: 'development' | 'commercial';
  handleType: 'email' | 'phone';
  jwtEnabled: boolean;
  anonymousLoginEnabled: boolean;
  userNamesEnabled: boolean;
  appleLoginEnabled: boolean;
  /** Comma-separated audiences, as the portal typed them. */
  appleBundleId?: string;
  googleLoginEnabled: boolean;
  googleClientId?: string;
  /** Send with the app's own mail account. */
  emailExtension: boolean;
  /** Sealed at rest. */
  emailExtensionApiKey?: string;
  emailExtensionSenderEmail?: string;
  invitationEnabled: boolean;
  signupEnabled: boolean;
  signupFlow: SignupFlow;
  twoFactorVerification: FactorMode;
  /** The app's own SMS account: all three or none; sealed at rest. */
  twilio?: TwilioAccount;
  /** Issuer shown by authenticator apps. */
  googleAppName?: string;
  /** 0 = no limit. */
  maxUsers: number;
  /** 0 = off. */
  maxLoginAttempts: number;
  passwordFilter: boolean;
  passwordRules: PasswordRules;
  userJwtExpirationHours: number;
  realmAppId?: string;
  userJwtAudience: string[];
  appData?: Record<string, unknown>;
  metaData: MetadataField[];
  metaDataInvite: MetadataField[];
  metaDataEmail: boolean;
  /** Upper case; always holds EN. */
  locales: string[];
  userIdFormat: UserIdFormat;
  linkConfirmation: 'button' | 'immediate';
  hideAccounts: boolean;
  refuseCommonPasswords: boolean;
  /**
   * SMS and mails an hour to who has proven nothing yet, where the app wants fewer than the host allows it.
   */
  smsPerHour?: number;
  mailsPerHour?: number;
  /** ISO 3166 codes of the countries that SMS go to, upper case; absent or empty = all. */
  smsCountries?: string[];
  /** Where its pages and mails lead to: an https address, or one of the app's own scheme. */
  appUrl?: string;
  /** `#rrggbb` in lower case. */
  brandColor?: string;
  /** An https address. */
  logoUrl?: string;
  /** Where files of its users go (additions §9). */
  assetStorage: 'off' | 'local' | 's3';
  assetBucket?: string;
  assetRegion?: string;
  /** See `isStorageEndpoint`; absent: AWS. */
  assetEndpoint?: string;
  assetKeyId?: string;
  /** Sealed at rest. */
  assetSecret?: string;
  /** What public files are read below, with `s3`. */
  assetPublicBase?: string;
  assetMaxMb: number;
  /** Of one user; 0 = no limit. */
  assetQuotaMb: number;
  /** Comma-separated media types, with `*` for any. */
  assetTypes: string;
  keys: AppKey[];
  /** Host-signed JWT that clients identify themselves with. */
  appToken: string;
  /** Generation of the current app token (claim `gen`). */
  tokenGeneration: number;
  /**
   * Counts what ended the app's super-user tokens: its token or key was replaced. Absent = 0. See
   * `superUserGeneration`.
   */
  superUserMoves?: number;
  /** Older generations that still work, until a time. */
  graceGenerations: { generation: number; until: number }[];
  /** Sealed at rest; only ever exported. */
  appSecret: string;
  createdAt: number;
  updatedAt: number;
}

/**
 * What a super-user token must carry to count: moves with the app's token, its key and the server secret,
 * whose generation is given.
 */
export function superUserGeneration(
  app: Pick<App, 'superUserMoves'>,
  serverSecretGeneration: number,
): number {
  return (app.superUserMoves ?? 0) + serverSecretGeneration;
}

/** With the key or the token they came with, super-user tokens end. */
export function withoutSuperUsers(app: App): App {
  return { ...app, superUserMoves: (app.superUserMoves ?? 0) + 1 };
}

/** Users a development app may have (contract §9). */
export const DEVELOPMENT_APP_USERS = 50;

/** Life of a user JWT of the app, in hours; an imported app that says 0 means one (contract §7). */
export function userJwtHours(app: Pick<App, 'userJwtExpirationHours'>): number {
  return app.userJwtExpirationHours || 1;
}

/** The `aud` of the app's user JWTs (contract §7, operator §7). */
export function audienceOf(app: Pick<App, 'userJwtAudience' | 'realmAppId'>): string | string[] {
  return app.userJwtAudience.length > 0 ? app.userJwtAudience : app.realmAppId || 'none';
}
