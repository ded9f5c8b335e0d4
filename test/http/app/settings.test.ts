import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { beforeNext } from '../../support/patched.ts';

describe('settings of an app', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const set = (app: App, setting: string, values: Record<string, unknown> = {}) =>
    host.portal('POST', '/api/app/updateAppSetting', { json: { appId: app.id, setting, ...values } });
  const update = (app: App, values: Record<string, unknown>) =>
    host.portal('POST', '/api/app/update', { json: { appId: app.id, ...values } });
  const asClient = (app: App, method: string, path: string, json?: unknown) =>
    host.request(method, `/api/appuser/${path}`, { headers: { 'app-token': app.appToken }, json });

  // Contract §4.3, operator §7: setting, value fields, what the app shows afterwards where it differs.
  const TAKEN: [string, Record<string, unknown>, Record<string, unknown>?][] = [
    ['status', { status: 'inactive' }],
    ['status', { status: 'migrated' }],
    ['invite', { invitationEnabled: false }],
    ['jwtEnabled', { jwtEnabled: false }],
    ['userNamesEnabled', { userNamesEnabled: true }],
    ['anonLogin', { anonymousLoginEnabled: true }],
    ['signup', { signupEnabled: false }],
    ['signupFlow', { signupFlow: 'link' }],
    [
      'twoFactorVerification',
      { twoFactorVerification: 'google', googleAPP_NAME: 'My App' },
      { twoFactorVerification: 'google', googleAppName: 'My App' },
    ],
    ['maxUsers', { maxUsers: 7 }],
    ['maxLoginAttempts', { maxLoginAttempts: 4 }, { maxLoginAttempts: '4' }],
    ['realmAppId', { realmAppId: 'realm-1' }],
    ['userJWTExpiration', { userJWTExpiration: 1.5 }],
    ['passwordFilter', { passwordFilter: true }],
    [
      'passwordSetting',
      { passwordMinUpper: 3 },
      { passwordMinUpper: 3, passwordMinLength: 5, passwordMinDigit: 0 },
    ],
    ['metaDataEmail', { metaDataEmail: false }],
    ['emailExtension', { emailExtension: true }],
    ['appleLogin', { appleLoginEnabled: true }],
    ['appleBundleId', { appleBundleId: 'com.a, com.b' }],
    ['googleLogin', { googleLoginEnabled: true }],
    ['googleClientId', { googleClientId: 'one,two' }],
    ['userIdFormat', { userIdFormat: 'raw' }],
    ['linkConfirmation', { linkConfirmation: 'immediate' }],
    ['appType', { type: 'development' }],
    ['handleType', { handle: 'phone' }],
    ['userJWTAudience', { userJWTAudience: ['a', 'b'] }],
    ['hideAccounts', { hideAccounts: true }],
    ['refuseCommonPasswords', { refuseCommonPasswords: true }],
    ['smsPerHour', { smsPerHour: 30 }],
    ['mailsPerHour', { mailsPerHour: 0 }],
    ['smsCountries', { smsCountries: ['DE', 'CH'] }],
    ['appUrl', { appUrl: 'https://chess.example.com/play?x=1#top' }],
    ['appUrl', { appUrl: 'com.example.chess://home' }],
    ['appUrl', { appUrl: '' }, { appUrl: undefined }],
    ['brandColor', { brandColor: '#FFcc00' }, { brandColor: '#ffcc00' }],
    ['brandColor', { brandColor: '' }, { brandColor: undefined }],
    ['logoUrl', { logoUrl: 'https://cdn.example.com:8443/logo.png' }],
    ['logoUrl', { logoUrl: '' }, { logoUrl: undefined }],
  ];
  for (const [setting, values, shown = values] of TAKEN) {
    it(`takes ${setting} ${JSON.stringify(values)}, and takes it again unchanged`, async () => {
      const app = await host.createApp();
      for (const answer of [await set(app, setting, values), await set(app, setting, values)]) {
        assert.equal(answer.status, 200);
        for (const [name, value] of Object.entries(shown)) assert.deepEqual(answer.body[name], value, name);
      }
    });
  }

  const REFUSED: [string, Record<string, unknown>][] = [
    ['status', { status: 'gone' }],
    ...[
      'javascript:alert(1)',
      'JavaScript://%0aalert(1)',
      'java\nscript://x',
      ' javascript://x',
      'data:text/html,x',
      'data://text/html,x',
      'vbscript://x',
      'blob://x',
      'file:///etc/passwd',
      'http://chess.example.com',
      'chess:home',
      '//chess.example.com',
      'https://user:secret@chess.example.com',
      'https://',
      'https://chess.example.com/"onclick="x',
      7,
      ['https://chess.example.com'],
      `https://chess.example.com/${'x'.repeat(1024)}`,
    ].map((appUrl): [string, Record<string, unknown>] => ['appUrl', { appUrl }]),
    ...['red', '#fff', '#12345g', '#1234567', 'rgb(0,0,0)', '#000000;}', 0].map(
      (brandColor): [string, Record<string, unknown>] => ['brandColor', { brandColor }],
    ),
    ...[
      'http://cdn.example.com/logo.png',
      'data:image/png;base64,AAAA',
      'javascript:alert(1)',
      'chess://logo.png',
      'https://cdn.example.com;script-src/logo.png',
      "https://cdn.example.com'/logo.png",
      'https://a,b/logo.png',
      'https://*/logo.png',
      'https://user@cdn.example.com/logo.png',
    ].map((logoUrl): [string, Record<string, unknown>] => ['logoUrl', { logoUrl }]),
    ['appUrl', {}],
    ['status', {}],
    ['jwtEnabled', { jwtEnabled: 'true' }],
    ['jwtEnabled', { jwtEnabled: 1 }],
    ['signupFlow', { signupFlow: 'mail' }],
    ['twoFactorVerification', { twoFactorVerification: 'totp' }],
    ['twoFactorVerification', { twoFactorVerification: 'phone', TWILIOAccountSid: 'AC1' }],
    ['maxUsers', { maxUsers: -1 }],
    ['maxUsers', { maxUsers: 1.5 }],
    ['maxUsers', { maxUsers: 'many' }],
    ['maxLoginAttempts', { maxLoginAttempts: true }],
    ['userJWTExpiration', { userJWTExpiration: 0 }],
    ['userJWTExpiration', { userJWTExpiration: 1e9 }],
    ['passwordSetting', { passwordMinLength: -2 }],
    ['appleBundleId', { appleBundleId: '' }],
    ['googleClientId', { googleClientId: ' , ' }],
    ['userJWTAudience', { userJWTAudience: 'a' }],
    ['handleType', { handle: 'post' }],
    ['appSecret', { appSecret: 'x' }],
  ];
  for (const [setting, values] of REFUSED) {
    it(`refuses ${setting} ${JSON.stringify(values)} and changes nothing`, async () => {
      const app = await host.createApp();
      const { status, body } = await set(app, setting, values);
      assert.deepEqual([status, body.status], [400, 'Fails']);
      assert.deepEqual(await host.deps.store.apps.read(app.id), app);
    });
  }

  it('clears client ids when none are sent, unless that way to log in is on', async () => {
    const app = await host.createApp({
      appleBundleId: 'com.a',
      googleClientId: 'one',
      googleLoginEnabled: true,
    });
    assert.equal((await set(app, 'appleBundleId')).body.appleBundleId, undefined);
    assert.equal((await set(app, 'googleClientId')).status, 400);
  });

  it('masks the SMS account but its last four characters, and takes the mask back as unchanged', async () => {
    const app = await host.createApp();
    const twilio = {
      TWILIOAccountSid: 'AC0123456789',
      TWILIOToken: 'planted-token-1',
      TWILIOPhoneNumber: '+15550001111',
    };
    const { body } = await set(app, 'twoFactorVerification', { twoFactorVerification: 'phone', ...twilio });
    const masks = {
      TWILIOAccountSid: '********6789',
      TWILIOToken: '***********en-1',
      TWILIOPhoneNumber: '********1111',
    };
    for (const [name, mask] of Object.entries(masks)) assert.equal(body[name], mask);
    const again = { twoFactorVerification: 'phone', ...masks, TWILIOPhoneNumber: '+15550002222' };
    assert.equal((await set(app, 'twoFactorVerification', again)).status, 200);
    assert.deepEqual((await host.deps.store.apps.read(app.id))?.twilio, {
      accountSid: 'AC0123456789',
      token: 'planted-token-1',
      phoneNumber: '+15550002222',
    });
  });

  it('demands codes by SMS without an account of the app only while the host has one', async () => {
    const app = await host.createApp();
    assert.equal((await set(app, 'twoFactorVerification', { twoFactorVerification: 'phone' })).status, 200);
    const silent = await startTestHost({ config: { sms: 'none' } });
    try {
      const other = await silent.createApp();
      const json = { appId: other.id, setting: 'twoFactorVerification', twoFactorVerification: 'phone' };
      assert.equal((await silent.portal('POST', '/api/app/updateAppSetting', { json })).status, 400);
    } finally {
      await silent.stop();
    }
  });

  it('masks the mail key, keeps it when the mask comes back, and changes the sender beside it', async () => {
    const app = await host.createApp();
    const key = 'SG.planted-mail-key';
    await set(app, 'emailExtensionAPIKey', {
      emailExtensionAPIKey: key,
      emailExtensionSenderEmail: 'a@b.co',
    });
    const { body } = await set(app, 'emailExtensionAPIKey', {
      emailExtensionAPIKey: '***************-key',
      emailExtensionSenderEmail: 'c@d.co',
    });
    assert.deepEqual(
      [body.emailExtensionAPIKey, body.emailExtensionSenderEmail],
      ['***************-key', 'c@d.co'],
    );
    assert.equal((await host.deps.store.apps.read(app.id))?.emailExtensionApiKey, key);
  });

  it('changes the form of user ids only while the app has no users', async () => {
    const app = await host.createApp();
    assert.equal((await set(app, 'userIdFormat', { userIdFormat: 'handle' })).status, 200);
    await host.createUser(app);
    assert.equal((await set(app, 'userIdFormat', { userIdFormat: 'uid' })).status, 400);
    assert.equal((await set(app, 'userIdFormat', { userIdFormat: 'handle' })).status, 200);
  });

  it('takes a new form of user ids back when somebody joined in that moment', async () => {
    const app = await host.createApp();
    const { apps } = host.deps.store;
    const answer = await beforeNext(apps, 'replace', {
      meanwhile: () => host.createUser(app),
      work: () => set(app, 'userIdFormat', { userIdFormat: 'handle' }),
    });
    assert.equal(answer.status, 400);
    assert.equal((await apps.read(app.id))?.userIdFormat, 'uid');
  });

  it('stops an app in every status but active, and tells clients which it is', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    const login = () => asClient(app, 'POST', 'login', { handle: 'ada@example.com', password: PASSWORD });
    for (const [status, code] of [
      ['inactive', 402],
      ['suspended', 402],
      ['blocked', 402],
      ['migrated', 413],
    ] as const) {
      await set(app, 'status', { status });
      assert.equal((await login()).body.code, code, status);
      assert.equal((await asClient(app, 'GET', 'getApplication')).body.status, status);
    }
    await set(app, 'status', { status: 'active' });
    assert.equal((await login()).status, 200);
  });

  it('switches signup off, and its flow', async () => {
    const app = await host.createApp();
    const signUp = (handle: string) => asClient(app, 'POST', 'signup', { handle, password: PASSWORD });
    await set(app, 'signup', { signupEnabled: false });
    assert.equal((await signUp('a@example.com')).body.code, 407);
    await set(app, 'signup', { signupEnabled: true });
    await set(app, 'signupFlow', { signupFlow: 'none' });
    assert.ok((await signUp('a@example.com')).body.jwt);
    await set(app, 'maxUsers', { maxUsers: 1 });
    assert.equal((await signUp('b@example.com')).body.code, 407);
  });

  it('puts the audience and the expiration into user JWTs', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    const claims = async () => {
      const { body } = await asClient(app, 'POST', 'login', {
        handle: 'ada@example.com',
        password: PASSWORD,
      });
      return JSON.parse(Buffer.from(body.jwt.split('.')[1], 'base64url').toString());
    };
    await set(app, 'realmAppId', { realmAppId: 'realm-1' });
    await set(app, 'userJWTExpiration', { userJWTExpiration: 2 });
    const { aud, exp, iat } = await claims();
    assert.deepEqual([aud, exp - iat], ['realm-1', 7200]);
    await set(app, 'userJWTAudience', { userJWTAudience: ['one', 'two'] });
    assert.deepEqual((await claims()).aud, ['one', 'two']);
  });

  it('logs the names of what changed and says so in an event, never the values', async () => {
    const app = await host.createApp();
    const twilio = {
      TWILIOAccountSid: 'AC1',
      TWILIOToken: 'planted-token-2',
      TWILIOPhoneNumber: '+15550001111',
    };
    await set(app, 'twoFactorVerification', { twoFactorVerification: 'phone', ...twilio });
    await update(app, { emailExtensionAPIKey: 'planted-token-2' });
    const { body } = await host.portal('GET', `/api/app/logs?appId=${app.id}`);
    const values = body.logs.map(({ action, value }: Record<string, string>) => [action, value]).sort();
    assert.deepEqual(values, [
      ['update', '["emailExtensionAPIKey"]'],
      ['updateAppSetting', 'twoFactorVerification'],
    ]);
    const events = host.events.filter(
      (line) => line.event === 'app_setting_changed' && line.appId === app.id,
    );
    assert.deepEqual(
      events.map(({ settings }) => settings),
      [['twoFactorVerification', 'twilio'], ['emailExtensionApiKey']],
    );
    assert.ok(!JSON.stringify([body, host.lines]).includes('planted-token-2'));
  });
});
