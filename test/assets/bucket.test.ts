import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { anOwner, call, type Owner, put } from '../http/asset/stage.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { NO_S3_SERVER, type S3Server, s3ServerAvailable, startS3Server } from '../support/s3-server.ts';
import { until } from '../support/until.ts';
import { promisesOfStorage } from './storage-conformance.ts';

const HOUR = 3_600_000;
/** A minute after a storage is back nothing is left in it that was taken away meanwhile. */
const SOON_MS = 60_000;

describe('files in a bucket', { skip: !s3ServerAvailable() && NO_S3_SERVER }, () => {
  let server: S3Server;
  let host: TestHost;
  let settings: Partial<App>;
  before(async () => {
    server = await startS3Server();
    // The storage goes by the time of day.
    host = await startTestHost({ now: Date.now() });
    const { bucket, region, endpoint = '', keyId, secret } = server.place;
    settings = {
      assetStorage: 's3',
      assetBucket: bucket,
      assetRegion: region,
      assetEndpoint: endpoint,
      assetKeyId: keyId,
      assetSecret: secret,
    };
  });
  after(async () => {
    await host?.stop();
    await server?.stop();
  });
  const owner = (more: Partial<App> = {}) => anOwner(host, { ...settings, ...more });
  const lies = async (of: Owner) => (await server.objects()).filter((name) => name.includes(of.user.id));

  promisesOfStorage(() => ({ host, settings, objects: () => server.objects() }));

  it('are changed when somebody writes to the address after the asset was made', async () => {
    const one = await owner();
    const { body } = await one.init();
    const write = (text: string) => put(body.writeUrls.writeUrl, text, body.headers);
    await write('hello');
    await one.post('create', { contentId: body.contentId });
    assert.equal((await one.get(`/${body.contentId}`)).body.status, 'active');
    assert.equal((await write('world')).status, 200);
    assert.equal((await one.get(`/${body.contentId}`)).body.status, 'changed');
    const { body: found } = await one.post('refresh', { ids: [body.contentId] });
    assert.equal(found.rows[0].status, 'changed');
    const json = { appId: one.app.id };
    const { body: shown } = await host.portal('GET', `/api/app/assets?appId=${json.appId}`);
    assert.equal(shown.rows[0].status, 'changed');
  });

  it('are read at addresses of a week at most', async () => {
    const one = await owner();
    const { body } = await one.upload('hello', { expirationHours: 8_760 });
    assert.equal(body.expirationHours, 8_760);
    assert.equal(Date.parse(body.expiration), host.clock.now() + 168 * HOUR);
    assert.equal(new URL(body.url).searchParams.get('X-Amz-Expires'), '604800');
  });

  it('are public below the address that was set, and not without one', async () => {
    const one = await owner();
    const refused = await one.init({ expirationHours: 0 });
    assert.deepEqual([refused.body.code, refused.body.field], [602, 'expirationHours']);
    const other = await owner({ assetPublicBase: 'https://cdn.example.com/files' });
    const { body } = await other.upload('hello', { expirationHours: 0 });
    assert.equal(body.url, `https://cdn.example.com/files/${body.path}`);
    assert.equal(body.expiration, undefined);
  });

  it('are listed while the storage is away, and made when it is back', async () => {
    const one = await owner();
    const kept = await one.upload();
    const { body } = await one.init();
    await put(body.writeUrls.writeUrl, 'hello', body.headers);
    await server.kill();
    try {
      assert.equal((await one.post('create', { contentId: body.contentId })).status, 503);
      const listed = await one.get();
      assert.equal(listed.status, 200);
      assert.equal(listed.body.rows[0]._id, kept.body._id);
      assert.equal((await one.init()).status, 200);
      const tried = await host.portal('POST', '/api/app/testStorage', { json: { appId: one.app.id } });
      assert.equal(tried.body.ok, false);
      assert.match(JSON.stringify(tried.body), /nothing listens/);
    } finally {
      await server.restart();
    }
    assert.equal((await one.post('create', { contentId: body.contentId })).status, 200);
  });

  it('are gone within a minute of the storage coming back', async () => {
    const [one, other] = [await owner(), await owner()];
    const { body } = await one.upload();
    await one.upload();
    await other.upload();
    await server.kill();
    await one.post('remove', { ids: [body._id] });
    const json = { appId: other.app.id, handle: other.user.handle };
    assert.equal((await host.portal('POST', '/api/app/removeUser', { json })).status, 200);
    assert.equal((await one.get(`/${body._id}`)).body.reason, 'unknown_asset');
    // So long that every file was tried several times.
    for (let minutes = 0; minutes < 5; minutes++) {
      host.clock.advance(60_000);
      host.deps.wakeAssets();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.equal((await lies(one)).length + (await lies(other)).length, 3);
    await server.restart();
    host.clock.advance(SOON_MS - 1);
    host.deps.wakeAssets();
    await until(
      'they are gone',
      async () => (await lies(one)).length === 1 && (await lies(other)).length === 0,
    );
  });

  it('are out of reach of another key, and of nobody who is told of it', async () => {
    const one = await owner({ assetSecret: 'of somebody else' });
    const { body } = await one.init();
    assert.equal((await put(body.writeUrls.writeUrl, 'hello', body.headers)).status, 403);
    assert.equal((await one.post('create', { contentId: body.contentId })).status, 503);
    const { body: tried } = await host.portal('POST', '/api/app/testStorage', {
      json: { appId: one.app.id },
    });
    const auth = tried.steps.find(({ step }: { step: string }) => step === 'auth');
    assert.equal(auth.ok, false);
    assert.match(auth.repair, /assetSecret/);
    assert.equal((await call('GET', String(server.place.endpoint))).status, 403);
  });
});
