import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

const HOUR_MS = 3_600_000;

describe('the keys of an app', () => {
  let host: TestHost;
  let browser: PortalClient;
  let app: App;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({ name: 'Tea Room' });
  });
  after(() => host.stop());
  const at = (path = '') => `/portal/hosts/here/apps/${app.id}/keys${path}`;
  const stored = async () => (await host.deps.store.apps.read(app.id)) as App;
  const states = async () => (await stored()).keys.map(({ state }) => state);
  /** Sends a form of the page, and the proof where one is asked for. */
  const send = async (path: string, fields: Record<string, string> = {}) => {
    await browser.get(at());
    const answer = await browser.post(at(path), fields);
    const location = String(answer.headers.location ?? '');
    if (!location.startsWith('/portal/confirm')) return answer;
    await browser.get(location);
    const form = new URLSearchParams(location.split('?')[1]).get('form') ?? '';
    return browser.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
  };
  const signIn = async (role: 'admin' | 'support' | 'viewer' | 'owner' = 'admin') => {
    browser = new PortalClient(host);
    await browser.signIn(await makeOperator(host, role));
  };

  it('show the app token, its age and every form of the public key', async () => {
    await signIn();
    const { text } = await browser.get(at());
    assert.ok(text.includes(app.appToken));
    const [key] = app.keys;
    assert.ok(text.includes(`${host.deps.config.apiUrl}/apps/${app.id}/.well-known/jwks.json`));
    assert.ok(
      text.includes(
        Buffer.from(key?.publicKey.trimEnd() ?? '')
          .toString('base64')
          .slice(0, 60),
      ),
    );
    assert.match(text, /-----BEGIN PUBLIC KEY-----/);
    assert.doesNotMatch(text, /PRIVATE KEY/);
    assert.equal(text.includes(app.appSecret), false);
  });

  it('change the app token after a fresh proof, and the old one works on', async () => {
    await browser.get(at());
    const asked = await browser.post(at('/token'), { graceHours: '24' });
    assert.match(String(asked.headers.location), /^\/portal\/confirm/);
    assert.equal((await stored()).appToken, app.appToken, 'nothing is done before the proof');
    const done = await send('/token', { graceHours: '24' });
    assert.equal(done.status, 303);
    const { appToken } = await stored();
    assert.notEqual(appToken, app.appToken);
    assert.ok((await browser.get(at())).text.includes(appToken));
    for (const token of [app.appToken, appToken]) {
      const answer = await host.request('GET', '/api/appuser/getApplication', {
        headers: { 'app-token': token },
      });
      assert.equal(answer.status, 200);
    }
    const wrong = await send('/token', { graceHours: 'long' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /name="graceHours"[^>]*value="long"[^>]*aria-invalid="true"/);
    assert.equal((await send('/token', { graceHours: '9999' })).status, 422);
  });

  it('are replaced step by step, each at its earliest time', async () => {
    const button = (text: string, name: string) =>
      new RegExp(`<button([^>]*)>${name}</button>`).exec(text)?.[1];
    const first = await browser.get(at());
    assert.equal(button(first.text, 'Prepare new key'), ' class="primary"');
    assert.equal(button(first.text, 'Activate'), ' disabled');
    assert.equal(button(first.text, 'Retire'), ' disabled');
    assert.equal((await send('/prepare')).status, 303);
    assert.deepEqual(await states(), ['current', 'next']);
    const early = await browser.get(at());
    assert.equal(button(early.text, 'Activate'), ' disabled');
    const earliest = new Date(host.clock.now() + 2 * HOUR_MS).toISOString();
    assert.ok(early.text.includes(`datetime="${earliest}"`), 'the earliest time is named');
    const refused = await send('/activate');
    assert.equal(refused.status, 422);
    assert.match(refused.text, /role="alert">[^<]*minutes left/);
    host.clock.advance(2 * HOUR_MS);
    await signIn();
    assert.equal(button((await browser.get(at())).text, 'Activate'), ' class="primary"');
    assert.equal((await send('/activate')).status, 303);
    assert.deepEqual(await states(), ['previous', 'current']);
  });

  it('are withdrawn before their time only by who types the name', async () => {
    const { text } = await browser.get(at());
    assert.match(text, /Withdraws previous keys for good: 1\./);
    const wrong = await send('/retire', { force: 'on', confirm: 'Tea room' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /name="confirm"[^>]*value="Tea room"[^>]*aria-invalid="true"/);
    assert.deepEqual(await states(), ['previous', 'current']);
    assert.equal((await send('/retire', { force: 'on', confirm: 'Tea Room' })).status, 303);
    assert.deepEqual(await states(), ['current']);
    const { rows } = await host.deps.store.audit.list({ action: 'rotateKey' }, { limit: 5 });
    assert.deepEqual(
      rows.map(({ target }) => target),
      ['retire, force', 'activate', 'prepare'],
    );
  });

  it('issue a super-user token that is shown this once', async () => {
    const page = await send('/super-user', { name: 'importer', minutes: '5' });
    assert.equal(page.status, 200);
    const tokens = [...page.text.matchAll(/<code>(ey[^<]+)<\/code>/g)].map(([, token]) => token ?? '');
    assert.equal(tokens.length, 2);
    const claims = JSON.parse(Buffer.from(tokens[0]?.split('.')[1] ?? '', 'base64url').toString('utf8'));
    assert.deepEqual([claims.sub, claims.superUser], ['importer', true]);
    assert.equal((await browser.get(at())).text.includes(tokens[0] ?? ''), false);
    const { rows } = await host.deps.store.audit.list({}, { limit: 50 });
    assert.equal(JSON.stringify(rows).includes(tokens[0] ?? ''), false);
    const refused = await send('/super-user', { name: 'importer', minutes: '0' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /name="minutes"[^>]*value="0"[^>]*aria-invalid="true"/);
  });

  it('say of a pasted token what a verifier would, and tick that one was verified', async () => {
    const { appToken } = await stored();
    await host.createUser(app, { handle: 'ada@example.com' });
    const { body } = await host.request('POST', '/api/appuser/login', {
      headers: { 'app-token': appToken },
      json: { handle: 'ada@example.com', password: PASSWORD },
    });
    const bad = await send('/check', { token: '<img src=x>', as: 'hasura' });
    assert.match(bad.text, /This token would be refused/);
    assert.match(bad.text, /<option value="hasura" selected>/);
    assert.doesNotMatch(bad.text, /<img src=x/);
    const ticked = async () =>
      (await host.portal('GET', `/api/app/overview?appId=${app.id}`)).body.rows[0].steps;
    assert.equal((await ticked()).tokenVerified, false);
    const good = await send('/check', { token: body.jwt, as: 'generic', audience: '' });
    assert.equal(good.status, 200);
    assert.match(good.text, /This token would be taken/);
    assert.match(good.text, /&quot;iss&quot;/);
    assert.equal((await ticked()).tokenVerified, true);
    const other = await send('/check', { token: body.jwt, as: 'generic', audience: 'somebody else' });
    assert.match(other.text, /<li class="bad"><span><b>audience<\/b>/);
    assert.equal((await send('/check', { token: '' })).status, 422);
  });

  it('are for owner and admin alone', async () => {
    for (const role of ['support', 'viewer'] as const) {
      await signIn(role);
      assert.equal((await browser.get(at())).status, 403, role);
      await browser.get('/portal/me');
      for (const path of ['/token', '/prepare', '/super-user', '/check'])
        assert.equal((await browser.post(at(path), { graceHours: '1' })).status, 403, `${role} ${path}`);
      browser.close();
    }
  });
});
