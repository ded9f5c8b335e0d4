import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

describe("an operator's own account", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());
  async function signedIn(role: Parameters<typeof makeOperator>[1] = 'admin') {
    const operator = await makeOperator(host, role);
    const browser = new PortalClient(host);
    await browser.signIn(operator);
    await browser.get('/portal/me');
    return { operator, browser };
  }

  it('changes the password, and ends every other session', async () => {
    const { operator, browser } = await signedIn();
    const other = new PortalClient(host);
    await other.signIn(operator);
    const wanted = 'another pass phrase';
    const change = (current: string, next: string) =>
      browser.post('/portal/me/password', { current, wanted: next });
    const wrong = await change('wrong', wanted);
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /id="current"[^>]*aria-invalid="true"/);
    const weak = await change(OPERATOR_PASSWORD, 'passwordpassword');
    assert.match(weak.text, /id="wanted"[^>]*aria-invalid="true"/);
    const done = await browser.follow(await change(OPERATOR_PASSWORD, wanted));
    assert.match(done.text, /every other session has ended/);
    assert.doesNotMatch((await browser.get('/portal/me')).text, /every other session/);
    assert.equal((await other.get('/portal/me')).status, 303);
    assert.equal((await other.signIn(operator, wanted)).status, 200);
    browser.close();
    other.close();
  });

  it('switches a second factor on with a code, and off after a fresh proof', async () => {
    const { operator, browser } = await signedIn();
    const page = await browser.act('/portal/me/factor');
    assert.match(page.text, /src="data:image\/png;base64,/);
    assert.match(page.text, /href="otpauth:\/\/totp\//);
    const secret = /<code>((?:[A-Z2-7]{4} ?)+)<\/code>/.exec(page.text)?.[1] ?? '';
    const code = () => authenticatorCode(secret, host.clock.now());
    const wrong = await browser.post('/portal/me/factor', { code: otherCode(code()) });
    assert.equal(wrong.status, 422);
    assert.ok(wrong.text.includes(secret), 'the secret stays');
    const on = await browser.post('/portal/me/factor', { code: code() });
    const codes = [...on.text.matchAll(/<li><code>(\d{10})<\/code>/g)].map(([, text]) => text ?? '');
    assert.equal(codes.length, 10);
    host.clock.advance(300_000);
    await browser.get('/portal/me');

    const asked = await browser.post('/portal/me/factor/off');
    assert.match(String(asked.headers.location), /^\/portal\/confirm\?form=\w+$/);
    const confirm = await browser.follow(asked);
    assert.match(confirm.text, /<label for="code">Code/);
    const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
    const refused = await browser.post('/portal/confirm', {
      form,
      code: '000000',
      password: OPERATOR_PASSWORD,
    });
    assert.equal(refused.status, 422);
    assert.ok((await host.deps.store.operators.find(operator.id))?.totpSecret);
    host.clock.advance(60_000);
    const before = browser.cookies.get('portal');
    const done = await browser.follow(await browser.post('/portal/confirm', { form, code: code() }));
    assert.match(done.text, /The second factor is off/);
    assert.notEqual(browser.cookies.get('portal'), before, 'the session goes on under a new secret');
    assert.equal((await host.deps.store.operators.find(operator.id))?.totpSecret, undefined);
    browser.close();
  });

  it('shows the secret of a factor, and takes its first code, after a fresh proof alone', async () => {
    const { operator, browser } = await signedIn();
    const secretOf = (text: string) => /<code>((?:[A-Z2-7]{4} ?)+)<\/code>/.exec(text)?.[1];
    const bare = new PortalClient(host);
    await bare.signIn(operator);
    const secret = secretOf((await browser.act('/portal/me/factor')).text) ?? '';
    assert.notEqual(secret, '');
    const shown = await bare.get('/portal/me/factor');
    assert.match(String(shown.headers.location), /^\/portal\/confirm\?form=\w+$/);
    await bare.get('/portal/me');
    const code = authenticatorCode(secret, host.clock.now());
    const sent = await bare.post('/portal/me/factor', { code });
    assert.match(String(sent.headers.location), /^\/portal\/confirm\?form=\w+$/);
    assert.equal((await host.deps.store.operators.find(operator.id))?.totpSecret, undefined);

    const confirm = await bare.follow(await bare.get('/portal/me/factor'));
    assert.equal(secretOf(confirm.text), undefined);
    const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
    const page = await bare.follow(await bare.post('/portal/confirm', { form, password: OPERATOR_PASSWORD }));
    assert.equal(secretOf(page.text), secret, 'the page that was asked for comes after the proof');
    for (const each of [browser, bare]) each.close();
  });

  it('asks for a proof once in five minutes, keeps the form and its token', async () => {
    const { browser } = await signedIn('owner');
    await browser.get('/portal/operators/invite');
    const token = browser.csrf();
    const fields = { email: 'new@example.com', role: 'support', apps: '' };
    const confirm = await browser.follow(await browser.post('/portal/operators/invite', fields));
    assert.equal(browser.csrf(), token);
    const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
    const link = await browser.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
    assert.equal(link.status, 200);
    assert.match(link.text, /\/portal\/enter\/[\w-]{43}/);
    assert.equal(browser.csrf(), token);
    const again = await browser.post('/portal/operators/invite', { ...fields, email: 'other@example.com' });
    assert.equal(again.status, 200, 'it still holds');
    host.clock.advance(300_000);
    await browser.get('/portal/operators/invite');
    assert.equal(
      (await browser.post('/portal/operators/invite', { ...fields, email: 'third@example.com' })).status,
      303,
    );
    browser.close();
  });

  it('sends a form on once, and not after five minutes', async () => {
    const { browser } = await signedIn('owner');
    const fields = { email: 'late@example.com', role: 'support', apps: '' };
    const confirm = await browser.follow(await browser.post('/portal/operators/invite', fields));
    const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
    host.clock.advance(300_001);
    const late = await browser.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
    assert.equal(late.status, 404);
    assert.equal(await host.deps.store.operators.findByEmail('late@example.com'), undefined);
    assert.equal((await browser.get('/portal/confirm?form=made-up')).status, 404);
    browser.close();
  });

  it('lists sessions and ends one, or all others', async () => {
    const { operator, browser } = await signedIn();
    const others = [new PortalClient(host), new PortalClient(host), new PortalClient(host)];
    for (const other of others) await other.signIn(operator);
    const page = await browser.get('/portal/me');
    const ids = [...page.text.matchAll(/name="id" value="(\w+)"/g)].map(([, id]) => id ?? '');
    assert.equal(ids.length, 3);
    await browser.post('/portal/me/sessions', { id: ids[0] ?? '' });
    const live = async () => {
      const answers = await Promise.all(others.map((other) => other.get('/portal/hosts')));
      return answers.filter(({ status }) => status === 200).length;
    };
    assert.equal(await live(), 2);
    await browser.post('/portal/me/sessions');
    assert.equal(await live(), 0);
    assert.equal((await browser.get('/portal/me')).status, 200);
    for (const each of [browser, ...others]) each.close();
  });

  it('shows times in a zone that exists, and says once in which', async () => {
    const { browser } = await signedIn();
    const wrong = await browser.post('/portal/me/preferences', { zone: 'Europe/Atlantis', keyboard: 'on' });
    assert.equal(wrong.status, 422);
    const done = await browser.follow(await browser.post('/portal/me/preferences', { zone: 'Asia/Tokyo' }));
    assert.match(done.text, /15 Jan 2026, 2[0-9]:|16 Jan 2026/);
    assert.equal(done.text.match(/Times are in Asia\/Tokyo\./g)?.length, 1);
    const { text: without } = await browser.get('/portal/hosts/here/apps/new');
    assert.doesNotMatch(without, /<time |Times are in/);
    assert.match(done.text, /<body data-keyboard="off">/);
    browser.close();
  });

  it('shows markup in a text from outside as text', async () => {
    const operator = await makeOperator(host, 'admin');
    const browser = new PortalClient(host);
    browser.headers['user-agent'] = '<img src=x onerror=alert(1)>';
    await browser.signIn(operator);
    const { text } = await browser.get('/portal/me');
    assert.doesNotMatch(text, /<img src=x/);
    assert.match(text, /&lt;img src/);
    browser.close();
  });
});

describe('an owner of a host that others can reach', () => {
  it('sees nothing but the own account until the second factor is on', async () => {
    const host = await startTestHost({ config: { apiUrl: 'http://auth.example.com' } });
    const browser = new PortalClient(host);
    browser.headers = { 'sec-fetch-site': 'same-origin', host: 'localhost' };
    const page = await browser.signIn(await makeOperator(host));
    assert.match(page.text, /<h1>Own account/);
    assert.match(page.text, /Owners need a second factor here/);
    for (const path of ['/portal', '/portal/hosts', '/portal/operators', '/portal/audit']) {
      assert.equal((await browser.get(path)).headers.location, '/portal/me', path);
    }
    const refused = await browser.post('/portal/operators/invite', { email: 'a@example.com', role: 'owner' });
    assert.equal(refused.status, 403);
    await browser.get('/portal/me');
    const enrol = await browser.act('/portal/me/factor');
    const secret = /<code>((?:[A-Z2-7]{4} ?)+)<\/code>/.exec(enrol.text)?.[1] ?? '';
    await browser.post('/portal/me/factor', { code: authenticatorCode(secret, host.clock.now()) });
    assert.equal((await browser.get('/portal/hosts')).status, 200);
    browser.close();
    const admin = new PortalClient(host);
    admin.headers = browser.headers;
    assert.match((await admin.signIn(await makeOperator(host, 'admin'))).text, /<h1>Apps/);
    admin.close();
    await host.stop();
  });
});
