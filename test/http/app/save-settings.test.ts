import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { Answer } from '../../support/host.ts';

const HOUR_MS = 3_600_000;

describeOnBothStores('settings of an app that are saved together', (host) => {
  const row = async (app: App) => (await host().portal('GET', `/api/app/appId/${app.id}`)).body;
  const save = async (app: App, settings: unknown, revision?: string) =>
    host().portal('POST', '/api/app/settings', {
      json: { appId: app.id, revision: revision ?? (await row(app)).revision, settings },
    });
  const refusal = ({ status, body }: Answer) => [status, body.status, body.reason, body.field];

  it('are all there afterwards, and one row of the log has their names', async () => {
    const app = await host().createApp();
    const name = `Renamed ${app.id}`;
    const settings = {
      name,
      type: 'development',
      maxUsers: 7,
      maxLoginAttempts: '5',
      userJWTExpiration: 1.5,
      userJWTAudience: ['a', 'b'],
      hideAccounts: true,
      googleAppName: 'My app',
      locales: ['EN', 'DE'],
      metaData: [{ path: 'profile.name', fieldName: 'Name', required: true }],
      TWILIOAccountSid: 'AC-secret-1234',
      TWILIOToken: 'token-secret-1234',
      TWILIOPhoneNumber: '+15551230000',
    };
    const { status, body, text } = await save(app, settings);
    assert.equal(status, 200, text);
    assert.deepEqual(
      [body.name, body.type, body.maxUsers, body.maxLoginAttempts],
      [...[name, 'development', 7, '5']],
    );
    assert.deepEqual([body.userJWTExpiration, body.userJWTAudience], [1.5, ['a', 'b']]);
    assert.deepEqual([body.hideAccounts, body.googleAppName, body.locales], [true, 'My app', ['EN', 'DE']]);
    assert.equal(body.metaData[0].path, 'profile.name');
    assert.deepEqual(await row(app), body);
    const { logs } = (await host().portal('GET', `/api/app/logs?appId=${app.id}`)).body;
    assert.deepEqual(
      logs.map((each: { action: string; value: string }) => [each.action, JSON.parse(each.value)]),
      [['settings', Object.keys(settings)]],
    );
    const told = JSON.stringify([logs, body, host().lines]);
    assert.ok(!told.includes('AC-secret') && !told.includes('token-secret'));
  });

  it('are refused with the app as it is, when another change came between', async () => {
    const app = await host().createApp();
    const { revision } = await row(app);
    const { body: current } = await save(app, { maxUsers: 1 }, revision);
    const late = await save(app, { maxUsers: 2 }, revision);
    assert.deepEqual(refusal(late), [400, 'Fails', 'stale', 'revision']);
    assert.deepEqual(late.body.current, current);
    const others = [3, 4, 5, 6].map((maxUsers) => save(app, { maxUsers }, current.revision));
    const answers = await Promise.all(others);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  it('keep a secret that is not sent, or sent as it is shown, and lose one that is sent empty', async () => {
    const app = await host().createApp();
    const account = { TWILIOAccountSid: 'AC1', TWILIOToken: 'token', TWILIOPhoneNumber: '+15551230000' };
    const mail = { emailExtensionAPIKey: 'SG.key-of-the-app', emailExtensionSenderEmail: 'a@example.com' };
    const { body: shown } = await save(app, { ...account, ...mail });
    const stored = async () => host().deps.store.apps.read(app.id);
    await save(app, { maxUsers: 3 });
    await save(app, {
      emailExtensionAPIKey: shown.emailExtensionAPIKey,
      TWILIOAccountSid: shown.TWILIOAccountSid,
      TWILIOToken: shown.TWILIOToken,
    });
    const kept = await stored();
    assert.deepEqual(kept?.twilio, { accountSid: 'AC1', token: 'token', phoneNumber: '+15551230000' });
    assert.equal(kept?.emailExtensionApiKey, 'SG.key-of-the-app');
    const { body: after } = await save(app, { emailExtensionAPIKey: '', TWILIOToken: '' });
    const gone = await stored();
    assert.deepEqual([gone?.twilio, gone?.emailExtensionApiKey], [undefined, undefined]);
    assert.equal(gone?.emailExtensionSenderEmail, 'a@example.com');
    assert.ok(!('TWILIOToken' in after) && !('emailExtensionAPIKey' in after));
  });

  it('replace lists as a whole, and texts of a language that goes with it', async () => {
    const fields = [{ id: 'one', path: 'a', fieldName: 'a', required: false, canEdit: true }];
    const app = await host().createApp({ locales: ['EN', 'DE'], metaData: fields });
    const templates = (await host().portal('GET', `/api/app/emailTemplates?appId=${app.id}`)).body;
    await host().portal('POST', '/api/app/updateEmailTemplate', {
      json: { appId: app.id, _id: templates.DE[0]._id, subject: 'x', htmlTemplate: '<p>%CODE%</p>' },
    });
    assert.equal((await host().deps.store.templates.list(app.id)).length, 1);
    const { body } = await save(app, { locales: ['EN'], metaData: [{ path: 'b' }] });
    assert.deepEqual(
      body.metaData.map(({ path }: { path: string }) => path),
      ['b'],
    );
    assert.deepEqual(await host().deps.store.templates.list(app.id), []);
  });

  const REFUSED: [title: string, settings: Record<string, unknown>, reason: string, field: string][] = [
    ['an unknown name', { colour: 'red' }, 'unknown_value', 'colour'],
    ['what nobody may change', { appToken: 'x' }, 'unknown_value', 'appToken'],
    ['a value of another type', { signupEnabled: 'yes' }, 'wrong_type', 'signupEnabled'],
    ['nothing', { maxUsers: null }, 'wrong_type', 'maxUsers'],
    ['a value that is none of a few', { signupFlow: 'fax' }, 'unknown_value', 'signupFlow'],
    ['a text that is too long', { realmAppId: 'x'.repeat(300) }, 'too_long', 'realmAppId'],
    ['an empty name', { name: ' ' }, 'unknown_value', 'name'],
    ['a language nobody knows', { locales: ['EN', 'XX'] }, 'unknown_value', 'locales'],
    ['a field that cannot be', { metaData: [{ path: 'iss' }] }, 'metadata_reserved', 'metaData'],
    ['half an SMS account', { TWILIOAccountSid: 'AC1' }, 'missing', 'TWILIOToken'],
    ['no id of a provider that is on', { appleBundleId: '' }, 'missing', 'appleBundleId'],
  ];
  for (const [title, settings, reason, field] of REFUSED) {
    it(`are left as they are by ${title}`, async () => {
      const app = await host().createApp({ appleLoginEnabled: true, appleBundleId: 'com.example' });
      const before = await row(app);
      assert.deepEqual(refusal(await save(app, { maxUsers: 99, ...settings })), [
        ...[400, 'Fails', reason, field],
      ]);
      assert.deepEqual(await row(app), before);
    });
  }

  it('are refused when another app has the name, or users the identifier', async () => {
    const [app, other] = [await host().createApp(), await host().createApp()];
    assert.deepEqual(refusal(await save(app, { name: other.name })), [400, 'Fails', 'taken', 'name']);
    await host().createUser(app);
    const format = app.userIdFormat === 'uid' ? 'raw' : 'uid';
    assert.deepEqual(refusal(await save(app, { userIdFormat: format })), [
      ...[400, 'Fails', 'unknown_value', 'userIdFormat'],
    ]);
  });

  it('say of each key what comes next, and when', async () => {
    const app = await host().createApp();
    const keys = async () => (await host().portal('GET', `/api/app/keys?appId=${app.id}`)).body;
    const step = (phase: string, force = false) =>
      host().portal('POST', '/api/app/rotateAppKey', { json: { appId: app.id, phase, force } });
    const iso = (at: number) => new Date(at).toISOString();
    const [only, ...none] = await keys();
    assert.deepEqual(
      [only.state, only.nextStep, only.notBefore, none],
      ['current', undefined, undefined, []],
    );
    assert.match(only.publicKey, /^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+\n-----END PUBLIC KEY-----$/);
    await step('prepare');
    const next = (await keys()).find(({ state }: { state: string }) => state === 'next');
    assert.deepEqual([next.nextStep, next.notBefore], ['activate', iso(host().clock.now() + 2 * HOUR_MS)]);
    assert.equal((await step('activate')).status, 400);
    host().clock.advance(2 * HOUR_MS);
    assert.equal((await step('activate')).status, 200);
    const previous = (await keys()).find(({ state }: { state: string }) => state === 'previous');
    assert.deepEqual(previous.nextStep, 'retire');
    assert.equal((await step('retire')).status, 400);
    host().clock.advance(Date.parse(previous.notBefore) - host().clock.now());
    assert.equal((await step('retire')).status, 200);
    assert.doesNotMatch(JSON.stringify([only, next, previous]), /PRIVATE/);
  });
});
