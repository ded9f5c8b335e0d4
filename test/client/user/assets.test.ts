import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { png } from '../../support/pictures.ts';
import { until } from '../../support/until.ts';
import { ClientStage, done, PASSWORD } from './stage.ts';

const MB = 1_048_576;
const ON: Partial<App> = { signupFlow: 'none', assetStorage: 'local', assetMaxMb: 4, assetQuotaMb: 6 };

describe('files of the client, on a real host', () => {
  let stage: ClientStage;
  before(async () => {
    stage = await ClientStage.start();
  });
  after(() => stage.host.stop());

  async function member(handle: string, app: App) {
    const device = stage.device(app);
    done(await device.auth.signUp({ handle, password: PASSWORD }));
    return { ...device, assets: device.auth.orThrow.assets };
  }
  const pdf = (bytes: number) => new Blob([randomBytes(bytes)], { type: 'application/pdf' });
  const bytesAt = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

  it('uploads from the disk, and shows, changes, shares and removes what is there', async () => {
    const app = await stage.host.createApp(ON);
    const { assets } = await member('ada@example.com', app);
    const folder = mkdtempSync(join(tmpdir(), 'client-assets-'));
    const content = randomBytes(300_000);
    writeFileSync(join(folder, 'manual.pdf'), content);
    const told: number[] = [];
    const asset = await assets.upload(
      await openAsBlob(join(folder, 'manual.pdf'), { type: 'application/pdf' }),
      {
        path: 'papers/the manual.pdf',
        caption: 'How it works',
        extra: { pages: 12 },
        onProgress: ({ loaded, total }) => {
          assert.equal(total, content.length);
          told.push(loaded);
        },
      },
    );
    rmSync(folder, { recursive: true });
    assert.deepEqual(
      [asset.contentType, asset.size, asset.caption, asset.extra, asset.access],
      ['application/pdf', content.length, 'How it works', { pages: 12 }, 'private'],
    );
    assert.match(asset.path, /^[\da-f]+\/papers\/.*\.pdf$/);
    assert.deepEqual(
      told,
      told.toSorted((one, other) => one - other),
    );
    assert.ok(told.length > 2 && told.at(-1) === content.length, 'more is told than the end');
    assert.deepEqual(await bytesAt(asset.url), content);

    assert.deepEqual(await assets.usage(), { bytes: content.length, count: 1, quota: 6 * MB });
    stage.host.clock.advance(1_000);
    const small = await assets.upload(pdf(10));
    const first = await assets.list({ limit: 1 });
    assert.deepEqual([first.rows.map(({ _id }) => _id), typeof first.next], [[small._id], 'string']);
    const { rows, next } = await assets.list({ limit: 1, after: String(first.next) });
    assert.deepEqual([rows.map(({ _id }) => _id), next], [[asset._id], undefined]);
    assert.equal((await assets.get({ id: asset._id })).caption, 'How it works');

    const other = await member('bo@example.com', app);
    await assert.rejects(other.assets.refresh({ ids: [asset._id] }), { reason: 'unknown_asset' });
    const shared = await assets.update({ id: asset._id, access: 'app', caption: '' });
    assert.equal(shared.access, 'app');
    const [seen] = (await other.assets.refresh({ ids: [asset._id] })).rows;
    assert.deepEqual(await bytesAt(String(seen?.url)), content);
    await assert.rejects(other.assets.remove({ ids: [asset._id] }), { reason: 'unknown_asset' });

    assert.equal(await assets.remove({ ids: [asset._id, small._id] }), true);
    assert.deepEqual((await assets.list()).rows, []);
    assert.equal((await fetch(asset.url)).ok, false);
  });

  it('takes the smaller versions that are given, where none can be made', async () => {
    const { assets } = await member('cuts@example.com', await stage.host.createApp(ON));
    const picture = new File([png(1_000, 500)], 'slope.png', { type: 'image/png' });
    const alone = await assets.upload(picture);
    assert.deepEqual([alone.urlSmall, alone.urlMedium], [undefined, undefined]);
    assert.match(alone.path, /slope.*\.png$/);
    const small = new Blob([png(300, 150)], { type: 'image/png' });
    const both = await assets.upload(picture, { cuts: { small } });
    assert.deepEqual(await bytesAt(String(both.urlSmall)), png(300, 150));
    assert.equal(both.storageSize, picture.size + small.size);
    const wrong = assets.upload(picture, { cuts: { small: pdf(20) } });
    await assert.rejects(wrong, { code: 'invalid_data', reason: 'type_not_allowed' });
  });

  it('says why something is refused before a byte is sent', async () => {
    const app = await stage.host.createApp(ON);
    const { assets, auth, asked } = await member('no@example.com', app);
    const cases = [
      [new Blob(['x'], { type: 'text/html' }), 'type_not_allowed'],
      [pdf(4 * MB + 1), 'too_large'],
    ] as const;
    for (const [file, reason] of cases)
      await assert.rejects(assets.upload(file), { code: 'invalid_data', reason });
    await assets.upload(pdf(4 * MB));
    const full = await auth.assets.upload(pdf(3 * MB));
    assert.ok(!full.ok);
    assert.equal(full.error.reason, 'quota_exceeded');
    assert.equal(asked.filter(({ route }) => route.startsWith('/api/asset/init')).length, 4);
    assert.equal((await assets.list()).rows.length, 1);
    const off = await member('off@example.com', await stage.host.createApp({ signupFlow: 'none' }));
    await assert.rejects(off.assets.upload(pdf(1)), { reason: 'storage_off' });
    const nobody = await stage.device(app).auth.assets.list();
    assert.ok(!nobody.ok);
    assert.equal(nobody.error.code, 'session_ended');
    await assert.rejects(assets.upload({ uri: 'file:///a.png', size: 1, type: 'image/png' }), TypeError);
  });

  it('ends when it is given up, and lists nothing', async () => {
    const { assets, auth } = await member('stop@example.com', await stage.host.createApp(ON));
    const given = new AbortController();
    const ended = await auth.assets.upload(pdf(2 * MB), {
      signal: given.signal,
      onProgress: ({ loaded }) => {
        if (loaded > 0) given.abort();
      },
    });
    assert.ok(!ended.ok);
    assert.deepEqual([ended.error.code, (ended.error.cause as Error).name], ['aborted', 'AbortError']);
    await assert.rejects(assets.upload(pdf(1), { signal: AbortSignal.abort() }), { code: 'aborted' });
    const isFree = async () => (await assets.usage()).bytes === 0;
    await until('the room that was reserved is given back', isFree);
    assert.deepEqual((await assets.list()).rows, []);
  });

  it('hands the address of a file over where XMLHttpRequest can send it, as on phones', async () => {
    const { assets } = await member('phone@example.com', await stage.host.createApp(ON));
    const content = randomBytes(1_000);
    const handed: unknown[] = [];
    class Phone {
      readonly upload: { onprogress?: (event: { loaded: number }) => void } = {};
      readonly #headers = new Headers();
      #url = '';
      status = 0;
      responseText = '';
      onload = () => {};
      onerror = () => {};
      open(_method: string, url: string) {
        this.#url = url;
      }
      setRequestHeader(name: string, value: string) {
        this.#headers.set(name, value);
      }
      getResponseHeader = () => null;
      abort() {}
      async send(body: unknown) {
        handed.push(body);
        const answer = await fetch(this.#url, { method: 'PUT', headers: this.#headers, body: content });
        this.upload.onprogress?.({ loaded: content.length });
        this.status = answer.status;
        this.responseText = await answer.text();
        this.onload();
      }
    }
    const picked = { uri: 'file:///photo.jpg', size: content.length, type: 'image/jpeg', name: 'photo.jpg' };
    Object.assign(globalThis, { XMLHttpRequest: Phone });
    try {
      const asset = await assets.upload(picked);
      assert.deepEqual(handed, [picked]);
      assert.match(asset.path, /photo-[\da-f]{32}\.jpe?g$/);
      assert.deepEqual(await bytesAt(asset.url), content);
    } finally {
      Reflect.deleteProperty(globalThis, 'XMLHttpRequest');
    }
  });

  it('says that a write address has ended', async () => {
    const app = await stage.host.createApp(ON);
    const late = stage.device(app, {
      async answer(route, send) {
        const answer = await send();
        if (route === '/api/asset/init') stage.host.clock.advance(61 * 60_000);
        return answer;
      },
    });
    done(await late.auth.signUp({ handle: 'late@example.com', password: PASSWORD }));
    await assert.rejects(late.auth.orThrow.assets.upload(pdf(10)), {
      code: 'invalid_data',
      reason: 'not_uploaded',
    });
  });

  it('has a method for every route of files', () => {
    const ofFiles = Object.entries(stage.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security = [] }]) => path.startsWith('/api/asset') && security.length > 0)
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(
      ofFiles.filter((route) => !stage.reached.has(route)),
      [],
    );
    assert.ok(ofFiles.length > 7);
  });
});
