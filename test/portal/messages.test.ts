import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { smsSize } from '../../portal/messages/sms.ts';
import type { App } from '../../server/model/app.ts';
import type { Role } from '../../server/model/operator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const MARKUP = '<script>alert(1)</script>';
const BODY = '<h1>Hi</h1><p>%CODE%</p>';

describe('the messages of an app in the portal', () => {
  let host: TestHost;
  let app: App;
  let messages: string;
  const clients = new Map<Role, PortalClient>();
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({ name: 'Tea Room', locales: ['EN', 'DE'], signupEnabled: true });
    host.clock.advance(1_000);
    messages = `/portal/hosts/here/apps/${app.id}/messages`;
    for (const role of ['owner', 'support', 'viewer'] as const) {
      const client = new PortalClient(host);
      await client.signIn(await makeOperator(host, role));
      clients.set(role, client);
    }
  });
  after(async () => {
    for (const client of clients.values()) client.close();
    await host.stop();
  });
  const as = (role: Role) => clients.get(role) as PortalClient;
  const hidden = (text: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
  async function save(fields: Record<string, string>, path = `${messages}/signUp/EN`) {
    const { text } = await as('owner').get(`${messages}/signUp/EN`);
    const updatedAt = hidden(text, 'updatedAt');
    return as('owner').post(path, {
      updatedAt,
      subject: 'Hello',
      htmlTemplate: BODY,
      replyTo: '',
      ...fields,
    });
  }
  const stored = (locale: string) => host.deps.store.templates.find(app.id, 'signUp', locale);

  it('are a table of texts and languages with marks', async () => {
    const { text } = await as('owner').get(messages);
    assert.equal(text.match(/>Built in</g)?.length, 16);
    assert.match(text, /Signup with a code, DE: /);
  });

  it('are edited, copied to a language and reverted', async () => {
    const saved = await save({});
    assert.equal(saved.status, 303);
    assert.match((await as('owner').follow(saved)).text, /Saved\.[\s\S]*>Own</);
    assert.equal((await stored('EN'))?.htmlTemplate, BODY);
    const copied = await save({ language: 'DE' }, `${messages}/signUp/EN/copy`);
    assert.equal(copied.headers.location, `${messages}/signUp/DE`);
    assert.equal((await stored('DE'))?.subject, 'Hello');
    assert.equal((await as('owner').get(messages)).text.match(/class="cell own"/g)?.length, 2);
    await save({}, `${messages}/signUp/EN/revert`);
    assert.equal(await stored('EN'), undefined);
    const { rows } = await host.deps.store.audit.list({}, { limit: 3 });
    assert.deepEqual(
      rows.map(({ action, target }) => [action, target]),
      [
        ['revertText', 'signUp EN'],
        ['changeText', 'signUp DE'],
        ['changeText', 'signUp EN'],
      ],
    );
  });

  it('say which placeholder is missing, and keep what was typed', async () => {
    const refused = await save({ htmlTemplate: `<p>${MARKUP}</p>` });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /aria-invalid="true"/);
    assert.match(refused.text, /&lt;script&gt;alert/);
    assert.doesNotMatch(refused.text, /<script>alert/);
    assert.match((await save({ htmlTemplate: '<p>Hi</p>' })).text, /%CODE% is missing/);
  });

  it('show both texts where another one was saved in between', async () => {
    const stale = await save({ updatedAt: '2001-01-01T00:00:00.000Z', subject: 'Mine' });
    assert.equal(stale.status, 409);
    assert.match(stale.text, /Mine[\s\S]*Keep mine[\s\S]*Take theirs/);
    assert.equal(await stored('EN'), undefined);
  });

  it('are previewed under a policy of their own, in each view', async () => {
    const owner = as('owner');
    const { headers, text } = await owner.get(`${messages}/signUp/EN/preview?view=wide`);
    assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none'; style-src/);
    assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
    assert.match(text, /ada@example\.com/);
    const dark = await owner.get(`${messages}/signUp/EN/preview?view=dark`);
    assert.doesNotMatch(dark.text, /prefers-color-scheme: ?dark/);
    assert.match(
      (await owner.get(`${messages}/signUp/EN/preview?view=plain`)).text,
      /<pre>Your code for Tea Room/,
    );
    const sms = await owner.get(`${messages}/sms/EN/preview`);
    assert.match(sms.text, /\d+ characters, sent as 1 SMS/);
    await owner.get(`${messages}/signUp/EN`);
    const typed = { htmlTemplate: '<p>typed %CODE%</p>', subject: 'x', view: 'wide' };
    assert.match((await owner.post(`${messages}/signUp/EN/preview`, typed)).text, /typed 123456/);
    await owner.get(`${messages}/signUp/EN`);
    const broken = await owner.post(`${messages}/signUp/EN/preview`, { ...typed, htmlTemplate: MARKUP });
    assert.equal(broken.status, 422);
    assert.doesNotMatch(broken.text, /<script>/);
  });

  it('are sent to oneself and tried step by step', async () => {
    const sent = await save({ to: 'me@example.com' }, `${messages}/signUp/EN/send`);
    assert.match(sent.text, /<b>Accepted<\/b>/);
    assert.ok((await host.outbox()).some(({ to }) => to === 'me@example.com'));
    const wrong = await save({ to: 'nobody' }, `${messages}/signUp/EN/send`);
    assert.equal(wrong.status, 422);
    await as('owner').get(messages);
    assert.match((await as('owner').post(messages, { to: 'me@example.com' })).text, /<b>Accepted<\/b>/);
  });

  it('stand in a delivery log, whole or masked; texts are for owner and admin', async () => {
    const headers = { 'app-token': app.appToken };
    const json = { handle: 'new@example.com', password: PASSWORD };
    await host.request('POST', '/api/appuser/signup', { headers, json });
    await host.outbox();
    for (const role of ['owner', 'support'] as const)
      assert.match((await as(role).get(`${messages}/delivery?state=sent`)).text, /new@example\.com/);
    const viewer = await as('viewer').get(messages);
    assert.match(viewer.text, /<h1>Delivery log<\/h1>[\s\S]*n…@e…/);
    assert.doesNotMatch(viewer.text, /new@example/);
    assert.match((await as('owner').get(`${messages}/delivery?state=failed`)).text, /Nothing matches/);
    for (const role of ['support', 'viewer'] as const)
      for (const path of ['/signUp/EN', '/signUp/EN/preview'])
        assert.equal((await as(role).get(messages + path)).status, 403);
    for (const path of ['/signUp/XX', '/nothing/EN', '/toString/EN'])
      assert.equal((await as('owner').get(messages + path)).status, 404, path);
  });

  it('are sent again only where they belong to the app', async () => {
    await as('support').get(`${messages}/delivery`);
    assert.equal((await as('support').post(`${messages}/delivery/${'0'.repeat(24)}`)).status, 404);
    await as('viewer').get(`${messages}/delivery`);
    assert.equal((await as('viewer').post(`${messages}/delivery/${'0'.repeat(24)}`)).status, 403);
  });
});

describe('the length of an SMS', () => {
  it('goes by the alphabet its characters need', () => {
    for (const [text, alphabet, length, segments] of [
      ['a'.repeat(160), 'gsm', 160, 1],
      ['a'.repeat(161), 'gsm', 161, 2],
      ['€'.repeat(80), 'gsm', 160, 1],
      [`${'a'.repeat(306)}b`, 'gsm', 307, 3],
      ['あ'.repeat(70), 'unicode', 70, 1],
      ['あ'.repeat(71), 'unicode', 71, 2],
      ['🍵', 'unicode', 2, 1],
    ] as const)
      assert.deepEqual(smsSize(text), { alphabet, length, segments });
  });
});
