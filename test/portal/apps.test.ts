import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { VERIFIER_CODE } from '../../portal/keys/verifier-code.ts';
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

  it('outside an operator’s limit are nowhere', async (t) => {
    const [mine, other] = [await host.createApp({ name: 'Mine' }), await host.createApp({ name: 'Other' })];
    const limited = await asRole('admin', [mine.id]);
    const counted = t.mock.method(host.deps.store.users, 'total');
    const { text } = await limited.get(APPS);
    assert.deepEqual(
      counted.mock.calls.map(({ arguments: [appId] }) => appId),
      [mine.id],
      'nothing of the others is even counted',
    );
    assert.match(text, />Mine</);
    assert.doesNotMatch(text, /Other|New app|Tea Room/);
    assert.equal((await limited.get(`${APPS}/${mine.id}`)).status, 200);
    const foreign = await limited.get(`${APPS}/${other.id}`);
    assert.equal(foreign.status, 404);
    assert.doesNotMatch(foreign.text, /Other/);
    assert.equal((await limited.get(`${APPS}/new`)).status, 403);
    limited.close();
  });

  it('have a page whatever word of the machine they are called', async () => {
    for (const name of ['constructor', 'toString', 'invites.title']) {
      const app = await host.createApp({ name });
      const { status, text } = await browser.get(`${APPS}/${app.id}`);
      assert.equal(status, 200, name);
      assert.match(text, new RegExp(`<title>${name}\\b`));
    }
  });

  it('that do not exist are 404', async () => {
    for (const id of ['0'.repeat(32), 'x', '..%2f..'])
      assert.equal((await browser.get(`${APPS}/${id}`)).status, 404);
  });

  it('tick their steps while somebody looks, and leave out the message where none is sent', async () => {
    const app = await host.createApp();
    const home = (await browser.get(`${APPS}/${app.id}`)).text;
    for (const name of [
      'App created',
      'First message sent',
      'First signup',
      'First log-in',
      'Token verified',
    ])
      assert.match(home, new RegExp(`<span>${name} `));
    assert.match(home, new RegExp(`hx-get="${APPS}/${app.id}/steps" hx-trigger="every [1-9]s"`));
    const ticks = async () => (await browser.get(`${APPS}/${app.id}/steps`, { 'hx-request': 'true' })).text;
    assert.equal((await ticks()).match(/class="good"/g)?.length, 1);
    await browser.get(`${APPS}/${app.id}`);
    assert.equal((await browser.post(`${APPS}/${app.id}/test-user`)).status, 200);
    assert.equal((await host.request('GET', `/apps/${app.id}/.well-known/jwks.json`)).status, 200);
    const part = await ticks();
    assert.equal(part.match(/class="good"/g)?.length, 3);
    assert.doesNotMatch(part, /<html/);
    const silent = await host.createApp({ signupFlow: 'none' });
    assert.doesNotMatch((await browser.get(`${APPS}/${silent.id}`)).text, /First message sent/);
  });

  it('have snippets with their own token and addresses, for clients and every verifier', async () => {
    const app = await host.createApp({ userJwtAudience: ['my-sync'] });
    const { text } = await browser.get(`${APPS}/${app.id}`);
    const names = [...text.matchAll(/<summary>([^<]+)</g)].map(([, name]) => name);
    for (const name of [
      'curl',
      'JavaScript, TypeScript',
      'Swift',
      'Kotlin',
      'React Native',
      'PowerSync',
      'Firebase',
    ])
      assert.ok(names.includes(name), name);
    assert.equal(names.length, 5 + 12);
    const { apiUrl } = host.deps.config;
    assert.ok(text.includes(`curl -s ${apiUrl}/api/appuser/login`));
    assert.ok(text.includes(app.appToken));
    assert.ok(text.includes(`jwks_uri: ${apiUrl}/apps/${app.id}/.well-known/jwks.json`));
    assert.doesNotMatch(text, /ISSUER|my-audience/);
    for (const role of ['support', 'viewer'] as const) {
      const client = await asRole(role);
      assert.equal((await client.get(`${APPS}/${app.id}`)).text.includes(app.appToken), false, role);
      client.close();
    }
  });

  it('make a test user whose password works, and show the token decoded', async () => {
    for (const handleType of ['email', 'phone'] as const) {
      const app = await host.createApp({ handleType, passwordFilter: true });
      await browser.get(`${APPS}/${app.id}`);
      const { status, text } = await browser.post(`${APPS}/${app.id}/test-user`);
      assert.equal(status, 200);
      const [handle, passwordText] = [...text.matchAll(/<code>([^<]+)<\/code>/g)].map(([, code]) => code);
      const login = await host.request('POST', '/api/appuser/login', {
        headers: { 'app-token': app.appToken },
        json: { handle, passwordText },
      });
      assert.equal(login.status, 200);
      assert.match(text, /&quot;sub&quot;: &quot;/);
      assert.match(text, /bytes when signed/);
    }
    const viewer = await asRole('viewer');
    const app = await host.createApp();
    assert.doesNotMatch((await viewer.get(`${APPS}/${app.id}`)).text, /Create a test user/);
    assert.equal((await viewer.post(`${APPS}/${app.id}/test-user`)).status, 403);
    viewer.close();
  });

  it('quote to verifiers what the book of connections says', () => {
    const book = readFileSync(new URL('../../docs/connecting.md', import.meta.url), 'utf8');
    for (const [verifier, code] of Object.entries(VERIFIER_CODE))
      assert.ok(book.includes(`\n${code}\n`), verifier);
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
