import { z } from 'zod';
import type { SettingsChange } from '../../domain/apps/app-settings.ts';
import { isCountry } from '../../domain/users/phone-number.ts';
import { DEFAULT_PASSWORD_RULES } from '../../model/app.ts';
import { HostError, refused } from '../../model/errors.ts';
import { AUDIENCES_MAX, HOURS_MAX, SETTING_LENGTHS } from '../../model/portal-limits.ts';
import {
  appName,
  mailAddress,
  metadataFields,
  numberOrDigits,
  plainText,
  wholeNumber,
} from './portal-parameter.ts';

const hours = numberOrDigits(z.number().positive().max(HOURS_MAX));
/** ISO 3166 codes of two letters. */
const countryList = z
  .array(
    z
      .string()
      .max(2)
      .transform((code) => code.toUpperCase())
      .refine(isCountry),
  )
  .max(300)
  .transform((codes) => [...new Set(codes)]);
/** Comma-separated audiences. */
const idList = plainText(SETTING_LENGTHS.providerIds);

/** The value fields of contract §4.3 and operator §7, by their published names. */
const VALUES = {
  status: z.enum(['active', 'inactive', 'suspended', 'blocked', 'migrated']),
  invitationEnabled: z.boolean(),
  jwtEnabled: z.boolean(),
  userNamesEnabled: z.boolean(),
  anonymousLoginEnabled: z.boolean(),
  signupEnabled: z.boolean(),
  signupFlow: z.enum(['code', 'link', 'none']),
  twoFactorVerification: z.enum(['none', 'google', 'phone']),
  TWILIOAccountSid: plainText(SETTING_LENGTHS.TWILIOAccountSid),
  TWILIOToken: plainText(SETTING_LENGTHS.TWILIOToken),
  TWILIOPhoneNumber: plainText(SETTING_LENGTHS.TWILIOPhoneNumber),
  googleAPP_NAME: plainText(SETTING_LENGTHS.googleAppName),
  googleAppName: plainText(SETTING_LENGTHS.googleAppName),
  maxUsers: wholeNumber,
  maxLoginAttempts: wholeNumber,
  realmAppId: plainText(SETTING_LENGTHS.realmAppId),
  userJWTExpiration: hours,
  passwordFilter: z.boolean(),
  passwordMinLength: wholeNumber,
  passwordMinUpper: wholeNumber,
  passwordMinLower: wholeNumber,
  passwordMinDigit: wholeNumber,
  passwordMinSpecial: wholeNumber,
  metaDataEmail: z.boolean(),
  emailExtension: z.boolean(),
  emailExtensionAPIKey: plainText(SETTING_LENGTHS.emailExtensionAPIKey),
  emailExtensionSenderEmail: mailAddress,
  appleLoginEnabled: z.boolean(),
  appleBundleId: idList,
  googleLoginEnabled: z.boolean(),
  googleClientId: idList,
  userIdFormat: z.enum(['uid', 'handle', 'raw']),
  linkConfirmation: z.enum(['button', 'immediate']),
  type: z.enum(['development', 'commercial']),
  handle: z.enum(['email', 'phone']),
  userJWTAudience: z.array(plainText(SETTING_LENGTHS.audience).min(1)).max(AUDIENCES_MAX),
  hideAccounts: z.boolean(),
  refuseCommonPasswords: z.boolean(),
  smsPerHour: wholeNumber,
  mailsPerHour: wholeNumber,
  smsCountries: countryList,
};
type ValueName = keyof typeof VALUES;
type Values = { [K in ValueName]?: z.infer<(typeof VALUES)[K]> | undefined };

/** Which value fields a `setting` takes; those that `MAY_BE_ABSENT` names may be left out. */
const SETTINGS = {
  status: ['status'],
  invite: ['invitationEnabled'],
  jwtEnabled: ['jwtEnabled'],
  userNamesEnabled: ['userNamesEnabled'],
  anonLogin: ['anonymousLoginEnabled'],
  signup: ['signupEnabled'],
  signupFlow: ['signupFlow'],
  twoFactorVerification: [
    'twoFactorVerification',
    'TWILIOAccountSid',
    'TWILIOToken',
    'TWILIOPhoneNumber',
    'googleAPP_NAME',
    'googleAppName',
  ],
  maxUsers: ['maxUsers'],
  maxLoginAttempts: ['maxLoginAttempts'],
  realmAppId: ['realmAppId'],
  userJWTExpiration: ['userJWTExpiration'],
  passwordFilter: ['passwordFilter'],
  passwordSetting: [
    'passwordMinLength',
    'passwordMinUpper',
    'passwordMinLower',
    'passwordMinDigit',
    'passwordMinSpecial',
  ],
  metaDataEmail: ['metaDataEmail'],
  emailExtension: ['emailExtension'],
  emailExtensionAPIKey: ['emailExtensionAPIKey', 'emailExtensionSenderEmail'],
  appleLogin: ['appleLoginEnabled'],
  appleBundleId: ['appleBundleId'],
  googleLogin: ['googleLoginEnabled'],
  googleClientId: ['googleClientId'],
  userIdFormat: ['userIdFormat'],
  linkConfirmation: ['linkConfirmation'],
  appType: ['type'],
  handleType: ['handle'],
  userJWTAudience: ['userJWTAudience'],
  hideAccounts: ['hideAccounts'],
  refuseCommonPasswords: ['refuseCommonPasswords'],
  smsPerHour: ['smsPerHour'],
  mailsPerHour: ['mailsPerHour'],
  smsCountries: ['smsCountries'],
} as const satisfies Record<string, readonly ValueName[]>;
type SettingName = keyof typeof SETTINGS;
const MAY_BE_ABSENT: ReadonlySet<ValueName> = new Set([
  ...SETTINGS.twoFactorVerification.slice(1),
  ...SETTINGS.passwordSetting,
  ...SETTINGS.appleBundleId,
  ...SETTINGS.googleClientId,
]);

type ValueSchemas = { [K in ValueName]: z.ZodType<Values[K]> };
function eachValue(schemaOf: (schema: z.ZodType) => z.ZodType): ValueSchemas {
  const entries = Object.entries(VALUES).map(([name, schema]) => [name, schemaOf(schema)]);
  return Object.fromEntries(entries) as ValueSchemas;
}

/** Input of `updateAppSetting`: one setting and its values, in their JSON types. */
export const settingInput = {
  setting: z.enum(Object.keys(SETTINGS) as [SettingName, ...SettingName[]]),
  ...eachValue((schema) => schema.optional()),
};

/** Input of `update`: any of the values, `"true"` and `"false"` for booleans too, empty texts for nothing (contract P8, S25). */
export const updateInput = {
  name: z.union([z.literal(''), appName]).optional(),
  ...eachValue((schema) => z.preprocess((value) => fromText(schema, value), schema.optional())),
  metaData: z.union([z.literal(''), metadataFields]).optional(),
  metaDataInvite: z.union([z.literal(''), metadataFields]).optional(),
};

function fromText(schema: z.ZodType, value: unknown): unknown {
  if (value === '') return undefined;
  if (!(schema instanceof z.ZodBoolean)) return value;
  return value === 'true' ? true : value === 'false' ? false : value;
}

/** What `updateAppSetting` asks for. Throws `refused` when a value is missing. */
export function settingChange(input: Values & { setting: SettingName }): SettingsChange {
  const names: readonly ValueName[] = SETTINGS[input.setting];
  for (const name of names) {
    if (input[name] === undefined && !MAY_BE_ABSENT.has(name)) {
      throw refused(`${name} is missing`, { reason: 'missing', field: name });
    }
  }
  const values = Object.fromEntries(names.map((name) => [name, input[name]])) as Values;
  const settings = settingsOf(values);
  switch (input.setting) {
    case 'twoFactorVerification':
      return values.twoFactorVerification === 'phone' ? settings : { ...settings, twilio: undefined };
    case 'passwordSetting':
      return { passwordRules: { ...DEFAULT_PASSWORD_RULES, ...settings.passwordRules } };
    case 'appleBundleId':
      return { appleBundleId: requireIds('appleBundleId', values.appleBundleId) };
    case 'googleClientId':
      return { googleClientId: requireIds('googleClientId', values.googleClientId) };
    default:
      return settings;
  }
}

/** Absent clears the list, empty is refused (contract §4.3). */
function requireIds(field: ValueName, list: string | undefined): string | null {
  if (list === undefined) return null;
  if (list.split(',').every((id) => id.trim() === '')) {
    throw new HostError('refused', { because: { reason: 'missing', field } });
  }
  return list;
}

/** What `update` asks for. */
export function updateChange(input: z.infer<z.ZodObject<typeof updateInput>>): SettingsChange {
  return {
    ...settingsOf(input),
    name: input.name || undefined,
    metaData: input.metaData || undefined,
    metaDataInvite: input.metaDataInvite || undefined,
  };
}

function settingsOf(values: Values): SettingsChange {
  return {
    status: values.status,
    type: values.type,
    handleType: values.handle,
    jwtEnabled: values.jwtEnabled,
    anonymousLoginEnabled: values.anonymousLoginEnabled,
    userNamesEnabled: values.userNamesEnabled,
    appleLoginEnabled: values.appleLoginEnabled,
    appleBundleId: values.appleBundleId,
    googleLoginEnabled: values.googleLoginEnabled,
    googleClientId: values.googleClientId,
    emailExtension: values.emailExtension,
    emailExtensionApiKey: textOrNothing(values.emailExtensionAPIKey),
    emailExtensionSenderEmail: textOrNothing(values.emailExtensionSenderEmail),
    invitationEnabled: values.invitationEnabled,
    signupEnabled: values.signupEnabled,
    signupFlow: values.signupFlow,
    twoFactorVerification: values.twoFactorVerification,
    googleAppName: textOrNothing(values.googleAppName ?? values.googleAPP_NAME),
    maxUsers: values.maxUsers,
    maxLoginAttempts: values.maxLoginAttempts,
    passwordFilter: values.passwordFilter,
    userJwtExpirationHours: values.userJWTExpiration,
    realmAppId: textOrNothing(values.realmAppId),
    userJwtAudience: values.userJWTAudience,
    metaDataEmail: values.metaDataEmail,
    userIdFormat: values.userIdFormat,
    linkConfirmation: values.linkConfirmation,
    hideAccounts: values.hideAccounts,
    refuseCommonPasswords: values.refuseCommonPasswords,
    smsPerHour: values.smsPerHour === 0 ? null : values.smsPerHour,
    mailsPerHour: values.mailsPerHour === 0 ? null : values.mailsPerHour,
    smsCountries: values.smsCountries?.length === 0 ? null : values.smsCountries,
    twilio: given({
      accountSid: values.TWILIOAccountSid,
      token: values.TWILIOToken,
      phoneNumber: values.TWILIOPhoneNumber,
    }),
    passwordRules: given({
      minLength: values.passwordMinLength,
      minUpper: values.passwordMinUpper,
      minLower: values.passwordMinLower,
      minDigit: values.passwordMinDigit,
      minSpecial: values.passwordMinSpecial,
    }),
  };
}

/** An empty text clears a setting. */
function textOrNothing(text: string | undefined): string | null | undefined {
  return text === '' ? null : text;
}

/** Without the members that are undefined; nothing when none is left. */
function given<T extends object>(members: T): T | undefined {
  const left = Object.entries(members).filter(([, value]) => value !== undefined);
  return left.length > 0 ? (Object.fromEntries(left) as T) : undefined;
}
