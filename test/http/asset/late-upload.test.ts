import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Arrival } from '../../../server/ports/assets/local-assets.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { beforeNext, patched } from '../../support/patched.ts';
import { anOwner, call, type Owner, put } from './stage.ts';

const WEBP = { 'Content-Type': 'image/webp' };

describe('an upload that ends while its asset is made', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  /** A file and a small picture of three bytes, of which no asset is made yet. */
  async function begun() {
    const owner = await anOwner(host);
    const { contentId, writeUrls } = (await owner.init({ cuts: ['small'] })).body;
    assert.equal((await put(writeUrls.writeUrl, 'hello')).status, 200);
    assert.equal((await put(writeUrls.writeUrlSmall, 'one', WEBP)).status, 200);
    return { owner, contentId, writeUrls };
  }

  /** Lists, serves and counts one and the same. */
  async function assertOne(owner: Owner, contentId: string, small: string) {
    const { storageSize, url, urlSmall } = (await owner.get(`/${contentId}`)).body;
    assert.equal(storageSize, 5 + small.length);
    assert.equal((await owner.get('/usage')).body.bytes, 5 + small.length);
    assert.equal(String((await call('GET', url)).bytes), 'hello');
    const read = await call('GET', urlSmall);
    assert.deepEqual([read.status, String(read.bytes)], [200, small]);
    const { etag = '' } = read.headers;
    assert.equal((await call('GET', urlSmall, { 'If-None-Match': etag })).status, 304);
    const object = { appId: owner.app.id, userId: owner.user.id, assetId: contentId, name: '' } as const;
    const lies = await host.deps.localAssets.head({ ...object, part: 'small' });
    assert.equal(etag, `"${lies?.etag}"`);
  }

  for (const [is, text] of [
    ['larger', 'three'],
    ['smaller', '2'],
  ] as const) {
    it(`is listed as it lies, ${is}, when it takes its place after the asset is there`, async () => {
      const { owner, contentId, writeUrls } = await begun();
      const { localAssets } = host.deps;
      const { receive } = localAssets;
      /** Between the look whether it may still be written and the writing. */
      const late = async (object: Parameters<typeof receive>[0], arrival: Arrival) => {
        let looks = 0;
        const state = async () => {
          const seen = await arrival.state();
          looks += 1;
          if (looks === 1) assert.equal((await owner.post('create', { contentId })).status, 200);
          return seen;
        };
        return receive.call(localAssets, object, { ...arrival, state });
      };
      const work = () => put(writeUrls.writeUrlSmall, text, WEBP);
      assert.equal((await patched(localAssets, { receive: late }, work)).status, 200);
      await assertOne(owner, contentId, text);
    });

    it(`is listed as it lies, ${is}, when it takes its place before the asset is there`, async () => {
      const { owner, contentId, writeUrls } = await begun();
      const made = await beforeNext(host.deps.store.assets, 'replace', {
        meanwhile: () => put(writeUrls.writeUrlSmall, text, WEBP),
        work: () => owner.post('create', { contentId }),
      });
      assert.equal(made.body.storageSize, 5 + text.length);
      await assertOne(owner, contentId, text);
    });
  }
});
