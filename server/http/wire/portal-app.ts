import { masked } from '../../domain/apps/app-settings.ts';
import type { App, AppKey } from '../../model/app.ts';
import { wireApplication } from './client-app.ts';
import { wireTime } from './time.ts';

/** The app as the portal sees it (contract §4.6.3, §5.1): never a private key or the app secret; provider credentials are masked. */
export function portalApp(app: App) {
  return {
    appId: app.id,
    appToken: app.appToken,
    appPublicKey: publicKeyText(app),
    type: app.type,
    ...wireApplication(app),
    // Stored as text in old hosts, and read so by their portal.
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
    smsPerHour: app.smsPerHour ?? 0,
    mailsPerHour: app.mailsPerHour ?? 0,
    smsCountries: app.smsCountries ?? [],
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
  return { kid, state, createdAt: wireTime(createdAt) };
}
