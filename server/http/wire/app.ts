import { masked } from '../../domain/app-settings.ts';
import type { App, AppKey, MetadataField } from '../../model/app.ts';

/** The app as the portal sees it (contract §4.6.3, §5.1): never a private key or the app secret; provider credentials are masked. */
export function portalApp(app: App) {
  return {
    appId: app.id,
    appToken: app.appToken,
    appPublicKey: publicKeyText(app),
    type: app.type,
    ...settings(app),
    maxLoginAttempts: String(app.maxLoginAttempts),
    emailExtensionAPIKey: maybeMasked(app.emailExtensionApiKey),
    emailExtensionSenderEmail: app.emailExtensionSenderEmail,
    TWILIOAccountSid: maybeMasked(app.twilio?.accountSid),
    TWILIOToken: maybeMasked(app.twilio?.token),
    TWILIOPhoneNumber: maybeMasked(app.twilio?.phoneNumber),
    userJWTAudience: app.userJwtAudience,
    userIdFormat: app.userIdFormat,
    linkConfirmation: app.linkConfirmation,
    hideAccounts: app.hideAccounts,
    refuseCommonPasswords: app.refuseCommonPasswords,
  };
}

/** The answer of `POST /api/app`, the one place with RFC 1123 dates (contract §4.6.1). */
export function createdApp(app: App) {
  return {
    name: app.name,
    appId: app.id,
    appToken: app.appToken,
    appPublicKey: publicKeyText(app),
    handle: app.handleType,
    status: app.status,
    locales: app.locales,
    invitationEnabled: app.invitationEnabled,
    signupEnabled: app.signupEnabled,
    metaDataEmail: app.metaDataEmail,
    jwtEnabled: app.jwtEnabled,
    twoFactorVerification: app.twoFactorVerification,
    createdAt: new Date(app.createdAt).toUTCString(),
    updatedAt: new Date(app.updatedAt).toUTCString(),
  };
}

/** The app as its clients see it: exactly the members of contract §3.5.20, numbers and flags in their JSON types (C13). */
export function clientApp(app: App) {
  return {
    ...settings(app),
    maxLoginAttempts: app.maxLoginAttempts || undefined,
  };
}

/** What portal and clients both see. Members that are undefined are left out of the JSON. */
function settings(app: App) {
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
    passwordFilter: app.passwordFilter,
    passwordMinLength: app.passwordRules.minLength,
    passwordMinUpper: app.passwordRules.minUpper,
    passwordMinLower: app.passwordRules.minLower,
    passwordMinDigit: app.passwordRules.minDigit,
    passwordMinSpecial: app.passwordRules.minSpecial,
    userJWTExpiration: app.userJwtExpirationHours,
    realmAppId: app.realmAppId,
    appData: app.appData,
    metaData: app.metaData.map(field),
    metaDataInvite: app.metaDataInvite.map(field),
    metaDataEmail: app.metaDataEmail,
    emailExtension: app.emailExtension,
    locales: app.locales,
    createdAt: new Date(app.createdAt).toISOString(),
    updatedAt: new Date(app.updatedAt).toISOString(),
  };
}

function field({ id, path, required, fieldName, canEdit }: MetadataField) {
  return { id, path, required, fieldName, canEdit };
}

function maybeMasked(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : masked(secret);
}

/** Base64 of the PEM without its last line feed: Swift strips that exact suffix (contract §1.1). */
function publicKeyText({ keys }: App): string {
  const current = keys.find(({ state }) => state === 'current');
  return Buffer.from(current?.publicKey ?? '').toString('base64');
}

/** A key of the app as `rotateAppKey` lists it (operator §7). */
export function portalKey({ kid, state, createdAt }: AppKey) {
  return { kid, state, createdAt: new Date(createdAt).toISOString() };
}
