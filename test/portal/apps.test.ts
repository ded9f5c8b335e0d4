import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const APPS = '/portal/hosts/here/apps';
const MARKUP = '<img src=x onerror=alert(1)>';

describe('the apps of a host', () => {
  let host: TestHost;
  let browser: PortalClient;
  before(async () => {
    host = await startTestHost();
    browser = new PortalClient(host);
  });
  after(async () => {
    browser.close();
    await host.stop();
  });
  const asRole = async (role: 'owner' | 'admin' | 'support' | 'viewer', apps?: string[]) => {
    const client = new PortalClient(host);
    const limit = apps?.map((appId) => ({ host: 'here', appId }));
    await client.signIn(await makeOperator(host, role, { apps: limit }));
    return client;
  };

  it('are where an operator of one host arrives, and begin empty with one next step', async () => {
    const { text } = await browser.signIn(await makeOperator(host));
    assert.match(text, /<h1>Apps<\/h1>/);
    assert.match(text, /No app yet/);
    assert.match(text, /<a class="button primary" href="\/portal\/hosts\/here\/apps\/new">New app<\/a>/);
  });

  it('are made with a name, a way to sign up and a kind of handle', async () => {
    await browser.get(`${APPS}/new`);
    const made = await browser.post(`${APPS}/new`, { name: 'Tea Room', flow: 'link', handle: 'phone' });
    assert.equal(made.status, 303);
    const page = await browser.follow(made);
    assert.match(page.text, /<h1>Tea Room<\/h1>/);
    const appId = String(made.headers.location).split('/').at(-1) ?? '';
    const app = await host.deps.store.apps.read(appId);
    assert.deepEqual([app?.name, app?.signupFlow, app?.handleType], ['Tea Room', 'link', 'phone']);
    const [row] = await host.deps.store.audit
      .list({ action: 'createApp' }, { limit: 1 })
      .then(({ rows }) => rows);
    assert.deepEqual([row?.target, row?.appId], ['Tea Room', appId]);
  });

  it('keep what was typed where the host refuses it', async () => {
    await browser.get(`${APPS}/new`);
    const taken = await browser.post(`${APPS}/new`, { name: 'Tea Room', flow: 'none', handle: 'email' });
    assert.equal(taken.status, 422);
    assert.match(taken.text, /value="Tea Room"[^>]*aria-invalid="true"/);
    assert.match(taken.text, /<option value="none" selected>/);
    assert.equal((await browser.post(`${APPS}/new`, { name: '  ', flow: 'code' })).status, 422);
  });

  it('show whatever they are called as text', async () => {
    const app = await host.createApp({ name: MARKUP });
    for (const path of [APPS, `${APPS}/${app.id}`]) {
      const { text } = await browser.get(path);
      assert.doesNotMatch(text, /<img src=x/);
      assert.match(text, /&lt;img src&#x3D;x/);
    }
  });

  it('page by key, forwards and back', async () => {
    for (let n = 0; n < 55; n++) {
      host.clock.advance(1);
      await host.createApp({ createdAt: host.clock.now() });
    }
    const names = (text: string) =>
      [...text.matchAll(/<td><a href="[^"]+">([^<]+)<\/a>/g)].map(([, name]) => name);
    const link = (text: string, rel: string) =>
      new RegExp(`href="([^"]+)" rel="${rel}"`)
        .exec(text)?.[1]
        ?.replaceAll('&#x3D;', '=')
        .replaceAll('&amp;', '&');
    const first = await browser.get(APPS);
    assert.equal(names(first.text).length, 50);
    assert.equal(link(first.text, 'prev'), undefined);
    const second = await browser.get(link(first.text, 'next') ?? '');
    assert.equal(new Set([...names(first.text), ...names(second.text)]).size, 57);
    assert.equal(link(second.text, 'next'), undefined);
    assert.deepEqual(names((await browser.get(link(second.text, 'prev') ?? '')).text), names(first.text));
  });

  it('outside an operator’s limit are nowhere', async () => {
    const [mine, other] = [await host.createApp({ name: 'Mine' }), await host.createApp({ name: 'Other' })];
    const limited = await asRole('admin', [mine.id]);
    const { text } = await limited.get(APPS);
    assert.match(text, />Mine</);
    assert.doesNotMatch(text, /Other|New app|Tea Room/);
    assert.equal((await limited.get(`${APPS}/${mine.id}`)).status, 200);
    const foreign = await limited.get(`${APPS}/${other.id}`);
    assert.equal(foreign.status, 404);
    assert.doesNotMatch(foreign.text, /Other/);
    assert.equal((await limited.get(`${APPS}/new`)).status, 403);
    limited.close();
  });

  it('that do not exist are 404', async () => {
    for (const id of ['0'.repeat(32), 'x', '..%2f..'])
      assert.equal((await browser.get(`${APPS}/${id}`)).status, 404);
  });

  it('are made by owner and admin alone', async () => {
    for (const [role, status] of [
      ['admin', 200],
      ['support', 403],
      ['viewer', 403],
    ] as const) {
      const client = await asRole(role);
      assert.equal((await client.get(`${APPS}/new`)).status, status, role);
      assert.equal((await client.get(APPS)).text.includes('New app'), status === 200, role);
      client.close();
    }
  });
});
