import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { applicationRoutes } from '../../../server/http/routes/appuser/application.ts';
import { appClient, assertRefused, loggedIn } from '../../support/appuser-client.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

describe('getApplication', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ routes: applicationRoutes });
  });
  after(() => host.stop());

  const ALWAYS = [
    'name status handle jwtEnabled anonymousLoginEnabled userNamesEnabled appleLoginEnabled googleLoginEnabled',
    'invitationEnabled signupEnabled signupFlow twoFactorVerification maxUsers maxLoginAttempts passwordFilter',
    'passwordMinLength passwordMinUpper passwordMinLower passwordMinDigit passwordMinSpecial userJWTExpiration',
    'metaData metaDataInvite metaDataEmail emailExtension locales passwordText renew hostVersion',
    'createdAt updatedAt',
  ]
    .join(' ')
    .split(' ');

  it('answers exactly the members of the contract, and never a secret', async () => {
    const field = { id: 'f1', path: 'user_data.name', fieldName: 'name', required: true };
    const app = await host.createApp({
      appleBundleId: 'com.example',
      googleClientId: 'client',
      googleAppName: 'Example',
      realmAppId: 'realm',
      appData: { CosyncJWTVersion: '1.0.1' },
      metaData: [{ ...field, canEdit: true }],
      metaDataInvite: [field],
      emailExtensionApiKey: 'SG.secret',
      emailExtensionSenderEmail: 'me@example.com',
      twilio: { accountSid: 'AC-secret', token: 'secret', phoneNumber: '+15550001111' },
    });
    const { status, body } = await appClient(host, app).get('getApplication');
    assert.equal(status, 200);
    const set = ['appleBundleId', 'googleClientId', 'googleAppName', 'realmAppId', 'appData'];
    assert.deepEqual(Object.keys(body).sort(), [...ALWAYS, ...set].sort());
    assert.deepEqual(body.metaData, [{ ...field, canEdit: true }]);
    assert.deepEqual(body.metaDataInvite, [field]);
    assert.equal(body.renew, true);
    assert.match(body.hostVersion, /^\d+\.\d+\.\d+/);
    assert.deepEqual(body.appData, { CosyncJWTVersion: '1.0.1' });
    assert.match(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('sends numbers and flags as such, all five password numbers, and leaves out what is unset', async () => {
    const app = await host.createApp({ maxLoginAttempts: 3 });
    const { body } = await appClient(host, app).get('getApplication');
    assert.deepEqual(Object.keys(body).sort(), ALWAYS.sort());
    for (const name of ALWAYS.filter((member) => /^passwordMin|^max|Expiration$/.test(member))) {
      assert.equal(typeof body[name], 'number', name);
    }
    for (const name of ALWAYS.filter((member) => /Enabled$|^passwordFilter$|^emailExtension$/.test(member))) {
      assert.equal(typeof body[name], 'boolean', name);
    }
    assert.deepEqual([body.handle, body.maxLoginAttempts, body.userJWTExpiration], ['email', 3, 24]);
  });

  for (const status of ['inactive', 'suspended', 'blocked', 'migrated'] as const) {
    it(`tells clients that an app is ${status}`, async () => {
      const app = await host.createApp({ status });
      assert.equal((await appClient(host, app).get('getApplication')).body.status, status);
    });
  }

  it('takes an access token, also an expired one, for its app alone', async () => {
    const app = await host.createApp();
    const client = await loggedIn(host, app, await host.createUser(app));
    assert.equal((await client.get('getApplication')).body.name, app.name);
    host.clock.advance(40 * 24 * 3_600_000);
    assert.equal((await client.get('getApplication')).body.name, app.name);
  });

  it('answers 602 without a credential and 401 for an app that is gone', async () => {
    assertRefused(await host.request('GET', '/api/appuser/getApplication'), 602);
    const app = await host.createApp();
    await host.deps.store.apps.remove(app.id);
    assertRefused(await appClient(host, app).get('getApplication'), 401);
  });

  it('answers Swift’s request', async () => {
    const app = await host.createApp();
    const headers = {
      'app-token': app.appToken,
      accept: '*/*',
      'accept-language': 'en-US,en;q=0.9',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'Sample/1 CFNetwork/1490.0.4 Darwin/23.2.0',
    };
    const answer = await host.request('GET', '/api/appuser/getApplication', { headers });
    assert.deepEqual([answer.status, answer.body.name], [200, app.name]);
    assert.equal(answer.headers['cache-control'], 'no-store');
  });
});
