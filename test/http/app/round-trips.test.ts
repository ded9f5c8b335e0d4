import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { TEMPLATE_NAMES } from '../../../server/model/template.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { exported, imported, legacyFiles } from '../../support/transfers.ts';
import { zipOf } from '../../support/zip.ts';

type Row = Record<string, unknown>;

/** The value fields of each setting (contract §4.3, operator §7). */
const SETTINGS: Record<string, string[]> = {
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
  smsPerHour: ['smsPerHour'],
  mailsPerHour: ['mailsPerHour'],
  smsCountries: ['smsCountries'],
  refuseCommonPasswords: ['refuseCommonPasswords'],
  appUrl: ['appUrl'],
  brandColor: ['brandColor'],
  logoUrl: ['logoUrl'],
};
/** Settings of texts that may be unset. */
const EMPTY_WHEN_UNSET = ['emailExtensionAPIKey', 'realmAppId', 'appUrl', 'brandColor', 'logoUrl'];
const FULL: Partial<App> = {
  appleBundleId: 'a.b,c.d',
  appleLoginEnabled: true,
  googleClientId: 'x'.repeat(2048),
  googleLoginEnabled: true,
  emailExtension: true,
  emailExtensionApiKey: 'SG.a-long-key',
  emailExtensionSenderEmail: "o'neill@mail.example.com",
  twoFactorVerification: 'phone',
  twilio: { accountSid: 'AC0123456789', token: 'a-long-token', phoneNumber: '+12025550100' },
  googleAppName: 'Ours "x"',
  maxUsers: 1_000_000_000,
  maxLoginAttempts: 7,
  userJwtExpirationHours: 0.5,
  realmAppId: 'realm',
  userJwtAudience: ['one', 'two, three'],
  smsPerHour: 30,
  mailsPerHour: 1_000_000,
  smsCountries: ['DE', 'CH'],
  appUrl: 'chess.club://home?x=1',
  brandColor: '#0a7f3c',
  logoUrl: 'https://cdn.example.com:8443/logo.png?v=2',
  metaData: [
    { id: 'm1', path: 'a.b', fieldName: 'b', required: true, canEdit: true },
    { id: 'm2', path: 'c', fieldName: 'C', required: false, canEdit: false },
  ],
  metaDataInvite: [{ id: 'i1', path: 'coupon', fieldName: 'coupon', required: false }],
  locales: ['EN', 'DE', 'IT'],
};

describe('what a portal is shown it can save', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ config: { sms: 'none' } });
  });
  after(() => host.stop());

  const read = async (path: string) => (await host.portal('GET', `/api/app/${path}`)).body;
  async function save(route: string, json: Row): Promise<Row> {
    const { status, body } = await host.portal('POST', `/api/app/${route}`, { json });
    assert.equal(status, 200, `${route} ${JSON.stringify(body)} of ${JSON.stringify(json).slice(0, 300)}`);
    return body;
  }
  /** Apps as they come into being: made here, with everything set, moved in with and without secrets. */
  async function apps(): Promise<App[]> {
    const full = await host.createApp(FULL);
    await host.createUser(full, { metaData: { a: { b: 'x' } } });
    const files = (query: string) => exported(host, full, query);
    return [
      await host.createApp(),
      await host.createApp({ twoFactorVerification: 'phone' }),
      full,
      await imported(host, await zipOf(await files('')), `again ${full.id}`),
      await imported(host, await zipOf(await files('&withSecrets=false')), `bare ${full.id}`, {
        newKeys: 'true',
      }),
      await imported(host, await zipOf(legacyFiles(full)), `old ${full.id}`),
    ];
  }
  /** Without the time of the last change. */
  const shown = async (app: App) => ({ ...(await read(`appId/${app.id}`)), updatedAt: undefined });

  it('holds for every text in every locale, those without texts of their own included', async () => {
    for (const app of await apps()) {
      await save('addRemoveAppLocale', {
        appId: app.id,
        locales: ['EN', 'DE', 'ES', 'FR', 'JA', 'ZH', 'IT'],
      });
      const before = await read(`emailTemplates?appId=${app.id}`);
      const rows = Object.values(before).flat() as Row[];
      assert.equal(rows.length, 7 * TEMPLATE_NAMES.length);
      for (const row of rows) await save('updateEmailTemplate', row);
      const after = Object.values(await read(`emailTemplates?appId=${app.id}`)).flat() as Row[];
      const texts = (all: Row[]) => all.map((row) => ({ ...row, _id: '', createdAt: '', updatedAt: '' }));
      assert.deepEqual(texts(after), texts(rows));
    }
  });

  it('holds for every setting, one by one and all at once', async () => {
    for (const app of await apps()) {
      const before = await shown(app);
      for (const [setting, fields] of Object.entries(SETTINGS)) {
        const values = Object.fromEntries(fields.map((field) => [field, before[field] ?? undefined]));
        // What is unset is not shown; the portal leaves its field empty.
        if (EMPTY_WHEN_UNSET.includes(setting)) for (const field of fields) values[field] ??= '';
        await save('updateAppSetting', { appId: app.id, setting, ...values });
      }
      assert.deepEqual(await shown(app), before);
      const { metaData: _, metaDataInvite: __, ...settings } = before;
      await save('update', settings);
      assert.deepEqual(await shown(app), before);
    }
  });

  it('holds for metadata fields, locales and the metadata of a user', async () => {
    for (const app of await apps()) {
      const before = await shown(app);
      await save('updateAppMetaData', before);
      await save('updateAppInviteMetaData', before);
      await save('addRemoveAppLocale', before);
      assert.deepEqual(await shown(app), before);
      for (const { handle, metaData = {} } of await read(`searchUser?appId=${app.id}&value=%40`))
        await save('updateAppUserMetaData', { appId: app.id, handle, metaData });
    }
  });
});
