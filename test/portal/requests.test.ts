import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Views } from '../../portal/frame/views.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

const PAGES = ['/portal/sign-in', '/portal/hosts', '/portal/me', '/portal/nothing-here', '/portal/enter/x'];

describe('a request of the portal', () => {
  let host: TestHost;
  let browser: PortalClient;
  before(async () => {
    host = await startTestHost();
    browser = new PortalClient(host);
    await browser.signIn(await makeOperator(host));
  });
  after(async () => {
    browser.close();
    await host.stop();
  });

  it('is answered with the strict policy on every page, error pages too', async () => {
    for (const path of PAGES) {
      const { headers, status } = await browser.get(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'nonce-[\w-]{20,}'; /, `${path} ${status}`);
      for (const part of [
        ...["style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "frame-src 'self'"],
        ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
        ...["require-trusted-types-for 'script'", 'trusted-types htmx'],
      ]) {
        assert.ok(policy.split('; ').includes(part), `${path}: ${part}`);
      }
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'same-origin');
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.match(String(headers['x-request-id']), /./);
    }
  });

  it('gets a new nonce each time, which every script of the page carries', async () => {
    const pages = [await browser.get('/portal/me'), await browser.get('/portal/me')];
    const nonces = pages.map(
      ({ headers }) => /nonce-([\w-]+)/.exec(String(headers['content-security-policy']))?.[1],
    );
    assert.notEqual(nonces[0], nonces[1]);
    for (const [place, { text }] of pages.entries()) {
      const scripts = text.match(/<script[^>]*>/g) ?? [];
      assert.ok(scripts.length > 0);
      assert.ok(scripts.every((tag) => tag.includes(`nonce="${nonces[place]}"`)));
      assert.doesNotMatch(text, / on\w+="| style="|javascript:/);
    }
  });

  it('is refused from another site, and changes nothing', async () => {
    await browser.get('/portal/me');
    const sessions = async () => (await Array.fromAsync(host.deps.store.operatorSessions.stream())).length;
    const before = await sessions();
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': undefined },
      { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-origin', host: 'evil.example', origin: 'https://evil.example' },
    ]) {
      const answer = await browser.post('/portal/sign-out', {}, headers);
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.match(answer.text, new RegExp(host.deps.config.apiUrl), 'the page names the right address');
      await browser.get('/portal/me');
    }
    const fetched = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'image',
    };
    assert.equal((await browser.get('/portal/hosts', fetched)).status, 403);
    assert.equal(await sessions(), before);
  });

  it('is served under another name of this machine, and without fetch metadata from its own origin', async () => {
    const other = new PortalClient(host);
    const operator = await makeOperator(host);
    other.headers = { 'sec-fetch-site': 'same-origin', host: `127.0.0.1:${host.port}`, origin: host.url };
    assert.equal((await other.signIn(operator)).status, 200);
    other.headers = { origin: host.deps.config.apiUrl };
    await other.get('/portal/me');
    assert.equal((await other.post('/portal/sign-out')).status, 303);
    other.close();
  });

  it('of somebody who follows a link from elsewhere gets a page that asks for itself again', async () => {
    const navigation = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const arriving = new PortalClient(host);
    const page = await arriving.get('/portal/audit?action=signIn', navigation);
    assert.equal(page.status, 200);
    assert.match(page.text, /href="\/portal\/audit\?action&#x3D;signIn" data-follow/);
    const doubled = await arriving.get('//portal/audit', navigation);
    assert.match(doubled.text, /href="\/portal\/audit" data-follow/);
    arriving.close();
    const here = await browser.get('/portal/audit', navigation);
    assert.match(here.text, /<h1>Audit/);
  });

  it('whose page cannot be rendered is answered with the error page, and logged', async (t) => {
    t.mock.method(Views.prototype, 'page', () => assert.fail('a broken view'), { times: 1 });
    const { status, text, headers } = await browser.get('/portal/me');
    assert.equal(status, 500);
    assert.match(text, /<h1>/);
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'nonce-/);
    assert.equal(host.events.filter(({ event }) => event === 'unexpected_error').length, 1);
    assert.equal((await browser.get('/portal/me')).status, 200);
  });

  it("needs the session's token in every form, before and after signing in", async () => {
    const visitor = new PortalClient(host);
    const { email } = await makeOperator(host);
    const fields = { email, password: OPERATOR_PASSWORD };
    assert.equal((await visitor.post('/portal/sign-in', { ...fields, csrf: '' })).status, 403);
    await visitor.get('/portal/sign-in');
    const foreign = new PortalClient(host);
    await foreign.get('/portal/sign-in');
    const borrowed = { ...fields, csrf: foreign.csrf() };
    assert.equal((await visitor.post('/portal/sign-in', borrowed)).status, 403);
    await visitor.get('/portal/sign-in');
    assert.equal((await visitor.post('/portal/sign-in', fields)).status, 303);
    await browser.get('/portal/me');
    for (const csrf of ['', 'x', visitor.csrf()]) {
      assert.equal((await browser.post('/portal/me/sessions', { csrf })).status, 403);
    }
    visitor.close();
    foreign.close();
  });

  it('leads nowhere but to the portal, whatever the address asks for', async () => {
    for (const to of [
      ...['https://evil.example', '//evil.example', '/\\evil.example', '/portal//evil.example', '/portalx'],
      ...['/portal/../api', '/portal/%2e%2e/api', 'javascript:alert(1)', '/portal\t//evil.example', ''],
    ]) {
      const answer = await browser.get(`/portal/sign-in?to=${encodeURIComponent(to)}`);
      assert.equal(answer.status, 303);
      assert.match(String(answer.headers.location), /^\/portal(?:$|\?|\/(?!\/))/, to);
      assert.doesNotMatch(String(answer.headers.location), /evil|api/, to);
    }
  });

  it('without a session is a 401 for a form and for a part, which leads the browser to the sign-in', async () => {
    const visitor = new PortalClient(host);
    await visitor.get('/portal/sign-in');
    assert.equal((await visitor.post('/portal/me/password')).status, 401);
    const part = await visitor.get('/portal/hosts', { 'hx-request': 'true' });
    assert.equal(part.status, 401);
    assert.equal(part.headers['hx-redirect'], '/portal/sign-in');
    visitor.close();
  });

  it('of a script gets the part alone', async () => {
    const part = await browser.get('/portal/hosts', { 'hx-request': 'true' });
    assert.match(part.text, /<h1>Hosts/);
    assert.doesNotMatch(part.text, /<html|<header/);
    assert.match(String(part.headers.vary), /HX-Request/);
    await browser.get('/portal/hosts');
  });

  it('is answered in the language of the browser, then in the one the operator chose', async () => {
    const visitor = new PortalClient(host);
    const page = await visitor.get('/portal/sign-in', { 'accept-language': 'xx, fr-CH;q=0.8, de;q=0.9' });
    assert.match(page.text, /<html lang="de"/);
    await visitor.signIn(await makeOperator(host));
    const german = await visitor.follow(
      await visitor.post('/portal/language', { language: 'JA', to: '/portal/me' }),
    );
    assert.match(german.text, /<html lang="ja"/);
    visitor.cookies.delete('portal-language');
    assert.match((await visitor.get('/portal/me', { 'accept-language': 'de' })).text, /<html lang="ja"/);
    visitor.close();
  });

  it('is compressed above a kilobyte', async () => {
    for (const encoding of ['br', 'gzip']) {
      const { headers } = await browser.get('/portal/me', { 'accept-encoding': encoding });
      assert.equal(headers['content-encoding'], encoding);
    }
    const plain = await browser.get('/portal/me', { 'accept-encoding': 'br;q=0, identity' });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(plain.text, /<h1>/);
  });

  it('finds its files under names that say their content, for good', async () => {
    const { text } = await browser.get('/portal/me');
    const files = [...text.matchAll(/(?:href|src)="(\/portal\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    assert.ok(files.length >= 5);
    let bytes = 0;
    for (const path of new Set(files)) {
      const file = await browser.get(path, { 'accept-encoding': 'br' });
      assert.equal(file.status, 200, path);
      assert.match(String(file.headers['cache-control']), /immutable/);
      bytes += Number(file.headers['content-length']);
    }
    assert.ok(bytes < 40_000, `${bytes} bytes over the wire`);
    assert.equal((await browser.get('/portal/assets/portal-000000000000.css')).status, 404);
    await browser.get('/portal/me');
  });

  it('that nothing answers is a page with the number of the request', async () => {
    for (const [path, status] of [
      ['/portal/nothing', 404],
      ['/portal/hosts/none/edit', 404],
    ] as const) {
      const page = await browser.get(path);
      assert.equal(page.status, status);
      assert.ok(page.text.includes(String(page.headers['x-request-id'])));
    }
    await browser.get('/portal/me');
    const odd = await host.request('POST', '/portal/sign-out', {
      json: {},
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    assert.equal(odd.status, 401);
  });
});

describe('the cookies of the portal', () => {
  const cookiesOn = async (config: Parameters<typeof startTestHost>[0]) => {
    const host = await startTestHost(config);
    const browser = new PortalClient(host);
    browser.headers = { 'sec-fetch-site': 'same-origin', host: 'localhost' };
    const operator = await makeOperator(host, 'admin');
    await browser.get('/portal/sign-in');
    const answer = await browser.post('/portal/sign-in', {
      email: operator.email,
      password: OPERATOR_PASSWORD,
    });
    const lines = [answer.headers['set-cookie'] ?? []].flat();
    const hsts = answer.headers['strict-transport-security'];
    browser.close();
    await host.stop();
    return { session: lines.find((line) => /portal=[\w-]{43};/.test(line)) ?? '', hsts };
  };

  it('are plain where the portal is http, and of this very host where it is https', async () => {
    const http = await cookiesOn({});
    assert.match(http.session, /^portal=[\w-]{43}; Max-Age=43200; HttpOnly; Path=\/; SameSite=Strict$/);
    assert.equal(http.hsts, undefined);
    const https = await cookiesOn({ config: { apiUrl: 'https://auth.example.com' } });
    assert.match(
      https.session,
      /^__Host-portal=[\w-]{43}; Max-Age=43200; HttpOnly; Path=\/; SameSite=Strict; Secure$/,
    );
    assert.match(String(https.hsts), /^max-age=31536000/);
  });
});

describe('who sees the portal', () => {
  const unknown = async (host: TestHost) => (await host.request('GET', '/nothing-of-the-kind')).text;

  it('is nobody while it is off', async () => {
    const host = await startTestHost({ config: { portal: 'off' } });
    for (const path of ['/portal', '/portal/sign-in', '/portal/assets/x.css']) {
      const answer = await host.request('GET', path);
      assert.deepEqual([answer.status, answer.text], [404, await unknown(host)]);
    }
    await host.stop();
  });

  it('is who comes from a network that may', async () => {
    const trustProxyHops = 1;
    const portalAllow = ['192.0.2.0/24', '2001:db8::/32', '::ffff:198.51.100.7'];
    const host = await startTestHost({ config: { trustProxyHops, portalAllow } });
    const from = (address: string) =>
      host.request('GET', '/portal/sign-in', { headers: { 'x-forwarded-for': address } });
    for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8:1::2', '198.51.100.7']) {
      assert.equal((await from(address)).status, 200, address);
    }
    for (const address of ['192.0.3.9', '2001:db9::1', '198.51.100.8']) {
      assert.deepEqual((await from(address)).text, await unknown(host), address);
    }
    await host.stop();
  });

  it('is limited by address like everybody', async () => {
    const host = await startTestHost({ config: { addressLimitPerMinute: 3 } });
    const browser = new PortalClient(host);
    const { email } = await makeOperator(host);
    const statuses = [];
    for (let n = 0; n < 5; n++) {
      await browser.get('/portal/sign-in');
      statuses.push((await browser.post('/portal/sign-in', { email, password: 'wrong' })).status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
    browser.close();
    await host.stop();
  });
});
