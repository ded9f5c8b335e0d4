import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Owner } from '../http/asset/stage.ts';
import { aJob, anAsset } from '../support/records.ts';
import { until } from '../support/until.ts';
import { type EventStage, exported, imported, type Story } from './events-stage.ts';

/** A user's file, uploaded and made an asset. */
async function keepingFile(stage: EventStage) {
  const { app, user, accessToken } = await stage.account({ assetStorage: 'local' });
  const made = await new Owner(stage.host(), app, user, accessToken).upload();
  return { app, made: String(made.body._id) };
}

/** How what the portal does to an app is told of (threats §6). */
export const PORTAL_STORIES: readonly Story[] = [
  {
    event: 'app_created',
    level: 'warn',
    fields: { by: 'portal' },
    tell: (s) => s.host().portal('POST', '/api/app', { json: { name: crypto.randomUUID() } }),
  },
  {
    event: 'app_deleted',
    level: 'warn',
    fields: { by: 'portal' },
    tell: async (s) => s.host().portal('DELETE', `/api/app/${(await s.app()).id}`),
  },
  {
    event: 'app_reset',
    level: 'warn',
    fields: { by: 'portal' },
    tell: async (s) => (await s.account()).portal('reset'),
  },
  {
    event: 'app_setting_changed',
    level: 'info',
    fields: { settings: ['signupEnabled'] },
    tell: async (s) =>
      (await s.account()).portal('updateAppSetting', { setting: 'signup', signupEnabled: false }),
  },
  {
    event: 'template_changed',
    level: 'info',
    fields: { template: 'signUp', locale: 'EN' },
    async tell(s) {
      const { body } = await s.host().portal('POST', '/api/app', { json: { name: crypto.randomUUID() } });
      const listed = await s.host().portal('GET', `/api/app/emailTemplates?appId=${body.appId}`);
      const { _id } = listed.body.EN.find((each: { templateName: string }) => each.templateName === 'signUp');
      const change = { appId: body.appId, _id, subject: 'Welcome', htmlTemplate: '<p>%CODE%</p>' };
      await s.portal('updateEmailTemplate', change);
    },
  },
  {
    event: 'asset_created',
    level: 'info',
    fields: { userId: /./, assetId: /./, bytes: 5 },
    tell: async (s) => void (await keepingFile(s)),
  },
  {
    event: 'assets_removed',
    level: 'info',
    fields: { assets: 1, by: 'portal' },
    async tell(s) {
      const { app, made } = await keepingFile(s);
      await s.portal('removeAssets', { appId: app.id, ids: [made] });
    },
  },
  {
    event: 'asset_removal_failed',
    level: 'error',
    fields: { assetId: /./, tries: 10, reason: /./ },
    async tell(s) {
      const { app } = await s.account();
      const folder = join(s.host().dataDir, 'assets', app.id);
      mkdirSync(folder, { recursive: true });
      // No folder can be below a file.
      writeFileSync(join(folder, 'nobody'), '');
      const asset = anAsset({ appId: app.id, userId: 'nobody', status: 'removing', tries: 9, dueAt: 1 });
      await s.host().deps.store.assets.insert(asset);
      s.host().deps.wakeAssets();
      const isTold = () => s.host().events.some(({ event }) => event === 'asset_removal_failed');
      await until('the failure is told', isTold);
    },
  },
  {
    event: 'job_started',
    level: 'warn',
    fields: { job: /./, kind: 'bulk' },
    async tell(s) {
      const { body } = await (await s.account()).portal('bulk', { filter: {}, action: 'activate' });
      const state = async () => (await s.host().portal('GET', `/api/app/job?job=${body.job}`)).body.state;
      // Its end is another story's event.
      while ((await state()) !== 'done') await new Promise((resolve) => setTimeout(resolve, 10));
    },
  },
  {
    event: 'job_ended',
    level: 'info',
    fields: { job: /./, kind: 'bulk', state: 'stopped', read: 0 },
    async tell(s) {
      const { app } = await s.account();
      const job = aJob({ appId: app.id, dueAt: Number.MAX_SAFE_INTEGER });
      await s.host().deps.store.jobs.insert(job);
      await s.portal('stopJob', { job: job.id });
    },
  },
  {
    event: 'app_exported',
    level: 'warn',
    fields: { withSecrets: true },
    tell: async (s) => exported(s.host(), await s.app()),
  },
  {
    event: 'app_exported',
    level: 'warn',
    about: 'without secrets',
    fields: { withSecrets: false },
    tell: async (s) => exported(s.host(), await s.app(), '&withSecrets=false'),
  },
  {
    event: 'app_imported',
    level: 'warn',
    fields: { users: 1, withSecrets: true },
    tell: async (s) =>
      assert.equal(await imported(s.host(), await exported(s.host(), (await s.account()).app)), 200),
  },
  {
    event: 'transfer_failed',
    level: 'error',
    fields: { stage: 'import', reason: /./ },
    tell: async (s) => assert.equal(await imported(s.host(), new Uint8Array(100)), 400),
  },
  {
    event: 'app_token_rotated',
    level: 'warn',
    fields: { graceHours: 5 },
    tell: async (s) => (await s.account()).portal('rotateAppToken', { graceHours: 5 }),
  },
  {
    event: 'app_key_rotated',
    level: 'warn',
    fields: { phase: 'prepare', kid: /./, force: false },
    tell: async (s) => (await s.account()).portal('rotateAppKey', { phase: 'prepare' }),
  },
  {
    event: 'superuser_token_issued',
    level: 'warn',
    fields: { jti: /./, name: 'back end', expiresInMinutes: 5 },
    tell: async (s) =>
      (await s.account()).portal('superUserToken', { name: 'back end', expiresInMinutes: 5 }),
  },
  {
    event: 'app_data_set',
    level: 'warn',
    fields: { name: 'superuser', bytes: 15 },
    async tell(s) {
      const account = await s.account();
      const { body } = await account.portal('superUserToken');
      await s.post(account.app, 'setAppData', { appData: { theme: 'red' } }, body['access-token']);
    },
  },
];
