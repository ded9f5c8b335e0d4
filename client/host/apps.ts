import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';

export type AppStatus = 'active' | 'inactive' | 'suspended' | 'blocked' | 'migrated';

/** A field that an app defines for its users or invites. */
export interface MetadataField {
  id: string;
  /** Where it stands in the metadata: names joined by dots. */
  path: string;
  fieldName: string;
  required: boolean;
  canEdit?: boolean | undefined;
}

/** The settings of an app by their published names; what is unset is absent. */
export interface AppSettings {
  name: string;
  type: 'development' | 'commercial';
  status: AppStatus;
  handle: 'email' | 'phone';
  jwtEnabled: boolean;
  signupEnabled: boolean;
  signupFlow: 'code' | 'link' | 'none';
  linkConfirmation: 'button' | 'immediate';
  invitationEnabled: boolean;
  anonymousLoginEnabled: boolean;
  userNamesEnabled: boolean;
  hideAccounts: boolean;
  appleLoginEnabled: boolean;
  appleBundleId?: string | undefined;
  googleLoginEnabled: boolean;
  googleClientId?: string | undefined;
  twoFactorVerification: 'none' | 'google' | 'phone';
  googleAppName?: string | undefined;
  TWILIOAccountSid?: string | undefined;
  /** Masked in answers. */
  TWILIOToken?: string | undefined;
  TWILIOPhoneNumber?: string | undefined;
  smsPerHour: number;
  smsCountries: string[];
  mailsPerHour: number;
  emailExtension: boolean;
  /** Masked in answers. */
  emailExtensionAPIKey?: string | undefined;
  emailExtensionSenderEmail?: string | undefined;
  maxUsers: number;
  /** A number as text. */
  maxLoginAttempts: string;
  passwordFilter: boolean;
  passwordMinLength: number;
  passwordMinUpper: number;
  passwordMinLower: number;
  passwordMinDigit: number;
  passwordMinSpecial: number;
  refuseCommonPasswords: boolean;
  /** Hours a user JWT lives. */
  userJWTExpiration: number;
  userJWTAudience: string[];
  userIdFormat: 'uid' | 'handle' | 'raw';
  realmAppId?: string | undefined;
  metaDataEmail: boolean;
  appUrl?: string | undefined;
  brandColor?: string | undefined;
  logoUrl?: string | undefined;
  /** Where files of the app's users go. */
  assetStorage: 'off' | 'local' | 's3';
  assetBucket?: string | undefined;
  assetRegion?: string | undefined;
  assetEndpoint?: string | undefined;
  assetKeyId?: string | undefined;
  /** Masked in answers. */
  assetSecret?: string | undefined;
  assetPublicBase?: string | undefined;
  assetMaxMb: number;
  /** Of one user; 0 = no limit. */
  assetQuotaMb: number;
  /** Comma-separated media types, with `*` for any. */
  assetTypes: string;
  metaData: MetadataField[];
  metaDataInvite: MetadataField[];
}

/** An app as the portal sees it: no private key, provider secrets masked. */
export interface App extends AppSettings {
  appId: string;
  appToken: string;
  /** Base64 of the PEM. */
  appPublicKey: string;
  appData?: Record<string, unknown> | undefined;
  locales: string[];
  /** Clients may send passwords as typed. */
  passwordText: true;
  /** Sessions can be renewed. */
  renew: true;
  hostVersion: string;
  createdAt: string;
  updatedAt: string;
  /** What a change of settings must name. */
  revision: string;
}

export type CreatedApp = Pick<
  App,
  | 'name'
  | 'appId'
  | 'appToken'
  | 'appPublicKey'
  | 'handle'
  | 'status'
  | 'locales'
  | 'invitationEnabled'
  | 'signupEnabled'
  | 'metaDataEmail'
  | 'jwtEnabled'
  | 'twoFactorVerification'
  | 'createdAt'
  | 'updatedAt'
>;

/** Settings as they are changed: numbers and lists in their own types, `null` or an empty text to unset. */
export type SettingsChange = {
  [K in keyof AppSettings]?: AppSettings[K] | number | null | undefined;
} & { locales?: string[] | undefined };

export interface AppOverview {
  appId: string;
  name: string;
  status: AppStatus;
  type: 'development' | 'commercial';
  users: number;
  /** Users made in the last seven days. */
  new7d: number;
  waitingSignups: number;
  lastLogin?: string | undefined;
  warnings: ('full' | 'messages_failed' | 'messages_limited')[];
  /** What happened at least once, as far as it is remembered. */
  steps: {
    created: true;
    messageSent: boolean;
    signup: boolean;
    login: boolean;
    tokenVerified: boolean;
  };
}

/** Old lists: `offset` counts pages of `limit` rows. */
export interface OffsetPaging {
  offset?: number | undefined;
  limit?: number | undefined;
}

/** Apps themselves and their settings. */
export function apps(call: Call) {
  return {
    create: (body: { name: string; jwtEnabled?: boolean }, options?: CallOptions) =>
      call.post<CreatedApp>('/api/app', body, options),
    get: ({ appId }: { appId: string }, options?: CallOptions) =>
      call.get<App>(`/api/app/appId/${encodeURIComponent(appId)}`, {}, options),
    all: (query: OffsetPaging = {}, options?: CallOptions) =>
      call.get<App[]>('/api/app/allApps', query, options),
    search: (query: { name?: string; case?: boolean } & OffsetPaging, options?: CallOptions) =>
      call.get<App[]>('/api/app/search', query, options),
    /** Every app, or the one of `appId` alone. */
    overview: (query: { appId?: string } & Paging = {}, options?: CallOptions) =>
      call.get<List<AppOverview>>('/api/app/overview', query, options),
    /** All or nothing; refused as `stale` when the app is another than `revision` says. */
    changeSettings: (
      body: { appId: string; revision: string; settings: SettingsChange },
      options?: CallOptions,
    ) => call.post<App>('/api/app/settings', body, options),
    /** Any of the settings without a revision, as portals of before do. */
    update: (body: { appId: string } & Record<string, unknown>, options?: CallOptions) =>
      call.post<App>('/api/app/update', body, options),
    updateSetting: (
      body: { appId: string; setting: string } & Record<string, unknown>,
      options?: CallOptions,
    ) => call.post<App>('/api/app/updateAppSetting', body, options),
    setUserFields: (body: { appId: string; metaData: MetadataField[] }, options?: CallOptions) =>
      call.post<App>('/api/app/updateAppMetaData', body, options),
    setInviteFields: (body: { appId: string; metaDataInvite: MetadataField[] }, options?: CallOptions) =>
      call.post<App>('/api/app/updateAppInviteMetaData', body, options),
    removeField: (
      body: { appId: string; type: 'metaData' | 'metaDataInvite'; index: number },
      options?: CallOptions,
    ) => call.post<App>('/api/app/deleteMetadata', body, options),
    /** Removes users, signups, invites and logs. */
    reset: (body: { appId: string; keepLogs?: boolean }, options?: CallOptions) =>
      call.post<true>('/api/app/reset', body, options),
    /** False when there is no such app. */
    delete: ({ appId }: { appId: string }, options?: CallOptions) =>
      call.delete<boolean>(`/api/app/${encodeURIComponent(appId)}`, {}, options),
  };
}
