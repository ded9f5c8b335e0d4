import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const HOST = '/portal/hosts/here';

describe('the screen of a host', () => {
  let host: TestHost;
  let owner: PortalClient;
  before(async () => {
    host = await startTestHost({ config: { serverName: 'auth' } });
    owner = new PortalClient(host);
    await owner.signIn(await makeOperator(host, 'owner', { email: 'ada@example.com' }));
  });
  after(async () => {
    owner.close();
    await host.stop();
  });

  it('says how the host is and what it is set to, without a secret', async () => {
    const { text, status } = await owner.get(HOST);
    assert.equal(status, 200);
    const { body } = await host.portal('GET', '/api/host');
    assert.ok(text.includes(body.version));
    assert.match(text, /Your address as I see it<\/dt><dd><span class="">127\.0\.0\.1</);
    assert.match(text, /Last backup<\/dt><dd><span class="bad">None yet/);
    const settings = await host.portal('GET', '/api/host/settings');
    assert.equal(text.match(/<tr data-row/g)?.length, settings.body.length);
    assert.match(text, /<code>PASS_KEY<\/code><\/td><td class="wrap"><code>••••••</);
    assert.doesNotMatch(text, /pass phrase of the tests|encrypt key of the tests/);
    assert.ok(!text.includes(host.serverSecret));
    assert.match(text, /npx setup --rotate-secret/);
  });

  it('runs the checks of the host', async () => {
    const { text } = await owner.get(`${HOST}/checks`);
    const { body } = await host.portal('GET', '/api/host/checks');
    for (const { name } of body) assert.ok(text.includes(`<b>${name}</b>`), name);
  });

  it('sends a test mail and a test SMS step by step', async () => {
    await owner.get(HOST);
    assert.match(
      (await owner.post(`${HOST}/mail`, { to: 'me@example.com' })).text,
      /It was sent[\s\S]*<b>Accepted</,
    );
    assert.match((await owner.post(`${HOST}/sms`, { to: '+4915112345678' })).text, /<b>Accepted</);
    const outbox = await host.outbox();
    assert.deepEqual(
      outbox.map(({ to }) => to),
      ['me@example.com', '+4915112345678'],
    );
    const wrong = await owner.post(`${HOST}/mail`, { to: '<b>nobody</b>' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /value="&lt;b&gt;nobody[^>]*aria-invalid="true"/);
  });

  it('is for owner and admin who are not limited to apps', async () => {
    const app = await host.createApp();
    for (const [role, apps, status] of [
      ['admin', undefined, 200],
      ['support', undefined, 403],
      ['viewer', undefined, 403],
      ['owner', [{ host: 'here', appId: app.id }], 403],
    ] as const) {
      const client = new PortalClient(host);
      await client.signIn(await makeOperator(host, role, { apps: apps && [...apps] }));
      assert.equal((await client.get(HOST)).status, status, role);
      const list = await client.get('/portal/hosts');
      assert.equal(list.text.includes(`href="${HOST}"`), status === 200, role);
      client.close();
    }
    assert.equal((await owner.get('/portal/hosts/nobody')).status, 404);
  });
});
