import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { assertCode } from '../../contract/table.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { until } from '../../support/until.ts';
import { anOwner, call, ownerIn, put } from './stage.ts';

const HEX = /^[\da-f]{32}$/;
const HOUR = 3_600_000;

describeOnBothStores('files of users', (host) => {
  it('are reserved, uploaded, made, listed, read and removed', async () => {
    const owner = await anOwner(host());
    const begun = await owner.init({ size: '5' });
    assert.equal(begun.status, 200, begun.text);
    const { contentId, writeUrls, headers, expiresAt } = begun.body;
    assert.match(contentId, HEX);
    assert.deepEqual(Object.keys(writeUrls), ['writeUrl']);
    assert.equal(Date.parse(expiresAt), host().clock.now() + HOUR);
    const early = await owner.post('create', { contentId });
    assertCode(early, 602, 'nothing uploaded');
    assert.deepEqual([early.body.reason, early.body.field], ['not_uploaded', 'contentId']);
    const written = await put(writeUrls.writeUrl, 'hello', headers);
    assert.equal(written.status, 200, String(written.bytes));
    assert.ok(written.headers.etag);

    const facts = {
      caption: 'Sommer',
      extra: { album: 1 },
      xRes: 40,
      yRes: '30',
      duration: 1.5,
      color: '#ff0000',
    };
    const made = await owner.post('create', { contentId, ...facts });
    assert.equal(made.status, 200, made.text);
    const { url, expiration, createdAt, updatedAt, ...asset } = made.body;
    const path = `${owner.user.id}/a/photo-${contentId}.jpg`;
    assert.deepEqual(asset, {
      _id: contentId,
      userId: owner.user.id,
      path,
      contentType: 'image/jpeg',
      size: 5,
      storageSize: 5,
      caption: 'Sommer',
      extra: { album: 1 },
      xRes: 40,
      yRes: 30,
      duration: 1.5,
      color: '#ff0000',
      expirationHours: 24,
      access: 'private',
      status: 'active',
      refCount: 1,
    });
    assert.equal(Date.parse(expiration), host().clock.now() + 24 * HOUR);
    const again = await owner.post('create', { contentId, caption: 'another' });
    assert.deepEqual([again.body._id, again.body.caption], [contentId, 'Sommer']);

    const read = await call('GET', url);
    assert.equal(String(read.bytes), 'hello');
    assert.equal(read.headers['content-type'], 'image/jpeg');
    assert.equal(read.headers['content-security-policy'], 'sandbox');
    assert.equal(read.headers['x-content-type-options'], 'nosniff');
    assert.equal(read.headers['content-disposition'], `attachment; filename="photo-${contentId}.jpg"`);
    assert.equal(read.headers['accept-ranges'], 'bytes');
    assert.equal(read.headers['access-control-allow-origin'], '*');
    assert.match(String(read.headers['access-control-expose-headers']), /ETag/);

    assert.deepEqual((await owner.get('/usage')).body, { bytes: 5, count: 1, quota: 0 });
    assert.deepEqual(
      (await owner.get()).body.rows.map(({ _id }: { _id: string }) => _id),
      [contentId],
    );
    assert.equal((await owner.get(`/${contentId}`)).body.caption, 'Sommer');
    const changed = await owner.post('update', {
      id: contentId,
      caption: '',
      extra: { b: [] },
      access: 'app',
    });
    assert.deepEqual(
      [changed.body.caption, changed.body.extra, changed.body.access],
      [undefined, { b: [] }, 'app'],
    );

    assert.equal((await owner.post('remove', { ids: [contentId] })).text, 'true');
    assert.equal((await call('GET', url)).status, 404);
    assert.deepEqual((await owner.get()).body, { rows: [] });
    assert.deepEqual((await owner.get('/usage')).body, { bytes: 0, count: 0, quota: 0 });
    const folder = join(host().dataDir, 'assets', owner.app.id);
    await until('its files are gone', () => !existsSync(folder));
  });

  it('come with cuts, those that were uploaded', async () => {
    const owner = await anOwner(host());
    const begun = await owner.init({ contentType: 'Video/MP4; codecs=x', filePath: 'clip.MP4', cuts: true });
    assert.deepEqual(Object.keys(begun.body.writeUrls).sort(), [
      'writeUrl',
      'writeUrlLarge',
      'writeUrlMedium',
      'writeUrlSmall',
      'writeUrlVideoPreview',
    ]);
    const { writeUrls, contentId } = begun.body;
    await put(writeUrls.writeUrl, 'video', { 'Content-Type': 'video/mp4' });
    const png = await put(writeUrls.writeUrlSmall, 'picture', { 'Content-Type': 'image/png' });
    assert.equal(png.status, 200);
    await put(writeUrls.writeUrlVideoPreview, 'jp', { 'Content-Type': 'image/jpeg' });
    const made = await owner.post('create', { contentId });
    assert.equal(made.body.storageSize, 14);
    assert.equal(made.body.size, 5);
    assert.ok(made.body.urlVideoPreview && made.body.urlSmall);
    assert.equal(made.body.urlMedium, undefined);
    const small = await call('GET', made.body.urlSmall);
    assert.deepEqual([String(small.bytes), small.headers['content-type']], ['picture', 'image/png']);
    assert.equal((await owner.get('/usage')).body.bytes, 14);
    const pictures = await owner.init({ cuts: true });
    assert.equal(Object.keys(pictures.body.writeUrls).length, 4);
    const paper = await owner.init({ contentType: 'application/pdf', cuts: true });
    assert.equal(Object.keys(paper.body.writeUrls).length, 1);
  });

  it('are shared with the app and found by refresh, all or none', async () => {
    const owner = await anOwner(host());
    const other = await ownerIn(host(), owner.app);
    const [own, shared] = [(await owner.upload()).body._id, (await other.upload()).body._id];
    const refused = await owner.post('refresh', { ids: [own, shared] });
    assert.deepEqual([refused.body.reason, refused.body.field], ['unknown_asset', 'ids']);
    await other.post('update', { id: shared, access: 'app' });
    const both = await owner.post('refresh', { ids: [shared, own] });
    assert.deepEqual(
      both.body.rows.map(({ _id }: { _id: string }) => _id),
      [shared, own],
    );
    assert.equal(String((await call('GET', both.body.rows[0].url)).bytes), 'hello');
    await host().portal('POST', '/api/app/user', {
      json: { appId: owner.app.id, userId: other.user.id, status: 'suspend' },
    });
    assert.equal((await owner.post('refresh', { ids: [shared] })).body.reason, 'unknown_asset');
    assert.equal((await call('GET', both.body.rows[0].url)).status, 404);
  });

  it('page by key, newest first', async () => {
    const owner = await anOwner(host());
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      made.unshift((await owner.upload()).body._id);
      host().clock.advance(1000);
    }
    await owner.init();
    const ids = ({ rows }: { rows: { _id: string }[] }) => rows.map(({ _id }) => _id);
    const first = (await owner.get('?limit=2')).body;
    const second = (await owner.get(`?limit=3&after=${encodeURIComponent(first.next)}`)).body;
    assert.deepEqual([...ids(first), ...ids(second)], made);
    assert.equal(second.next, undefined);
    const other = await ownerIn(host(), owner.app);
    const stolen = await other.get(`?after=${encodeURIComponent(first.next)}`);
    assert.deepEqual([stolen.body.code, stolen.body.field], [602, 'after']);
    const portal = await host().portal('GET', `/api/app/assets?appId=${owner.app.id}&limit=2`);
    assert.deepEqual(ids(portal.body), made.slice(0, 2));
    assert.deepEqual(portal.body.owners, [{ userId: owner.user.id, handle: owner.user.handle, bytes: 30 }]);
    const removed = await host().portal('POST', '/api/app/removeAssets', {
      json: { appId: owner.app.id, ids: made.slice(0, 3) },
    });
    assert.equal(removed.text, 'true');
    assert.deepEqual(ids((await owner.get()).body), made.slice(3));
    const unknown = await host().portal('POST', '/api/app/removeAssets', {
      json: { appId: owner.app.id, ids: [made[4], made[0]] },
    });
    assert.deepEqual([unknown.body.status, unknown.body.reason], ['Fails', 'unknown_asset']);
    assert.deepEqual(ids((await owner.get()).body), made.slice(3));
  });

  it('refuse by type, size and quota before anything is uploaded', async () => {
    const owner = await anOwner(host(), { assetMaxMb: 1, assetQuotaMb: 1 });
    const mb = 1_048_576;
    const cases: [Record<string, unknown>, string, string][] = [
      [{ contentType: 'text/html' }, 'type_not_allowed', 'contentType'],
      [{ contentType: 'image' }, 'type_not_allowed', 'contentType'],
      [{ contentType: 'image/*' }, 'type_not_allowed', 'contentType'],
      [{ size: mb + 1 }, 'too_large', 'size'],
      [{ cuts: ['small'] }, 'quota_exceeded', 'size'],
      [{ size: 0 }, 'unknown_value', 'size'],
      [{ size: -1 }, 'unknown_value', 'size'],
      [{ size: 1.5 }, 'wrong_type', 'size'],
      [{ size: 'many' }, 'unknown_value', 'size'],
      [{ expirationHours: 8761 }, 'unknown_value', 'expirationHours'],
      [{ expirationHours: 0.5 }, 'wrong_type', 'expirationHours'],
      [{ cuts: ['tiny'] }, 'unknown_value', 'cuts'],
    ];
    for (const [sent, reason, field] of cases) {
      const { body } = await owner.init(sent);
      assert.deepEqual([body.code, body.reason, body.field], [602, reason, field], JSON.stringify(sent));
    }
    assert.equal((await owner.init({ size: mb - 10 })).status, 200);
    assert.equal((await owner.init({ size: 11 })).body.reason, 'quota_exceeded');
    assert.equal((await owner.init({ size: 10 })).status, 200);
    assert.deepEqual((await owner.get('/usage')).body, { bytes: mb, count: 0, quota: mb });
    const missing = await owner.post('init', { contentType: 'image/png', size: 1 });
    assert.deepEqual([missing.body.code, missing.body.field], [403, 'filePath']);
  });

  it('are off by default, and every call says so', async () => {
    const owner = await anOwner(host(), { assetStorage: 'off' });
    const calls = [
      owner.init(),
      owner.get(),
      owner.get('/usage'),
      owner.get('/0'),
      owner.post('create', { contentId: '0' }),
      ...['refresh', 'remove'].map((name) => owner.post(name, { ids: ['0'] })),
      owner.post('update', { id: '0' }),
    ];
    for (const { body } of await Promise.all(calls)) {
      assert.deepEqual(body, { code: 602, message: 'invalid data', reason: 'storage_off' });
    }
    const half = await anOwner(host(), { assetStorage: 's3', assetBucket: 'files', assetKeyId: 'AKID' });
    assert.equal((await half.init()).body.reason, 'storage_off');
    const tested = await host().portal('POST', '/api/app/testStorage', { json: { appId: owner.app.id } });
    assert.equal(tested.body.reason, 'storage_off');
  });

  it('never overdraw a quota, however many ask at once', async () => {
    const owner = await anOwner(host(), { assetQuotaMb: 1 });
    const asked = await Promise.all(Array.from({ length: 20 }, () => owner.init({ size: 200_000 })));
    assert.equal(asked.filter(({ status }) => status === 200).length, 5);
  });

  it('are tested by a file that goes there and back', async () => {
    const owner = await anOwner(host());
    const { body } = await host().portal('POST', '/api/app/testStorage', { json: { appId: owner.app.id } });
    assert.equal(body.ok, true);
    assert.deepEqual(
      body.steps.map(({ step, ok }: { step: string; ok: unknown }) => [step, ok]),
      [
        ...['dns', 'tcp', 'tls', 'auth'].map((step) => [step, 'unknown']),
        ...['put', 'head', 'get', 'delete'].map((step) => [step, true]),
      ],
    );
    assert.deepEqual(readdirSync(join(host().dataDir, 'assets', 'uploading')), []);
  });

  it('go with their user, with a reset and with their app', async () => {
    const owner = await anOwner(host());
    const other = await ownerIn(host(), owner.app);
    const folder = join(host().dataDir, 'assets', owner.app.id);
    await owner.upload();
    await other.upload();
    const gone = await host().portal('POST', '/api/app/removeUser', {
      json: { appId: owner.app.id, handle: owner.user.handle },
    });
    assert.equal(gone.status, 200, gone.text);
    await until('the files of the user are gone', () => !existsSync(join(folder, owner.user.id)));
    assert.equal(readdirSync(join(folder, other.user.id)).length, 1);
    await host().portal('POST', '/api/app/reset', { json: { appId: owner.app.id } });
    await until('the files of the app are gone', () => !existsSync(folder));
    const last = await ownerIn(host(), owner.app);
    await last.upload();
    await host().portal('DELETE', `/api/app/${owner.app.id}`);
    await until('the files of the app are gone once more', () => !existsSync(folder));
    assert.deepEqual(await Array.fromAsync(host().deps.store.assets.stream(owner.app.id)), []);
  });

  it('give their room back when who uploads gives up', async () => {
    const owner = await anOwner(host());
    const other = await ownerIn(host(), owner.app);
    const { contentId, writeUrls } = (await owner.init()).body;
    assert.equal((await other.post('remove', { ids: [contentId] })).body.reason, 'unknown_asset');
    assert.equal((await owner.post('remove', { ids: [contentId] })).text, 'true');
    assert.deepEqual((await owner.get('/usage')).body, { bytes: 0, count: 0, quota: 0 });
    assert.equal((await put(writeUrls.writeUrl, 'hello')).status, 404);
    assert.equal((await owner.post('create', { contentId })).body.reason, 'unknown_asset');
    assert.equal((await owner.post('remove', { ids: [contentId] })).body.reason, 'unknown_asset');
  });

  it('are swept after a day when nothing came of them', async () => {
    const owner = await anOwner(host());
    const begun = await owner.init();
    await put(begun.body.writeUrls.writeUrl, 'hello');
    assert.equal((await owner.get('/usage')).body.bytes, 5);
    host().clock.advance(24 * HOUR + 1000);
    host().deps.wakeAssets();
    const folder = join(host().dataDir, 'assets', owner.app.id);
    await until('the upload is gone', () => !existsSync(folder));
    assert.equal(
      (await owner.post('create', { contentId: begun.body.contentId })).body.reason,
      'unknown_asset',
    );
    assert.equal((await owner.get('/usage')).body.bytes, 0);
  });
});
