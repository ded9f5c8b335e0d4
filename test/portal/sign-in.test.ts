import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { enter, issueEntry } from '../../server/domain/operators/entry.ts';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describe('a portal without operators', () => {
  it('says how the first one is made, on one page and everywhere else leads there', async () => {
    const host = await startTestHost();
    const browser = new PortalClient(host);
    const page = await browser.follow(await browser.get('/portal/hosts'));
    assert.equal(page.status, 200);
    assert.match(page.text, /Nobody can sign in yet/);
    assert.match(page.text, /npx setup --operator/);
    assert.doesNotMatch(page.text, /type="password"/);
    browser.close();
    await host.stop();
  });
});

describe('a session of the portal', () => {
  it('outlives a restart, and counts in a second process on the same data', async () => {
    const { dataDir } = makeDataDir();
    const first = await startTestHost({ dataDir });
    const operator = await makeOperator(first);
    const browser = new PortalClient(first);
    await browser.signIn(operator);
    const second = await startTestHost({ dataDir });
    const elsewhere = new PortalClient(second);
    for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value);
    assert.equal((await elsewhere.get('/portal/me')).status, 200);
    await first.stop();
    assert.equal((await elsewhere.get('/portal/me')).status, 200);
    await elsewhere.post('/portal/sign-out');
    await second.stop();
    const third = await startTestHost({ dataDir });
    const later = new PortalClient(third);
    for (const [name, value] of browser.cookies) later.cookies.set(name, value);
    assert.equal((await later.get('/portal/me')).status, 303, 'signed out in another process');
    for (const each of [browser, elsewhere, later]) each.close();
    await third.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});

describeOnBothStores('signing in to the portal', (stage) => {
  let browser: PortalClient;
  const open = () => {
    browser = new PortalClient(stage());
    return browser;
  };
  afterEach(() => browser.close());

  it('leads to the page that was asked for', async () => {
    const operator = await makeOperator(stage());
    open();
    const asked = await browser.get('/portal/audit?action=signIn');
    assert.equal(asked.status, 303);
    assert.equal(asked.headers.location, '/portal/sign-in?to=%2Fportal%2Faudit%3Faction%3DsignIn');
    const page = await browser.follow(asked);
    assert.match(page.text, /<label for="email">E-mail/);
    assert.match(page.text, /<label for="password">Password/);
    const to = /name="to" value="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
    const fields = { email: operator.email, password: OPERATOR_PASSWORD, to };
    const done = await browser.follow(await browser.post('/portal/sign-in', fields));
    assert.equal(done.status, 200);
    assert.match(done.text, /<h1>Audit<\/h1>/);
    assert.match(done.text, /Sign out/);
  });

  it('refuses an unknown address exactly like a wrong password, and waits after five', async () => {
    const operator = await makeOperator(stage());
    const attempt = async (email: string, password: string) => {
      await open().get('/portal/sign-in');
      const answer = await browser.post('/portal/sign-in', { email, password, to: '/portal' });
      browser.close();
      return answer;
    };
    const plain = (text: string) => text.replaceAll(/nonce="\w+"|value="[^"]*"|<title>/g, '');
    const wrong = await attempt(operator.email, 'not that phrase');
    const unknown = await attempt('nobody@example.com', 'not that phrase');
    assert.deepEqual([wrong.status, unknown.status], [401, 401]);
    assert.equal(plain(wrong.text), plain(unknown.text));
    for (let n = 1; n < stage().deps.config.passwordWaitAfter; n++) await attempt(operator.email, 'wrong');
    assert.equal((await attempt(operator.email, OPERATOR_PASSWORD)).status, 401);
    stage().clock.advance(1_000_000);
    assert.equal((await attempt(operator.email, OPERATOR_PASSWORD)).status, 303);
    open();
  });

  it('asks for a code where there is a factor, and takes a recovery code once', async () => {
    const operator = await makeOperator(stage(), 'admin');
    const { deps, clock } = stage();
    const digest = deps.codes.digest('recovery', 'portal', operator.id, '1234567890');
    await deps.store.operators.replace({ ...operator, totpSecret: SEED, recoveryCodes: [digest] });
    open();
    assert.match((await browser.signIn(operator)).text, /<label for="code">Code/);
    assert.equal((await browser.get('/portal/hosts')).status, 303, 'a password alone opens nothing');
    await browser.get('/portal/sign-in/code');
    const code = authenticatorCode(SEED, clock.now());
    assert.equal((await browser.post('/portal/sign-in/code', { code: otherCode(code) })).status, 401);
    assert.equal((await browser.post('/portal/sign-in/code', { code })).status, 303);
    assert.equal((await browser.get('/portal/hosts')).status, 200);
    for (const [status] of [[303], [401]]) {
      open();
      await browser.signIn(operator);
      const page = await browser.get('/portal/sign-in/code?recovery=1');
      assert.match(page.text, /<label for="recovery">Recovery code/);
      assert.equal((await browser.post('/portal/sign-in/code', { recovery: '12345 67890' })).status, status);
      browser.close();
    }
    open();
  });

  it('forgets a right password after ten minutes, and after the password changed', async () => {
    const operator = await makeOperator(stage());
    const { deps, clock } = stage();
    await deps.store.operators.replace({ ...operator, totpSecret: SEED });
    open();
    await browser.signIn(operator);
    const issued = await issueEntry(deps, SETUP, { email: operator.email, role: 'owner' });
    assert.ok(issued);
    await enter(deps, { secret: issued.secret, password: 'another pass phrase', address: '' });
    const late = await browser.post('/portal/sign-in/code', { code: authenticatorCode(SEED, clock.now()) });
    assert.equal(late.headers.location, '/portal/sign-in');
    await browser.signIn(operator, 'another pass phrase');
    clock.advance(601_000);
    assert.equal((await browser.get('/portal/sign-in/code')).status, 303);
  });

  it('opens with a one-time link that sets the password, once', async () => {
    const { deps } = stage();
    const issued = await issueEntry(deps, SETUP, { email: 'link@example.com', role: 'viewer' });
    const path = `/portal/enter/${issued?.secret}`;
    open();
    const page = await browser.get(path);
    assert.match(page.text, /link@example\.com/);
    const weak = await browser.post(path, { password: 'too short' });
    assert.equal(weak.status, 422);
    assert.match(weak.text, /aria-invalid="true"/);
    assert.match(weak.text, /At least 12 characters/);
    const done = await browser.follow(await browser.post(path, { password: OPERATOR_PASSWORD }));
    assert.match(done.text, /<h1>Apps<\/h1>/);
    browser.close();
    assert.equal((await open().get(path)).status, 404);
    assert.equal((await browser.signIn({ email: 'link@example.com' })).status, 200);
  });

  it('begins a session of its own, whatever cookies the browser brought', async () => {
    const operator = await makeOperator(stage());
    open();
    browser.cookies.set('portal', 'planted-by-somebody-else');
    await browser.signIn(operator);
    const first = browser.cookies.get('portal');
    assert.notEqual(first, 'planted-by-somebody-else');
    browser.cookies.set('portal', 'planted-by-somebody-else');
    assert.equal((await browser.get('/portal/hosts')).status, 303);
    const stored = await stage().deps.store.operatorSessions.listOf(operator.id);
    assert.equal(JSON.stringify(stored).includes(String(first)), false, 'only its digest is kept');
  });

  it('ends with signing out, in this browser alone', async () => {
    const operator = await makeOperator(stage());
    const other = new PortalClient(stage());
    await other.signIn(operator);
    open();
    await browser.signIn(operator);
    const cookie = browser.cookies.get('portal') ?? '';
    assert.equal((await browser.post('/portal/sign-out')).headers.location, '/portal/sign-in');
    browser.cookies.set('portal', cookie);
    assert.equal((await browser.get('/portal/hosts')).status, 303);
    assert.equal((await other.get('/portal/hosts')).status, 200);
    other.close();
  });
});
