import { z } from 'zod';
import { rotateAppKey } from '../../../domain/apps/app-keys.ts';
import { changeSettings } from '../../../domain/apps/app-settings.ts';
import { rotateAppToken } from '../../../domain/apps/app-token.ts';
import { getAppForPortal } from '../../../domain/apps/apps.ts';
import { superUserToken } from '../../../domain/apps/super-user-token.ts';
import { saveSettings } from '../../../domain/portal/settings.ts';
import { portalRoute } from '../../route.ts';
import {
  appKeysAnswer,
  appTokenAnswer,
  keyListAnswer,
  portalApp,
  portalAppAnswer,
  wireAppKeys,
  wireAppToken,
  wireKeyList,
} from '../../wire/portal-app.ts';
import { appId, jsonObject, numberOrDigits, plainText } from '../../wire/portal-parameter.ts';
import { savedChange, settingChange, settingInput, updateChange, updateInput } from '../../wire/setting.ts';
import { shownUnlessStale } from '../../wire/stale.ts';
import { tokensAnswer, wireTokens } from '../../wire/tokens.ts';

/** Settings, keys and tokens of an app (contract §4.3, §4.6.10, 24; operator §7). */
export const settingRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/update',
    summary: 'Changes any of the settings of an app, and its name.',
    input: z.object({ appId, ...updateInput }),
    answer: portalAppAnswer,
    errors: ['app_gone', 'app_name_taken', 'refused'],
    reasons: ['taken', 'metadata_reserved'],
    refuse: { caller: { fails: 400 } },
    log: { action: 'update', value: namesOf },
    respond: async ({ deps, input }) =>
      portalApp(deps, await changeSettings(deps, { appId: input.appId, settings: updateChange(input) })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/updateAppSetting',
    summary: 'Changes one setting of an app.',
    input: z.object({ appId, ...settingInput }),
    answer: portalAppAnswer,
    errors: ['app_gone', 'app_name_taken', 'refused'],
    reasons: ['taken', 'metadata_reserved'],
    log: { action: 'updateAppSetting', value: ({ setting }) => setting },
    respond: async ({ deps, input }) =>
      portalApp(deps, await changeSettings(deps, { appId: input.appId, settings: settingChange(input) })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/settings',
    summary: 'Changes settings of an app, all or nothing, unless somebody else did meanwhile.',
    input: z.object({ appId, revision: z.string().max(64), settings: jsonObject }),
    answer: portalAppAnswer,
    errors: ['app_name_taken', 'refused'],
    reasons: ['stale', 'taken', 'metadata_reserved'],
    failsStatus: { app_gone: 403 },
    log: { action: 'settings', value: ({ settings }) => namesOf(settings) },
    respond: ({ deps, input: { appId: id, revision, settings } }) =>
      shownUnlessStale(saveSettings(deps, { appId: id, revision, ...savedChange(settings) }), (app) =>
        portalApp(deps, app),
      ),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/keys',
    summary: 'The keys of an app, and what comes next for each.',
    input: z.object({ appId }),
    answer: keyListAnswer,
    errors: [],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => wireKeyList(await getAppForPortal(deps, input.appId)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/rotateAppToken',
    summary: 'Issues a new app token; the old one works for a while.',
    input: z.object({ appId, graceHours: numberOrDigits(z.number().min(0).max(720)).default(168) }),
    answer: appTokenAnswer,
    errors: ['app_gone'],
    log: { action: 'rotateAppToken', value: ({ graceHours }) => JSON.stringify({ graceHours }) },
    respond: async ({ deps, input }) => wireAppToken(await rotateAppToken(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/rotateAppKey',
    summary: 'Takes one of three steps of replacing the key pair of an app.',
    input: z.object({
      appId,
      phase: z.enum(['prepare', 'activate', 'retire']),
      force: z.boolean().default(false),
    }),
    answer: appKeysAnswer,
    errors: ['app_gone', 'refused'],
    log: { action: 'rotateAppKey', value: ({ phase, force }) => JSON.stringify({ phase, force }) },
    respond: async ({ deps, input }) => wireAppKeys(await rotateAppKey(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/superUserToken',
    summary: 'Issues a short-lived JWT and an access token for a back end of the app.',
    input: z.object({
      appId,
      name: plainText(64).min(1).default('superuser'),
      expiresInMinutes: numberOrDigits(z.int().min(1).max(1440)).default(60),
    }),
    answer: tokensAnswer,
    errors: ['app_gone', 'app_suspended'],
    log: {
      action: 'superUserToken',
      value: ({ name, expiresInMinutes }) => JSON.stringify({ name, expiresInMinutes }),
    },
    respond: async ({ deps, input }) => wireTokens(await superUserToken(deps, input)),
  }),
];

/** Which members came, never their values (contract S22). */
function namesOf(input: object): string {
  return JSON.stringify(Object.keys(input).filter((name) => name !== 'appId'));
}
