import { z } from 'zod';
import type { App, MetadataField } from '../../model/app.ts';
import { timeText, wireTime } from './time.ts';

const field = z.strictObject({
  id: z.string(),
  path: z.string(),
  required: z.boolean(),
  fieldName: z.string(),
  canEdit: z.boolean().optional(),
});

/**
 * What a client may know of its app: these members and no others (contract §3.5.20, §8 S21). Never one named `code`, which old clients
 * take for an error; all five password numbers and `userNamesEnabled` always, which some need (C13).
 */
export const applicationAnswer = z.strictObject({
  name: z.string(),
  status: z.enum(['active', 'inactive', 'suspended', 'blocked', 'migrated']),
  handle: z.enum(['email', 'phone']),
  jwtEnabled: z.boolean(),
  anonymousLoginEnabled: z.boolean(),
  userNamesEnabled: z.boolean(),
  appleLoginEnabled: z.boolean(),
  appleBundleId: z.string().optional(),
  googleLoginEnabled: z.boolean(),
  googleClientId: z.string().optional(),
  invitationEnabled: z.boolean(),
  signupEnabled: z.boolean(),
  signupFlow: z.enum(['none', 'code', 'link']),
  twoFactorVerification: z.enum(['none', 'google', 'phone']),
  googleAppName: z.string().optional(),
  maxUsers: z.number(),
  maxLoginAttempts: z.number(),
  passwordFilter: z.boolean(),
  passwordMinLength: z.number(),
  passwordMinUpper: z.number(),
  passwordMinLower: z.number(),
  passwordMinDigit: z.number(),
  passwordMinSpecial: z.number(),
  userJWTExpiration: z.number(),
  realmAppId: z.string().optional(),
  appData: z.record(z.string(), z.unknown()).optional(),
  metaData: z.array(field),
  metaDataInvite: z.array(field),
  metaDataEmail: z.boolean(),
  emailExtension: z.boolean(),
  locales: z.array(z.string()),
  createdAt: timeText,
  updatedAt: timeText,
});
export function wireApplication(app: App): z.infer<typeof applicationAnswer> {
  const { passwordRules } = app;
  return {
    name: app.name,
    status: app.status,
    handle: app.handleType,
    jwtEnabled: app.jwtEnabled,
    anonymousLoginEnabled: app.anonymousLoginEnabled,
    userNamesEnabled: app.userNamesEnabled,
    appleLoginEnabled: app.appleLoginEnabled,
    appleBundleId: app.appleBundleId,
    googleLoginEnabled: app.googleLoginEnabled,
    googleClientId: app.googleClientId,
    invitationEnabled: app.invitationEnabled,
    signupEnabled: app.signupEnabled,
    signupFlow: app.signupFlow,
    twoFactorVerification: app.twoFactorVerification,
    googleAppName: app.googleAppName,
    maxUsers: app.maxUsers,
    maxLoginAttempts: app.maxLoginAttempts,
    passwordFilter: app.passwordFilter,
    passwordMinLength: passwordRules.minLength,
    passwordMinUpper: passwordRules.minUpper,
    passwordMinLower: passwordRules.minLower,
    passwordMinDigit: passwordRules.minDigit,
    passwordMinSpecial: passwordRules.minSpecial,
    userJWTExpiration: app.userJwtExpirationHours,
    realmAppId: app.realmAppId,
    appData: app.appData,
    metaData: app.metaData.map(wireField),
    metaDataInvite: app.metaDataInvite.map(wireField),
    metaDataEmail: app.metaDataEmail,
    emailExtension: app.emailExtension,
    locales: app.locales,
    createdAt: wireTime(app.createdAt),
    updatedAt: wireTime(app.updatedAt),
  };
}

function wireField({ id, path, fieldName, required, canEdit }: MetadataField): z.infer<typeof field> {
  return { id, path, required, fieldName, canEdit };
}
