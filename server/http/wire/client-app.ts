import type { App, MetadataField } from '../../model/app.ts';
import { wireTime } from './time.ts';

/**
 * What a client may know of its app: these members and no others (contract §3.5.20, §8 S21). Never one named `code`, which old clients
 * take for an error; all five password numbers and `userNamesEnabled` always, which some need (C13).
 */
export function wireApplication(app: App) {
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

function wireField({ id, path, fieldName, required, canEdit }: MetadataField) {
  return { id, path, required, fieldName, canEdit };
}
