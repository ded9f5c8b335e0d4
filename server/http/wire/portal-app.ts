import { z } from 'zod';
import { nextStepOf } from '../../domain/apps/app-keys.ts';
import { shownSettings } from '../../domain/apps/setting-values.ts';
import { appRevision } from '../../domain/portal/revision.ts';
import { type App, type AppKey, currentKey } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { applicationAnswer, wireApplication } from './client-app.ts';
import { settingAnswers } from './setting-answer.ts';
import { timeText, wireTime } from './time.ts';

/**
 * The app as the portal sees it (contract §4.6.3, §5.1): never a private key or the app secret; provider
 * credentials are masked.
 */
export const portalAppAnswer = applicationAnswer.extend({
  appId: z.string(),
  appToken: z.string(),
  appPublicKey: z.string(),
  ...settingAnswers('portal'),
  // Stored as text in old hosts, and read so by their portal.
  maxLoginAttempts: z.string(),
  revision: z.string(),
});
export const portalAppsAnswer = z.array(portalAppAnswer);
export function portalApp(deps: Pick<Deps, 'codes'>, app: App): z.infer<typeof portalAppAnswer> {
  const { type, ...settings } = shownSettings(app, 'portal');
  return {
    appId: app.id,
    appToken: app.appToken,
    appPublicKey: publicKeyText(app),
    type,
    ...wireApplication(app),
    maxLoginAttempts: String(app.maxLoginAttempts),
    ...settings,
    revision: appRevision(deps, app),
  };
}

const longTime = z.string().meta({ examples: ['Sat, 31 Jan 2026 09:30:00 GMT'] });
/** The answer of `POST /api/app`, the one place with RFC 1123 dates (contract §4.6.1). */
export const createdAppAnswer = portalAppAnswer
  .pick({
    name: true,
    appId: true,
    appToken: true,
    appPublicKey: true,
    handle: true,
    status: true,
    locales: true,
    invitationEnabled: true,
    signupEnabled: true,
    metaDataEmail: true,
    jwtEnabled: true,
    twoFactorVerification: true,
  })
  .extend({ createdAt: longTime, updatedAt: longTime });
export function createdApp(app: App): z.infer<typeof createdAppAnswer> {
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

/** Base64 of the PEM without its last line feed: Swift strips that exact suffix (contract §1.1). */
function publicKeyText(app: App): string {
  return Buffer.from(currentKey(app)?.publicKey ?? '').toString('base64');
}

/** The keys of an app as `rotateAppKey` lists them (operator §7). */
export const appKeysAnswer = z.strictObject({
  keys: z.array(
    z.strictObject({ kid: z.string(), state: z.enum(['next', 'current', 'previous']), createdAt: timeText }),
  ),
});
export function wireAppKeys(keys: AppKey[]): z.infer<typeof appKeysAnswer> {
  return { keys: keys.map(({ kid, state, createdAt }) => ({ kid, state, createdAt: wireTime(createdAt) })) };
}

/** The keys of an app with their public halves, and the next step for each (additions §4). */
export const keyListAnswer = z.array(
  z.strictObject({
    kid: z.string(),
    state: z.enum(['next', 'current', 'previous']),
    createdAt: timeText,
    publicKey: z.string(),
    nextStep: z.enum(['activate', 'retire']).optional(),
    notBefore: timeText.optional(),
  }),
);
export function wireKeyList(app: App): z.infer<typeof keyListAnswer> {
  return app.keys.map((key) => {
    const { kid, state, createdAt, publicKey } = key;
    const next = nextStepOf(app, key);
    return {
      kid,
      state,
      createdAt: wireTime(createdAt),
      publicKey,
      nextStep: next?.nextStep,
      notBefore: wireTime(next?.notBefore),
    };
  });
}

/** The app token that `rotateAppToken` issued (operator §7). */
export const appTokenAnswer = portalAppAnswer.pick({ appToken: true });
export function wireAppToken(appToken: string): z.infer<typeof appTokenAnswer> {
  return { appToken };
}
