import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertCode } from '../../contract/table.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { anOwner, call } from './stage.ts';

describe('what an app says of files', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  async function save(appId: string, settings: Record<string, unknown>) {
    const { revision } = (await host.portal('GET', `/api/app/appId/${appId}`)).body;
    return host.portal('POST', '/api/app/settings', { json: { appId, revision, settings } });
  }

  it('is off at first, and shown whole but for the secret', async () => {
    const { body } = await host.portal('POST', '/api/app', { json: { name: 'with files' } });
    const { appId } = body;
    const first = (await host.portal('GET', `/api/app/appId/${appId}`)).body;
    assert.deepEqual(Object.fromEntries(Object.entries(first).filter(([name]) => name.startsWith('asset'))), {
      assetStorage: 'off',
      assetMaxMb: 25,
      assetQuotaMb: 0,
      assetTypes: 'image/*,video/*,application/pdf',
    });
    const settings = {
      assetStorage: 's3',
      assetBucket: 'files',
      assetRegion: 'eu-central-1',
      assetKeyId: 'AKID',
      assetEndpoint: 'http://127.0.0.1:9',
      assetPublicBase: 'https://cdn.example.com/files',
      assetMaxMb: 100,
      assetQuotaMb: 500,
      assetTypes: 'image/png, */*',
    };
    const saved = await save(appId, { ...settings, assetSecret: 'a-long-secret' });
    assert.equal(saved.status, 200, saved.text);
    const { assetSecret } = saved.body;
    assert.equal(assetSecret, '*********cret');
    assert.deepEqual({ ...saved.body, ...settings }, saved.body);
    await save(appId, { assetSecret, assetMaxMb: 50 });
    assert.equal((await host.deps.store.apps.read(appId))?.assetSecret, 'a-long-secret');
    const removed = await save(appId, { assetSecret: '', assetBucket: '' });
    assert.deepEqual([removed.body.assetSecret, removed.body.assetBucket], [undefined, undefined]);
  });

  it('is refused where it cannot be', async () => {
    const { app } = await anOwner(host);
    const cases: [string, unknown][] = [
      ['assetStorage', 'ftp'],
      ['assetEndpoint', 'http://example.com'],
      ['assetEndpoint', 'ftp://127.0.0.1'],
      ['assetEndpoint', 'https://user:word@example.com'],
      ['assetPublicBase', 'http://cdn.example.com'],
      ['assetMaxMb', 0],
      ['assetQuotaMb', -1],
      ['assetTypes', ''],
      ['assetTypes', 'image'],
      ['assetTypes', 'image/*/x'],
      ['assetBucket', 'a\nb'],
    ];
    for (const [name, value] of cases) {
      const { status, body } = await save(app.id, { [name]: value });
      assert.deepEqual([name, value, status, body.field], [name, value, 400, name]);
    }
  });

  it('counts from the next call on', async () => {
    const owner = await anOwner(host);
    const { url } = (await owner.upload()).body;
    await save(owner.app.id, { assetTypes: 'video/*', assetMaxMb: 1 });
    assert.equal((await owner.init()).body.reason, 'type_not_allowed');
    assert.equal((await owner.get()).body.rows.length, 1);
    await save(owner.app.id, { assetStorage: 'off' });
    assert.equal((await call('GET', url)).status, 404);
    await save(owner.app.id, { assetStorage: 'local' });
    assert.equal((await call('GET', url)).status, 200);
  });

  it('is asked for after who asks, and whether the app is there', async () => {
    const owner = await anOwner(host);
    const calls = [
      () => owner.init(),
      () => owner.post('create', { contentId: '0' }),
      () => owner.get(),
      () => owner.get('/usage'),
      () => owner.get('/0'),
      () => owner.post('refresh', { ids: ['0'] }),
      () => owner.post('update', { id: '0' }),
      () => owner.post('remove', { ids: ['0'] }),
    ];
    const all = async (code: number, about: string) => {
      for (const one of calls) assertCode(await one(), code, about);
    };
    const status = (value: string) =>
      host.portal('POST', '/api/app/updateAppSetting', {
        json: { appId: owner.app.id, setting: 'status', status: value },
      });
    for (const value of ['inactive', 'suspended', 'blocked']) {
      await status(value);
      await all(402, value);
    }
    await status('migrated');
    await all(413, 'migrated');
    await status('active');
    const json = { appId: owner.app.id, userId: owner.user.id };
    await host.portal('POST', '/api/app/user', { json: { ...json, status: 'suspend' } });
    await all(404, 'suspended');
    await host.portal('POST', '/api/app/user', { json: { ...json, status: 'active' } });
    await all(405, 'the token died with the suspension');
    const missing = await host.request('GET', '/api/asset', {});
    assert.deepEqual([missing.body.code, missing.body.reason], [403, 'no_credential']);
    const app = await host.request('GET', '/api/asset', { headers: { 'app-token': owner.app.appToken } });
    assert.deepEqual([app.body.code, app.body.reason], [403, 'wrong_credential']);
    await host.portal('DELETE', `/api/app/${owner.app.id}`);
    await all(401, 'the app is gone');
  });
});
