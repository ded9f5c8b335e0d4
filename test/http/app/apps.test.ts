import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../../support/host.ts';

describe('apps', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const create = (name: string, more = {}) => host.portal('POST', '/api/app', { json: { name, ...more } });
  const search = async (query: string) => {
    const { body } = await host.portal('GET', `/api/app/search${query}`);
    return body.map((app: { name: string }) => app.name);
  };

  it('creates an app and answers exactly the members of the contract', async () => {
    const { status, body } = await create('First');
    assert.equal(status, 200);
    const { appId, appToken, appPublicKey, createdAt, updatedAt, ...rest } = body;
    assert.deepEqual(rest, {
      name: 'First',
      handle: 'email',
      status: 'active',
      locales: ['EN'],
      invitationEnabled: true,
      signupEnabled: true,
      metaDataEmail: true,
      jwtEnabled: false,
      twoFactorVerification: 'none',
    });
    assert.match(appId, /^[0-9a-f]{32}$/);
    assert.equal(createdAt, new Date(host.clock.now()).toUTCString());
    assert.equal(updatedAt, createdAt);
    const pem = Buffer.from(appPublicKey, 'base64').toString();
    assert.ok(pem.startsWith('-----BEGIN PUBLIC KEY-----') && pem.endsWith('-----END PUBLIC KEY-----'));
    assert.equal(createPublicKey(pem).asymmetricKeyDetails?.modulusLength, 2048);
    const client = await host.request('GET', '/api/appuser/getApplication', {
      headers: { 'app-token': appToken },
    });
    assert.equal(client.body.name, 'First');
  });

  it('takes JSON and form bodies', async () => {
    const { body } = await host.portal('POST', '/api/app', { form: { name: 'Form', jwtEnabled: 'true' } });
    assert.equal(body.jwtEnabled, true);
  });

  it('gives a name to one of two racing calls and names it in the refusal', async () => {
    const answers = await Promise.all([create('Contested'), create('Contested')]);
    const lost = answers.find(({ status }) => status !== 200);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
    assert.equal(lost?.body.status, 'Fails');
    assert.match(lost?.body.message, /Contested/);
  });

  it('refuses names that are blank or hold control characters', async () => {
    for (const name of ['  ', 'a\u0000b', 'a\nb', 'x'.repeat(129)]) {
      assert.equal((await create(name)).status, 400);
    }
  });

  it('answers bare true to the check of the host', async () => {
    assert.equal((await host.portal('GET', '/api/app/connection')).text, 'true');
  });

  it('shows an app without its secrets, with ISO dates', async () => {
    const { body } = await create('Shown');
    const { body: shown } = await host.portal('GET', `/api/app/appId/${body.appId}`);
    assert.equal(shown.createdAt, new Date(host.clock.now()).toISOString());
    assert.equal(shown.maxLoginAttempts, '0');
    assert.equal(shown.userIdFormat, 'uid');
    for (const secret of ['appPrivateKey', 'appSecret', 'keys', '_id']) assert.ok(!(secret in shown), secret);
    const { body: all } = await host.portal('GET', '/api/app/allApps');
    assert.deepEqual(
      all.find((app: { appId: string }) => app.appId === body.appId),
      shown,
    );
  });

  it('searches literally, without regard to case unless asked, newest first', async () => {
    await create('Shop (test)');
    host.clock.advance(1000);
    await create('shop.*');
    assert.deepEqual(await search('?name=SHOP'), ['shop.*', 'Shop (test)']);
    assert.deepEqual(await search(`?name=${encodeURIComponent('.*')}`), ['shop.*']);
    assert.deepEqual(await search(`?name=${encodeURIComponent('(test')}`), ['Shop (test)']);
    assert.deepEqual(await search('?name=shop.*&case=true'), ['shop.*']);
    assert.deepEqual(await search('?name=SHOP.*&case=true'), []);
    assert.equal((await search('')).length, (await host.portal('GET', '/api/app/allApps')).body.length);
    assert.equal((await search('?limit=2')).length, 2);
  });

  it('deletes an app with everything in it, and answers false the second time', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    assert.equal((await host.portal('DELETE', `/api/app/${app.id}`)).text, 'true');
    const again = await host.portal('DELETE', `/api/app/${app.id}`);
    assert.deepEqual([again.status, again.text], [200, 'false']);
    assert.equal(await host.deps.store.users.find(app.id, user.id), undefined);
    const client = await host.request('GET', '/api/appuser/getApplication', {
      headers: { 'app-token': app.appToken },
    });
    assert.equal(client.body.code, 401);
    assert.equal((await create(app.name)).status, 200);
  });

  it('resets an app to its settings: nobody is left, texts and token are', async () => {
    const [app, other] = [await host.createApp({ maxUsers: 1 }), await host.createApp()];
    const add = async ({ id: appId }: { id: string }, handle: string) =>
      host.portal('POST', '/api/app/addUser', { json: { appId, handle, password: 'a'.repeat(32) } });
    const { body: added } = await add(app, 'a@example.com');
    await add(other, 'a@example.com');
    const user = await host.deps.store.users.find(app.id, added._id);
    assert.ok(user);
    assert.equal((await host.portal('POST', '/api/app/reset', { json: { appId: app.id } })).text, 'true');
    const { body } = await host.portal('GET', `/api/app/stat?appId=${app.id}`);
    assert.deepEqual([body.totalUser, body.totalSignup, body.totalInvite], [0, 0, 0]);
    assert.equal((await host.portal('GET', `/api/app/stat?appId=${other.id}`)).body.totalUser, 1);
    const headers = { 'access-token': await host.accessToken(app, user) };
    assert.equal((await host.request('GET', '/api/appuser/getUser', { headers })).status, 400);
    assert.equal(await host.deps.store.counters.read(`seats/${app.id}`, host.clock.now()), 0);
    assert.equal((await add(app, 'new@example.com')).status, 200, 'the seat is free again');
    const { body: logs } = await host.portal('GET', `/api/app/logs?appId=${app.id}&filterAction=resetApp`);
    assert.equal(logs.totalLog, 1);
  });
});
