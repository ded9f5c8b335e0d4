import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { exported, imported } from '../../contract/events-stage.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { unzipped } from '../../support/zip.ts';
import { anOwner } from './stage.ts';

describe('files of users in an export', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('are listed, without what is in them, and an import takes the archive', async () => {
    const owner = await anOwner(host, { assetSecret: 'hush-hush', assetKeyId: 'key', assetQuotaMb: 7 });
    await owner.init();
    const { _id } = (await owner.upload('hello', { filePath: 'a, "b".jpg', cuts: true })).body;
    await owner.post('update', { id: _id, caption: '=1+1', access: 'app' });
    const zip = await exported(host, owner.app);
    const { 'asset-collection.csv': csv = '', ...files } = await unzipped(Buffer.from(zip));
    assert.equal(Object.keys(files).length, 5);
    const [header, row, ...rest] = csv.split('\n');
    assert.match(String(header), /^_id,appId,userId,path,contentType,size,storageSize,/);
    assert.ok(
      row?.startsWith(
        `${_id},${owner.app.id},${owner.user.id},${owner.user.id}/a_b_-${_id}.jpg,image/jpeg,5,5,`,
      ),
    );
    assert.deepEqual(rest, ['']);
    assert.match(files['app-collection.csv'] ?? '', /hush-hush/);
    assert.equal(await imported(host, zip), 200);
    const safe = await unzipped(
      Buffer.from(await exported(host, owner.app, '&spreadsheet=true&withSecrets=false')),
    );
    assert.match(safe['asset-collection.csv'] ?? '', /,'=1\+1,/);
    assert.doesNotMatch(safe['app-collection.csv'] ?? '', /hush-hush/);
  });

  it('are no table of an app that has none', async () => {
    const owner = await anOwner(host);
    await owner.init();
    const files = await unzipped(Buffer.from(await exported(host, owner.app)));
    assert.equal(Object.keys(files).length, 5);
  });
});
