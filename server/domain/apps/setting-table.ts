import { INITIAL_ASSET_SETTINGS } from '../../model/asset.ts';
import type { Entry, Kept } from './setting-entry.ts';

const FLAG = { kind: 'flag' } as const;
const COUNT = { kind: 'count' } as const;
/** Comma-separated ids that a provider gave the app. */
const PROVIDER_IDS = { kind: 'line', length: 2048 } as const;
const OFF = { kind: FLAG, initial: false, oldExport: false } as const;
const ON = { kind: FLAG, initial: true, oldExport: true } as const;
const NONE = { kind: COUNT, initial: 0, oldExport: 0 } as const;
/** Clients enforce the rules: the host only sees MD5 text (contract C12). */
const RULE = { setting: 'passwordSetting', leftOut: 'reset', shownTo: 'clients' } as const;
const TWO_FACTOR = { setting: 'twoFactorVerification', leftOut: 'kept' } as const;
const MAIL_ACCOUNT = { setting: 'emailExtensionAPIKey', clearedBy: 'emptyText', shownTo: 'portal' } as const;
const ASSETS = { setting: 'assetStorage', leftOut: 'kept', shownTo: 'portal' } as const;
const BRAND = { clearedBy: 'emptyText', shownTo: 'portal' } as const;

/**
 * The settings of an app by their published names (contract §4.3, operator §7), in the order in which they
 * are answered.
 */
export const SETTING_TABLE = {
  type: {
    field: 'type',
    kind: { kind: 'choice', of: ['development', 'commercial'] },
    initial: 'development',
    oldExport: 'commercial',
    setting: 'appType',
    shownTo: 'portal',
  },
  status: {
    field: 'status',
    kind: { kind: 'choice', of: ['active', 'inactive', 'suspended', 'blocked', 'migrated'] },
    initial: 'active',
    oldExport: 'active',
    setting: 'status',
    shownTo: 'clients',
  },
  handle: {
    field: 'handleType',
    kind: { kind: 'choice', of: ['email', 'phone'] },
    initial: 'email',
    oldExport: 'email',
    setting: 'handleType',
    shownTo: 'clients',
  },
  jwtEnabled: { field: 'jwtEnabled', ...OFF, setting: 'jwtEnabled', shownTo: 'clients' },
  anonymousLoginEnabled: { field: 'anonymousLoginEnabled', ...OFF, setting: 'anonLogin', shownTo: 'clients' },
  userNamesEnabled: { field: 'userNamesEnabled', ...OFF, setting: 'userNamesEnabled', shownTo: 'clients' },
  appleLoginEnabled: { field: 'appleLoginEnabled', ...OFF, setting: 'appleLogin', shownTo: 'clients' },
  appleBundleId: {
    field: 'appleBundleId',
    kind: PROVIDER_IDS,
    setting: 'appleBundleId',
    leftOut: 'cleared',
    shownTo: 'clients',
  },
  googleLoginEnabled: { field: 'googleLoginEnabled', ...OFF, setting: 'googleLogin', shownTo: 'clients' },
  googleClientId: {
    field: 'googleClientId',
    kind: PROVIDER_IDS,
    setting: 'googleClientId',
    leftOut: 'cleared',
    shownTo: 'clients',
  },
  invitationEnabled: { field: 'invitationEnabled', ...ON, setting: 'invite', shownTo: 'clients' },
  signupEnabled: { field: 'signupEnabled', ...ON, setting: 'signup', shownTo: 'clients' },
  signupFlow: {
    field: 'signupFlow',
    kind: { kind: 'choice', of: ['code', 'link', 'none'] },
    initial: 'code',
    oldExport: 'code',
    setting: 'signupFlow',
    shownTo: 'clients',
  },
  twoFactorVerification: {
    field: 'twoFactorVerification',
    kind: { kind: 'choice', of: ['none', 'google', 'phone'] },
    initial: 'none',
    oldExport: 'none',
    setting: 'twoFactorVerification',
    shownTo: 'clients',
  },
  googleAppName: {
    field: 'googleAppName',
    kind: { kind: 'line', length: 128 },
    ...TWO_FACTOR,
    alias: 'googleAPP_NAME',
    clearedBy: 'emptyText',
    shownTo: 'clients',
  },
  maxUsers: { field: 'maxUsers', ...NONE, setting: 'maxUsers', shownTo: 'clients' },
  maxLoginAttempts: { field: 'maxLoginAttempts', ...NONE, setting: 'maxLoginAttempts', shownTo: 'clients' },
  passwordFilter: { field: 'passwordFilter', ...OFF, setting: 'passwordFilter', shownTo: 'clients' },
  passwordMinLength: { field: 'passwordRules.minLength', kind: COUNT, initial: 5, oldExport: 5, ...RULE },
  passwordMinUpper: { field: 'passwordRules.minUpper', ...NONE, ...RULE },
  passwordMinLower: { field: 'passwordRules.minLower', ...NONE, ...RULE },
  passwordMinDigit: { field: 'passwordRules.minDigit', ...NONE, ...RULE },
  passwordMinSpecial: { field: 'passwordRules.minSpecial', ...NONE, ...RULE },
  userJWTExpiration: {
    field: 'userJwtExpirationHours',
    // A hundred years.
    kind: { kind: 'hours', max: 876_000 },
    initial: 24,
    oldExport: 24,
    setting: 'userJWTExpiration',
    shownTo: 'clients',
  },
  realmAppId: {
    field: 'realmAppId',
    kind: { kind: 'line', length: 256 },
    setting: 'realmAppId',
    clearedBy: 'emptyText',
    shownTo: 'clients',
  },
  metaDataEmail: { field: 'metaDataEmail', ...ON, setting: 'metaDataEmail', shownTo: 'clients' },
  emailExtension: { field: 'emailExtension', ...OFF, setting: 'emailExtension', shownTo: 'clients' },
  emailExtensionAPIKey: {
    field: 'emailExtensionApiKey',
    kind: { kind: 'line', length: 512 },
    ...MAIL_ACCOUNT,
    masked: true,
    secret: true,
  },
  emailExtensionSenderEmail: {
    field: 'emailExtensionSenderEmail',
    kind: { kind: 'mailAddress' },
    ...MAIL_ACCOUNT,
  },
  TWILIOAccountSid: {
    field: 'twilio.accountSid',
    kind: { kind: 'line', length: 256 },
    ...TWO_FACTOR,
    shownTo: 'portal',
    masked: true,
    secret: true,
  },
  TWILIOToken: {
    field: 'twilio.token',
    kind: { kind: 'line', length: 256 },
    ...TWO_FACTOR,
    shownTo: 'portal',
    masked: true,
    secret: true,
  },
  TWILIOPhoneNumber: {
    field: 'twilio.phoneNumber',
    kind: { kind: 'line', length: 64 },
    ...TWO_FACTOR,
    shownTo: 'portal',
    masked: true,
  },
  userJWTAudience: {
    field: 'userJwtAudience',
    kind: { kind: 'audiences', max: 32, length: 256 },
    initial: [],
    oldExport: [],
    setting: 'userJWTAudience',
    shownTo: 'portal',
  },
  userIdFormat: {
    field: 'userIdFormat',
    kind: { kind: 'choice', of: ['uid', 'handle', 'raw'] },
    initial: 'uid',
    oldExport: 'raw',
    setting: 'userIdFormat',
    shownTo: 'portal',
  },
  linkConfirmation: {
    field: 'linkConfirmation',
    kind: { kind: 'choice', of: ['button', 'immediate'] },
    initial: 'button',
    oldExport: 'immediate',
    setting: 'linkConfirmation',
    shownTo: 'portal',
  },
  hideAccounts: { field: 'hideAccounts', ...OFF, setting: 'hideAccounts', shownTo: 'portal' },
  refuseCommonPasswords: {
    field: 'refuseCommonPasswords',
    kind: FLAG,
    initial: true,
    oldExport: false,
    setting: 'refuseCommonPasswords',
    shownTo: 'portal',
  },
  smsPerHour: {
    field: 'smsPerHour',
    kind: COUNT,
    setting: 'smsPerHour',
    clearedBy: 'zero',
    shownTo: 'portal',
  },
  mailsPerHour: {
    field: 'mailsPerHour',
    kind: COUNT,
    setting: 'mailsPerHour',
    clearedBy: 'zero',
    shownTo: 'portal',
  },
  smsCountries: {
    field: 'smsCountries',
    kind: { kind: 'countries' },
    setting: 'smsCountries',
    clearedBy: 'emptyList',
    shownTo: 'portal',
  },
  appUrl: { field: 'appUrl', kind: { kind: 'appAddress' }, setting: 'appUrl', ...BRAND },
  brandColor: { field: 'brandColor', kind: { kind: 'colour' }, setting: 'brandColor', ...BRAND },
  logoUrl: { field: 'logoUrl', kind: { kind: 'webAddress' }, setting: 'logoUrl', ...BRAND },
  assetStorage: {
    field: 'assetStorage',
    kind: { kind: 'choice', of: ['off', 'local', 's3'] },
    initial: INITIAL_ASSET_SETTINGS.assetStorage,
    oldExport: INITIAL_ASSET_SETTINGS.assetStorage,
    ...ASSETS,
  },
  assetBucket: {
    field: 'assetBucket',
    kind: { kind: 'line', length: 255 },
    clearedBy: 'emptyText',
    ...ASSETS,
  },
  assetRegion: {
    field: 'assetRegion',
    kind: { kind: 'line', length: 64 },
    clearedBy: 'emptyText',
    ...ASSETS,
  },
  assetEndpoint: { field: 'assetEndpoint', kind: { kind: 'endpoint' }, clearedBy: 'emptyText', ...ASSETS },
  assetKeyId: { field: 'assetKeyId', kind: { kind: 'line', length: 256 }, clearedBy: 'emptyText', ...ASSETS },
  assetSecret: {
    field: 'assetSecret',
    kind: { kind: 'line', length: 512 },
    clearedBy: 'emptyText',
    ...ASSETS,
    masked: true,
    secret: true,
  },
  assetPublicBase: {
    field: 'assetPublicBase',
    kind: { kind: 'webAddress' },
    clearedBy: 'emptyText',
    ...ASSETS,
  },
  assetMaxMb: {
    field: 'assetMaxMb',
    kind: { kind: 'count', min: 1 },
    initial: INITIAL_ASSET_SETTINGS.assetMaxMb,
    oldExport: INITIAL_ASSET_SETTINGS.assetMaxMb,
    ...ASSETS,
  },
  assetQuotaMb: { field: 'assetQuotaMb', ...NONE, ...ASSETS },
  assetTypes: {
    field: 'assetTypes',
    kind: { kind: 'mediaTypes', length: 1024 },
    initial: INITIAL_ASSET_SETTINGS.assetTypes,
    oldExport: INITIAL_ASSET_SETTINGS.assetTypes,
    ...ASSETS,
  },
} as const satisfies Record<string, Entry>;

type Table = typeof SETTING_TABLE;
/** Published name of a setting. */
export type SettingName = keyof Table;
export type SettingField = Table[SettingName]['field'];
export type SettingEntry<N extends SettingName> = Table[N];
/** What a setting takes, by its published name. */
export type SettingValues = { [N in SettingName]?: NonNullable<Kept<Table[N]['field']>> | undefined };
export type SettingAlias = Extract<Table[SettingName], { alias: string }>['alias'];
/** The names that `updateAppSetting` takes for `setting`. */
export type SettingCall = Table[SettingName]['setting'];

/** The table row by row. */
export const SETTINGS = Object.entries(SETTING_TABLE) as [SettingName, Entry][];

const SHOWN_TO = {
  clients: SETTINGS.filter(([, { shownTo }]) => shownTo === 'clients'),
  portal: SETTINGS.filter(([, { shownTo }]) => shownTo === 'portal'),
};
/** The rows that this audience alone is told. */
export function settingsShownTo(audience: Entry['shownTo']): readonly [SettingName, Entry][] {
  return SHOWN_TO[audience];
}
