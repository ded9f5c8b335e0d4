import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { anOwner, call, type Fetched, type Owner, put } from '../http/asset/stage.ts';
import type { TestHost } from '../support/host.ts';
import { until } from '../support/until.ts';

/** Where the host under test keeps files. */
export interface StorageStage {
  host: TestHost;
  /** Settings of an app that keeps files there. */
  settings: Partial<App>;
  /** Everything that lies there. */
  objects(): Promise<string[]>;
}

/** What a storage promises to users and apps, whichever it is. */
export function promisesOfStorage(stage: () => StorageStage): void {
  const owner = (settings: Partial<App> = {}) => anOwner(stage().host, { ...stage().settings, ...settings });
  const gone = (why: string, of: Owner) =>
    until(why, async () => (await stage().objects()).every((name) => !name.includes(of.user.id)));
  const reason = ({ body }: { body: { code?: number; reason?: string } }) => [body.code, body.reason];
  /** Refused by whoever takes the bytes, and so nothing is there. */
  const assertRefused = ({ status }: Fetched, what: string) =>
    assert.ok(status >= 400 && status < 500, `${what}: ${status}`);

  it('gives back what was put, whole and in parts, with the type that was announced', async () => {
    const bytes = randomBytes(300_000);
    const made = await (await owner()).upload(bytes, { contentType: 'Image/PNG', filePath: 'a b/é+%.PNG' });
    assert.equal(made.status, 200, made.text);
    assert.deepEqual(
      [made.body.size, made.body.contentType, made.body.status],
      [300_000, 'image/png', 'active'],
    );
    const whole = await call('GET', made.body.url);
    assert.ok(whole.bytes.equals(bytes));
    assert.equal(whole.headers['content-type'], 'image/png');
    assert.match(String(whole.headers['content-disposition']), /^attachment/);
    const part = await call('GET', made.body.url, { range: 'bytes=1000-1999' });
    assert.equal(part.status, 206);
    assert.ok(part.bytes.equals(bytes.subarray(1000, 2000)));
    const head = await call('HEAD', made.body.url);
    assert.ok(head.status === 200 || head.status === 403, 'a signature may be for one method');
  });

  it('takes nothing but what was announced', async () => {
    const one = await owner();
    const { body } = await one.init();
    const { writeUrl } = body.writeUrls;
    const announced: Record<string, string> = body.headers;
    const typed = { ...announced, 'Content-Type': 'text/html' };
    assertRefused(await put(writeUrl, 'hello', typed), 'another type');
    assertRefused(await put(writeUrl, 'hello, you', announced), 'more bytes');
    const forged = writeUrl.replace(/(?<=signature=)./i, (first: string) => (first === 'a' ? 'b' : 'a'));
    assertRefused(await put(forged, 'hello', announced), 'another signature');
    assert.deepEqual(reason(await one.post('create', { contentId: body.contentId })), [602, 'not_uploaded']);
    assert.equal((await put(writeUrl, 'hello', announced)).status, 200);
    assert.equal((await one.post('create', { contentId: body.contentId })).status, 200);
  });

  it('lets one of two uploads win whole', async () => {
    const one = await owner();
    const [a, b] = [Buffer.alloc(200_000, 'a'), Buffer.alloc(200_000, 'b')];
    const { body } = await one.init({ size: a.length });
    await Promise.all([a, b].map((bytes) => put(body.writeUrls.writeUrl, bytes, body.headers)));
    const made = await one.post('create', { contentId: body.contentId });
    const { bytes } = await call('GET', made.body.url);
    assert.ok(bytes.equals(a) || bytes.equals(b));
  });

  it('keeps the cuts that are pictures of the size of cuts', async () => {
    const one = await owner();
    const { body } = await one.init({ contentType: 'video/mp4', cuts: true });
    const { writeUrl, writeUrlSmall, writeUrlLarge, writeUrlVideoPreview } = body.writeUrls;
    await put(writeUrl, 'video', body.headers);
    const as = (type: string) => ({ ...body.headers, 'Content-Type': type });
    assert.equal((await put(writeUrlSmall, 'webp', as('image/webp'))).status, 200);
    assert.equal((await put(writeUrlVideoPreview, 'jpeg', as('image/jpeg'))).status, 200);
    await put(writeUrlLarge, '<script>', as('text/html'));
    const made = await one.post('create', { contentId: body.contentId });
    assert.equal(made.body.urlLarge, undefined);
    assert.equal(made.body.storageSize, 13);
    const small = await call('GET', made.body.urlSmall);
    assert.deepEqual([String(small.bytes), small.headers['content-type']], ['webp', 'image/webp']);
    assert.equal((await one.get('/usage')).body.bytes, 13);
    assert.equal((await stage().objects()).filter((name) => name.includes(one.user.id)).length, 3);
  });

  it('takes an asset away with all its objects', async () => {
    const one = await owner();
    const { body: kept } = await one.upload('kept');
    const { body: begun } = await one.init({ cuts: true });
    await put(begun.writeUrls.writeUrl, 'hello', begun.headers);
    await put(begun.writeUrls.writeUrlSmall, 'cut', begun.headers);
    const { body } = await one.post('create', { contentId: begun.contentId });
    assert.equal((await one.post('remove', { ids: [body._id] })).text, 'true');
    await until('its objects are gone', async () =>
      (await stage().objects()).every((name) => !name.includes(body._id)),
    );
    assert.equal((await call('GET', body.url)).status, 404);
    assert.equal(String((await call('GET', kept.url)).bytes), 'kept');
    assert.deepEqual((await one.get('/usage')).body, { bytes: 4, count: 1, quota: 0 });
  });

  it('takes away what a user leaves behind, what never became an asset included', async () => {
    const one = await owner();
    await one.upload();
    const { body } = await one.init();
    await put(body.writeUrls.writeUrl, 'hello', body.headers);
    const json = { appId: one.app.id, handle: one.user.handle };
    const { status, text } = await one.host.portal('POST', '/api/app/removeUser', { json });
    assert.equal(status, 200, text);
    await gone('the files of the user are gone', one);
  });

  it('takes away what an app leaves behind', async () => {
    const one = await owner();
    await one.upload();
    const { status, text } = await one.host.portal('DELETE', `/api/app/${one.app.id}`);
    assert.equal(status, 200, text);
    await gone('the files of the app are gone', one);
  });

  it('is tried step by step', async () => {
    const one = await owner();
    const { body } = await one.host.portal('POST', '/api/app/testStorage', { json: { appId: one.app.id } });
    assert.equal(body.ok, true, JSON.stringify(body));
    const names = body.steps.map(({ step }: { step: string }) => step);
    assert.deepEqual(names, ['dns', 'tcp', 'tls', 'auth', 'put', 'head', 'get', 'delete']);
    for (const { step, ok } of body.steps.slice(4)) assert.equal(ok, true, step);
  });
}
