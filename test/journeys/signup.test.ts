import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn, linkIn, unescaped } from '../support/mailbox.ts';
import { sentPassword } from '../support/shipped-clients.ts';
import { stranger } from '../support/stranger.ts';
import { claimsOf, type MadeApp, SMTP_LOGIN, type Stage, startStage } from './stage.ts';

const password = sentPassword('Jojo the Queensland heeler 1');
const FIELDS = [
  { path: 'user_data.name.first', fieldName: 'first', required: true, canEdit: true },
  { path: 'user_data.name.last', fieldName: 'last', required: false, canEdit: true },
  { path: 'user_data.email', fieldName: 'email', required: false, canEdit: false },
];

describe('signing up', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(
      { SERVER_NAME: 'Jojo-CosyncJWT-Server', NOREPLY_EMAIL: 'noreply@jojo.example' },
      { byGuide: true },
    );
  });
  after(() => stage?.stop());

  it('lets a portal register the host with the secret that setup printed, and create the first app', async () => {
    assert.equal(claimsOf(stage.serverSecret).name, 'Jojo-CosyncJWT-Server');
    assert.equal(await stage.portal('GET', '/api/app/connection'), true);
    const wrong = await stage.request('GET', '/api/app/connection', {
      headers: { 'server-secret': `${stage.serverSecret.slice(0, -4)}AAAA` },
    });
    assert.deepEqual([wrong.status, wrong.body.code], [400, 500]);
    const made = await stage.portal('POST', '/api/app', { name: 'Jojo' });
    assert.match(made.appId, /^[0-9a-f]{32}$/);
    assert.deepEqual(
      [made.status, made.handle, made.locales, made.signupEnabled, made.invitationEnabled],
      ['active', 'email', ['EN'], true, true],
    );
    assert.deepEqual(
      [made.twoFactorVerification, made.metaDataEmail, made.jwtEnabled],
      ['none', true, false],
    );
    const pem = Buffer.from(made.appPublicKey, 'base64').toString();
    assert.match(pem, /^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+-----END PUBLIC KEY-----$/);
    const all = await stage.portal('GET', '/api/app/allApps');
    assert.deepEqual(
      all.map(({ name }: { name: string }) => name),
      ['Jojo'],
    );
  });

  it('by a mailed code, from a Swift app, to metadata in a JWT that strangers verify', async () => {
    const app = await stage.makeApp('By code');
    await stage.portal('POST', '/api/app/updateAppMetaData', { appId: app.appId, metaData: FIELDS });
    const phone = stage.install('swift', app);
    const handle = 'ada+jojo@example.com';

    const shown = (await phone.get('getApplication')).body;
    assert.deepEqual([shown.signupFlow, shown.metaData.length, shown.userNamesEnabled], ['code', 3, false]);
    const metaData = { user_data: { name: { first: ' Åsa & co = 100% ', last: 'Öberg' }, extra: 'dropped' } };
    assertTrue(await phone.post('signup', { handle, password, metaData, locale: 'EN' }));
    assertRefused(await phone.post('login', { handle, password }), 608);

    const mail = await stage.mailTo(handle);
    assert.deepEqual([mail.from, mail.subject], ['By code <noreply@jojo.example>', 'Your code for By code']);
    const code = codeIn(mail.text);
    assert.ok(mail.html.includes(code) && mail.text.includes(handle));
    assert.equal(stage.smtp.mails[0]?.login, SMTP_LOGIN);

    assertRefused(
      await phone.post('completeSignup', { handle, code: code === '100000' ? '100001' : '100000' }),
      602,
    );
    assertTokens(await phone.post('completeSignup', { handle, code }));
    assertRefused(await phone.post('completeSignup', { handle, code }), 601);
    assert.match((await stage.mailTo(handle, /^Welcome/)).text, /By code/);

    const login = await phone.post('login', { handle: 'Ada+Jojo@Example.com ', password });
    assertTokens(login);
    const user = (await phone.get('getUser')).body;
    assert.deepEqual([user.handle, user.status, user.loginProvider], [handle, 'active', '']);
    assert.match(user.lastLogin, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    const claims = await (await stranger(app.issuer)).verify(login.body.jwt);
    assert.match(String(claims.sub), /^[0-9a-f]{32}$/);
    const stored = { name: { first: 'Åsa & co = 100%', last: 'Öberg' }, email: handle };
    assert.deepEqual([claims.user_data, claims.email, claims.aud], [stored, undefined, 'none']);
    assert.equal(Number(claims.exp) - Number(claims.iat), 24 * 3600);
    assertVerifiedByPastedKey(login.body.jwt, app);
  });

  it('by a mailed link, opened by a scanner and then by its reader, from a React Native app', async () => {
    const app = await stage.makeApp('By link', { signupFlow: 'link' });
    const phone = stage.install('react', app);
    const handle = 'bo+link@example.com';
    assertTrue(await phone.post('signup', { handle, password }));
    const mail = await stage.mailTo(handle);
    const link = linkIn(mail.html);
    assert.ok(mail.text.includes(link.href), 'the text part has the link too');
    assert.equal(link.origin, stage.url);
    assert.match(link.pathname, /^\/confirm\/[0-9a-f]{24}\/\d{39}$/);

    for (const method of ['HEAD', 'GET', 'GET']) assert.equal((await fetch(link, { method })).status, 200);
    assertRefused(await phone.post('login', { handle, password }), 608);

    const page = await (await fetch(link)).text();
    const form = new URLSearchParams(
      [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(
        ([, name = '', value = '']): [string, string] => [name, unescaped(value)],
      ),
    );
    assert.deepEqual([...form.keys()], ['handle', 'code']);
    const confirmed = await fetch(link, { method: 'POST', body: form });
    assert.equal(confirmed.status, 200);
    assert.match(String(confirmed.headers.get('content-type')), /^text\/html/);
    assert.match(await confirmed.text(), /You are all set/);
    await stage.mailTo(handle, /^Welcome/);
    assert.match(await (await fetch(link)).text(), /You are all set/);
    assertTokens(await phone.post('login', { handle, password }));
  });

  it('without any confirmation, from a Kotlin app, with the handle as subject', async () => {
    const app = await stage.makeApp('At once', {
      signupFlow: 'none',
      userIdFormat: 'handle',
      realmAppId: 'jojo-abcde',
      userJWTExpiration: 2,
    });
    const phone = stage.install('kotlin', app);
    const joined = await phone.post('signup', { handle: 'joe@smith.com', password });
    assertTokens(joined);
    const claims = await (await stranger(app.issuer, 'jojo-abcde')).verify(joined.body.jwt);
    assert.deepEqual([claims.sub, claims.email], ['joe_smith.com', 'joe@smith.com']);
    assert.equal(Number(claims.exp) - Number(claims.iat), 2 * 3600);
    assertRefused(await phone.post('signup', { handle: 'Joe@Smith.com', password }), 601);
  });

  it('not while signing up is switched off, and never beyond the seats of the app', async () => {
    const app = await stage.makeApp('One seat', {
      signupFlow: 'none',
      appType: { type: 'commercial' },
      maxUsers: 1,
    });
    const phone = stage.install('kotlin', app);
    assertTokens(await phone.post('signup', { handle: 'one@example.com', password }));
    assert.equal((await phone.post('signup', { handle: 'two@example.com', password })).status, 400);
    await stage.set(app, 'maxUsers', { maxUsers: 2 });
    await stage.set(app, 'signup', { signupEnabled: false });
    assertRefused(await phone.post('signup', { handle: 'two@example.com', password }), 407);
    await stage.set(app, 'signup', { signupEnabled: true });
    assertTokens(await phone.post('signup', { handle: 'two@example.com', password }));
  });
});

/** What a database does that had the key of the portal pasted into it. */
function assertVerifiedByPastedKey(jwt: string, app: MadeApp): void {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const key = createPublicKey(Buffer.from(app.appPublicKey, 'base64').toString());
  const signed = Buffer.from(`${header}.${payload}`);
  assert.ok(verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url')));
  assert.equal(claimsOf(jwt).iss, app.issuer);
}
