import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { userRevision } from '../../server/domain/portal/revision.ts';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { type Answer, PASSWORD, type TestHost } from '../support/host.ts';
import { aJob, anAsset, aQueuedMessage, aRowId, MADE_AT } from '../support/records.ts';
import { NAME_FIELD } from './appuser-stage.ts';
import type { ContractRoute } from './table.ts';

const NEW_PASSWORD = '0123456789abcdef0123456789abcdef';

/** An app with something of everything, and another app that has nothing to do with it. */
export interface PortalStage {
  app: App;
  other: App;
  user: User;
  /** Of that user. */
  revision: string;
  appRevision: string;
  /** Of that app; nobody works on it. */
  jobId: string;
  /** Of that app too; it ended. */
  importId: string;
  assetId: string;
  /** Of a pending signup and of a template of that app. */
  signupId: string;
  templateId: string;
  /** Of a message that a provider refused. */
  messageId: string;
}
type Input = Record<string, unknown>;

/** What makes a route succeed on a stage; absent: `appId` alone. */
export const INPUTS: Record<string, (stage: PortalStage) => Input> = {
  'POST /api/app': () => ({ name: `New ${randomUUID()}`, jwtEnabled: true }),
  'GET /api/app/search': ({ app }) => ({ name: app.name, case: 'true' }),
  'GET /api/app/searchUser': ({ app }) => ({ appId: app.id, value: 'ada', hideAnonUser: 'true' }),
  'GET /api/app/searchSingUp': ({ app }) => ({ appId: app.id, value: 'new' }),
  'GET /api/app/searchInvite': ({ app }) => ({ appId: app.id, value: 'bo' }),
  'POST /api/app/removeAppSignup': ({ app, signupId }) => ({
    appId: app.id,
    handle: 'new@example.com',
    _id: signupId,
  }),
  'POST /api/app/update': ({ app }) => ({
    appId: app.id,
    name: app.name,
    signupEnabled: 'true',
    userJWTExpiration: '12',
  }),
  'POST /api/app/deleteMetadata': ({ app }) => ({ appId: app.id, index: '0', type: 'metaData' }),
  'POST /api/app/user': ({ app, user }) => ({ appId: app.id, userId: user.id, status: 'suspend' }),
  'GET /api/app/figures': ({ app }) => ({
    appId: app.id,
    from: '2026-01-01',
    to: '2026-01-31',
    metric: 'message,invite_sent',
  }),
  'GET /api/app/user': ({ app, user }) => ({ appId: app.id, userId: user.id }),
  'POST /api/app/updateUser': ({ app, user, revision }) => ({
    appId: app.id,
    userId: user.id,
    revision,
    metaData: { color: 'red' },
  }),
  'POST /api/app/unlockUser': ({ app, user }) => ({ appId: app.id, userId: user.id }),
  'POST /api/app/endSessions': ({ app }) => ({ appId: app.id, handle: 'ADA@example.com' }),
  'POST /api/app/disableSecondFactor': ({ app, user }) => ({
    appId: app.id,
    userId: user.id,
    why: 'lost it',
  }),
  'POST /api/app/sendPasswordReset': ({ app, user }) => ({ appId: app.id, userId: user.id }),
  'POST /api/app/resetUserPassword': ({ app, user }) => ({
    appId: app.id,
    userId: user.id,
    rawValue: 'Correct-Horse-1',
    hashValue: NEW_PASSWORD,
  }),
  'POST /api/app/updateAppUserMetaData': ({ app }) => ({
    appId: app.id,
    handle: 'ada@example.com',
    metaData: { user_data: { name: { first: 'Ada' } } },
    addedMetadata: [{ path: 'role', value: 'admin' }],
  }),
  'POST /api/app/updateAppSetting': ({ app }) => ({
    appId: app.id,
    setting: 'jwtEnabled',
    jwtEnabled: false,
  }),
  'POST /api/app/testAppTwilio': ({ app }) => ({
    appId: app.id,
    phone: '+15551230000',
    handle: 'ada@example.com',
    locale: 'EN',
  }),
  'POST /api/app/addUser': ({ app }) => ({ appId: app.id, handle: 'Cy@example.com', password: NEW_PASSWORD }),
  'POST /api/app/removeUser': ({ app }) => ({ appId: app.id, handle: 'ada@example.com' }),
  'GET /api/app/logs': ({ app }) => ({ appId: app.id, type: 'all', status: 'all', fromDate: '2020-01-01' }),
  'POST /api/app/addRemoveAppLocale': ({ app }) => ({ appId: app.id, locales: ['EN', 'FR'] }),
  'POST /api/app/updateEmailTemplate': ({ app, templateId }) => ({
    appId: app.id,
    _id: templateId,
    subject: 'Welcome',
    htmlTemplate: '<p>%CODE%</p><p>x</p>',
    replyTo: 'me@example.com',
  }),
  'POST /api/app/updateAppMetaData': ({ app }) => ({
    appId: app.id,
    metaData: [{ path: 'a.b', fieldName: 'b' }],
  }),
  'POST /api/app/createAppInvite': ({ app }) => ({
    appId: app.id,
    handle: 'dee@example.com, BO@example.com',
    locale: 'EN',
  }),
  'POST /api/app/inviteMany': ({ app }) => ({
    appId: app.id,
    handles: ['dee@example.com', 'BO@example.com'],
  }),
  'POST /api/app/confirmSignup': ({ app }) => ({ appId: app.id, handle: 'new@example.com' }),
  'POST /api/app/resendSignup': ({ app }) => ({ appId: app.id, handle: 'new@example.com' }),
  'POST /api/app/resendAppInvite': ({ app }) => ({ appId: app.id, handle: 'bo@example.com' }),
  'POST /api/app/removeAppInvite': ({ app }) => ({ appId: app.id, handle: 'bo@example.com' }),
  'POST /api/app/updateAppInviteMetaData': ({ app }) => ({
    appId: app.id,
    metaDataInvite: [{ path: 'a.b', fieldName: 'b' }],
  }),
  'POST /api/app/remoteNotification': () => ({ userId: 'u', message: 'm' }),
  'POST /api/app/superUserToken': ({ app }) => ({ appId: app.id, name: 'back end', expiresInMinutes: 5 }),
  'POST /api/app/settings': ({ app, appRevision }) => ({
    appId: app.id,
    revision: appRevision,
    settings: { maxUsers: 9 },
  }),
  'POST /api/app/bulk': ({ app }) => ({ appId: app.id, filter: { status: 'suspend' }, action: 'activate' }),
  'GET /api/app/import': ({ importId }) => ({ job: importId }),
  'GET /api/app/importRefused': ({ importId }) => ({ job: importId }),
  'POST /api/app/stopImport': ({ importId }) => ({ job: importId }),
  'POST /api/app/removeAssets': ({ app, assetId }) => ({ appId: app.id, ids: [assetId] }),
  'GET /api/app/job': ({ jobId }) => ({ job: jobId }),
  'POST /api/app/stopJob': ({ jobId }) => ({ job: jobId }),
  'POST /api/app/rotateAppToken': ({ app }) => ({ appId: app.id, graceHours: 1 }),
  'POST /api/app/rotateAppKey': ({ app }) => ({ appId: app.id, phase: 'prepare' }),
  'POST /api/app/resetTemplate': ({ app }) => ({ appId: app.id, templateName: 'invite', locale: 'DE' }),
  'POST /api/app/sendTestMessage': ({ app }) => ({
    appId: app.id,
    templateName: 'signUpLink',
    locale: 'DE',
    to: 'me@example.com',
  }),
  'GET /api/host/messages': ({ app }) => ({ appId: app.id, reveal: 'true', limit: '5' }),
  'POST /api/host/retryMessage': ({ messageId }) => ({ id: messageId }),
  'POST /api/host/testMail': ({ app }) => ({ to: 'me@example.com', appId: app.id }),
  'POST /api/host/testSms': ({ app }) => ({ to: '+15551230001', appId: app.id }),
  'POST /api/app/verifyToken': ({ app }) => ({ appId: app.id, token: 'a.b.c', as: 'generic' }),
  'POST /api/app/sampleToken': ({ app, user }) => ({ appId: app.id, userId: user.id }),
  'POST /api/app/tryIdentityToken': ({ app }) => ({ appId: app.id, provider: 'google', token: 'a.b.c' }),
  'POST /api/app/previewTemplate': ({ app }) => ({ appId: app.id, templateName: 'signUp', locale: 'EN' }),
};

/** Builds a stage; `status` is set last. */
export async function portalStage(host: TestHost, status: App['status'] = 'active'): Promise<PortalStage> {
  const settings = {
    metaData: [NAME_FIELD],
    emailExtensionApiKey: 'SG.key-of-the-app',
    emailExtensionSenderEmail: 'me@example.com',
    assetStorage: 'local' as const,
  };
  const [app, other] = [await host.createApp(settings), await host.createApp()];
  const user = await host.createUser(app, { handle: 'ada@example.com' });
  await host.createUser(app, { handle: 'ANON_ada', passwordHash: undefined });
  const headers = { 'app-token': app.appToken };
  const json = { handle: 'new@example.com', password: PASSWORD };
  assert.equal((await host.request('POST', '/api/appuser/signup', { headers, json })).text, 'true');
  await must(host, 'createAppInvite', { appId: app.id, handle: 'bo@example.com' });
  const { localesTemplate } = (await must(host, 'addRemoveAppLocale', { appId: app.id, locales: ['DE'] }))
    .body;
  const signups = await host.portal('GET', `/api/app/searchSingUp?appId=${app.id}&value=new`);
  if (status !== 'active') await must(host, 'updateAppSetting', { appId: app.id, setting: 'status', status });
  const refused = aQueuedMessage({
    id: aRowId(),
    appId: app.id,
    state: 'failed',
    tries: 1,
    lastError: 'smtp: recipient (550)',
    createdAt: host.clock.now(),
    dueAt: host.clock.now() + 60_000,
    giveUpAt: host.clock.now() + 60_000,
  });
  await host.deps.store.messages.insert(refused);
  const revision = userRevision(host.deps, user);
  const { revision: appRevision } = (await host.portal('GET', `/api/app/appId/${app.id}`)).body;
  const job = aJob({ appId: app.id, dueAt: Number.MAX_SAFE_INTEGER });
  await host.deps.store.jobs.insert(job);
  const moved = aJob({
    appId: app.id,
    kind: 'import',
    state: 'failed',
    dueAt: undefined,
    endedAt: MADE_AT,
    task: { format: 'auth0', dryRun: true, files: aRowId() },
    progress: { phase: 'check', line: 3, refusedRows: [{ line: 3, reason: 'no_handle' }], refusedBytes: 0 },
  });
  await host.deps.store.jobs.insert(moved);
  const asset = anAsset({ appId: app.id, userId: user.id });
  await host.deps.store.assets.insert(asset);
  return {
    app,
    other,
    user,
    revision,
    appRevision,
    signupId: signups.body[0]._id,
    templateId: localesTemplate.DE[0]._id,
    messageId: refused.id,
    jobId: job.id,
    importId: moved.id,
    assetId: asset.id,
  };
}

async function must(host: TestHost, route: string, json: Input): Promise<Answer> {
  const answer = await host.portal('POST', `/api/app/${route}`, { json });
  assert.equal(answer.status, 200, `${route}: ${answer.text}`);
  return answer;
}

/** The complete input of a route, its path parts included. */
export function inputOf({ method, path, params }: ContractRoute, stage: PortalStage): Input {
  const needsApp = params.some(({ name }) => name === 'appId');
  return INPUTS[`${method} ${path}`]?.(stage) ?? (needsApp ? { appId: stage.app.id } : {});
}

/**
 * Calls a route with an input: JSON for POST, else the query; the server secret unless other headers are
 * given.
 */
export function callPortal(
  host: TestHost,
  route: ContractRoute,
  input: Input,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const path = route.path.replace(':appId', String(input.appId));
  if (route.method === 'POST') return host.portal('POST', path, { json: input, headers });
  const named = Object.entries(input).filter(([name]) => !route.path.includes(`:${name}`));
  const query = new URLSearchParams(named as [string, string][]);
  return host.portal(route.method, `${path}?${query}`, { headers });
}
