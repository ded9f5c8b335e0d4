import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { anOwner, type Owner, ownerIn } from '../http/asset/stage.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient, unescaped } from '../support/portal-client.ts';

const MARKUP = '"><img src=x onerror=alert(1)>';

describe('the files of users in the portal', () => {
  let host: TestHost;
  let ada: Owner;
  let bob: Owner;
  let base: string;
  const browsers = new Map<string, PortalClient>();
  const as = (role: 'admin' | 'support' | 'viewer') => browsers.get(role) as PortalClient;
  before(async () => {
    host = await startTestHost();
    ada = await anOwner(host, { name: 'Tea Room', assetQuotaMb: 2 });
    bob = await ownerIn(host, ada.app);
    base = `/portal/hosts/here/apps/${ada.app.id}`;
    for (const role of ['admin', 'support', 'viewer'] as const) {
      const browser = new PortalClient(host);
      await browser.signIn(await makeOperator(host, role));
      browsers.set(role, browser);
    }
  });
  after(async () => {
    for (const browser of browsers.values()) browser.close();
    await host.stop();
  });
  const ids = (text: string) =>
    [...text.matchAll(/name="id" value="([\da-f]{32})"/g)].map(([, id = '']) => id);
  const kept = async () =>
    (await host.deps.store.assets.list(ada.app.id, undefined, { limit: 50 })).rows.length;

  it('say what to do first where the app keeps none, and stay out of the way', async () => {
    const app = await host.createApp();
    const other = `/portal/hosts/here/apps/${app.id}`;
    const screen = new RegExp(`href="${other}/assets"`);
    assert.doesNotMatch((await as('admin').get(`${other}/users`)).text, screen);
    const { text } = await as('admin').get(`${other}/assets`);
    assert.match(text, /keeps no files.*settings#set-assets">To the settings/s);
    assert.match((await as('viewer').get(`${other}/assets`)).text, /An owner or admin can switch it on/);
    const shown = await as('admin').get(`${other}/settings`);
    const revision = /name="revision" value="(\d+)"/.exec(shown.text)?.[1] ?? '';
    const was = unescaped(/settings\/assets".*?name="was" value="([^"]*)"/s.exec(shown.text)?.[1] ?? '');
    const types = { assetTypes: 'image/*', assetMaxMb: '7', assetQuotaMb: '0' };
    await as('admin').post(`${other}/settings/assets`, { revision, was, assetStorage: 'local', ...types });
    assert.match((await as('admin').get(`${other}/users`)).text, screen);
    const ready = (await as('admin').get(`${other}/assets`)).text;
    assert.match(ready, /A folder of the host.*image\/\*.*7 MB.*no limit.*No files yet/s);
  });

  it('are listed newest first, with who has how much', async () => {
    assert.equal((await ada.upload('hello', { filePath: 'trips/rome.jpg' })).status, 200);
    host.clock.advance(1_000);
    const late = await ada.upload('x'.repeat(1_048_576), { filePath: 'big.jpg', cuts: false });
    assert.equal(late.status, 200, JSON.stringify(late.body));
    await ada.post('update', { id: late.body._id, caption: MARKUP, access: 'app' });
    host.clock.advance(1_000);
    assert.equal((await bob.upload('y')).status, 200);
    const { text } = await as('support').get(`${base}/assets`);
    assert.doesNotMatch(text, /<img src=x|Test storage|type="checkbox"/);
    assert.ok(unescaped(text).includes(MARKUP));
    assert.match(text, /<bdi>big\.jpg<.*<bdi>trips\/rome\.jpg</s);
    assert.match(text, /data-label="Size">1 MB<.*all users/s);
    const usage = [...text.matchAll(/<th scope="row"><a href="[^"]*"><bdi>([^<]*)</g)].map(
      ([, name]) => name,
    );
    assert.deepEqual(usage, [ada.user.handle, bob.user.handle]);
    assert.match(text, /1 MB <span class="hint">of 2 MB/);
    const link = unescaped(/<a href="(http[^"]*)" rel="noreferrer"/.exec(text)?.[1] ?? '');
    assert.equal((await fetch(link.replace('localhost', '127.0.0.1'))).status, 200);
    const own = (await as('support').get(`${base}/assets?userId=${bob.user.id}`)).text;
    assert.match(own, /Files of one user/);
    assert.equal(own.match(/<tr data-row/g)?.length, 1);
  });

  it('are masked for viewers, without a name, a caption or a link to one', async () => {
    const { text } = await as('viewer').get(`${base}/assets`);
    assert.match(text, /u…@e…/);
    assert.match(text, /image\/jpeg/);
    for (const secret of [ada.user.handle, 'rome', 'big.', 'onerror', '/api/asset', 'noreferrer'])
      assert.equal(text.includes(secret), false, secret);
    for (const path of ['remove?id=x', 'remove', 'test']) {
      const url = `${base}/assets/${path}`;
      await as('viewer').get('/portal/me');
      const answer = path.includes('?') ? await as('viewer').get(url) : await as('viewer').post(url);
      assert.equal(answer.status, 403, path);
      await as('support').get('/portal/me');
      if (!path.includes('?')) assert.equal((await as('support').post(url)).status, 403, path);
    }
  });

  it('stand on the page of their user as a sum', async () => {
    const { text } = await as('viewer').get(`${base}/users/${ada.user.id}`);
    assert.match(text, /<dt>Files<\/dt><dd><a href="[^"]*userId&#x3D;[\da-f]{24}">1 MB<\/a>/);
  });

  it('are tested step by step', async () => {
    await as('admin').get(`${base}/assets`);
    const { text, status } = await as('admin').post(`${base}/assets/test`);
    assert.equal(status, 200);
    assert.match(text, /The storage works\..*Write.*Read.*Remove/s);
    const { rows } = await host.deps.store.audit.list({ action: 'testStorage' }, { limit: 5 });
    assert.equal(rows.length, 1);
  });

  it('go after what goes was said, the name typed for several, and a fresh proof', async () => {
    const all = ids((await as('admin').get(`${base}/assets`)).text);
    assert.equal(all.length, 3);
    const none = await as('admin').follow(await as('admin').get(`${base}/assets/remove`));
    assert.match(none.text, /Select files first/);
    const [newest = '', ...others] = all;
    const one = await as('admin').get(`${base}/assets/remove?id=${newest}`);
    assert.match(one.text, /Deletes files with all smaller versions for good: 1\./);
    assert.doesNotMatch(one.text, /name="typed"/);
    const proof = await as('admin').post(`${base}/assets/remove`, { id: newest });
    assert.match(String(proof.headers.location), /^\/portal\/confirm/);
    assert.equal(await kept(), 3);
    await as('admin').get(`${base}/assets/remove?id=${newest}`);
    assert.match(
      (await as('admin').act(`${base}/assets/remove`, { id: newest })).text,
      /The files are removed/,
    );
    assert.equal(await kept(), 2);
    const query = others.map((id) => `id=${id}`).join('&');
    const asked = await as('admin').get(`${base}/assets/remove?${query}`);
    assert.match(asked.text, /for good: 2\..*name="typed"/s);
    const form = (typed: string) => {
      const raw = new URLSearchParams([
        ['csrf', as('admin').csrf()],
        ['typed', typed],
      ]);
      for (const id of others) raw.append('id', id);
      return { raw: Buffer.from(raw.toString()), type: 'application/x-www-form-urlencoded' };
    };
    const wrong = await as('admin').send(`${base}/assets/remove`, form('Tearoom'));
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /value="Tearoom"[^>]*aria-invalid/);
    assert.equal(await kept(), 2);
    assert.equal((await as('admin').send(`${base}/assets/remove`, form('Tea Room'))).status, 303);
    assert.equal(await kept(), 0);
    await as('admin').get(`${base}/assets`);
    const gone = await as('admin').post(`${base}/assets/remove`, { id: newest });
    assert.equal(gone.status, 422);
    assert.match(gone.text, /gone already/);
    const { rows } = await host.deps.store.audit.list({ action: 'removeAssets' }, { limit: 5 });
    assert.deepEqual(
      rows.map(({ target }) => target),
      ['2', newest],
    );
  });
});
