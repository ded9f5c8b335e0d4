import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { authenticatorCode } from '../support/authenticator.ts';
import { codeIn } from '../support/mailbox.ts';
import { type ShippedClient, sentPassword } from '../support/shipped-clients.ts';
import { download, upload } from '../support/transfers.ts';
import { unzipped } from '../support/zip.ts';
import { claimsOf, type MadeApp, type Stage, startStage } from './stage.ts';

const password = sentPassword('Moved to another host 1');
const handle = 'ada+move@example.com';

describe('moving an app to another host', () => {
  let old: Stage;
  let next: Stage;
  let app: MadeApp;
  let file: Buffer;
  let secret: string;
  let subject: unknown;
  before(async () => {
    [old, next] = await Promise.all([startStage(), startStage({}, { byGuide: true })]);
    app = await old.makeApp('Mover', {
      userNamesEnabled: true,
      anonLogin: { anonymousLoginEnabled: true },
      twoFactorVerification: { twoFactorVerification: 'google', googleAPP_NAME: 'Mover' },
    });
    const { appId } = app;
    const metaData = [{ path: 'user_data.nick', fieldName: 'nick', required: true, canEdit: true }];
    await old.portal('POST', '/api/app/updateAppMetaData', { appId, metaData });
    await old.portal('POST', '/api/app/addRemoveAppLocale', { appId, locales: ['EN', 'DE'] });
    await fill(old.install('swift', app));
    file = await download(old, `/api/app/export?appId=${appId}`);
  });
  after(() => Promise.all([old?.stop(), next?.stop()]));

  /** A user with a name, a locale, metadata and a second factor; a guest without a password. */
  async function fill(phone: ShippedClient): Promise<void> {
    const nick = { user_data: { nick: 'Ada, "the first"' } };
    assertTrue(await phone.post('signup', { handle, password, metaData: nick, locale: 'DE' }));
    const joined = await phone.post('completeSignup', {
      handle,
      code: codeIn((await old.mailTo(handle, /^Dein Code/)).text),
    });
    assertTokens(joined);
    subject = claimsOf(joined.body.jwt).sub;
    assertTrue(await phone.post('setUserName', { userName: 'ada1' }));
    const enrolled = await phone.post('setTwoFactorGoogleVerification', { twoFactor: true });
    secret = enrolled.body.googleSecretKey;
    assertTokens(await old.install('react', app).post('loginAnonymous', { handle: 'ANON_guest-1' }));
  }
  async function moved(name: string): Promise<MadeApp> {
    const { status, body } = await upload(next, file, name);
    assert.equal(status, 200, JSON.stringify(body));
    const { appPublicKey } = await next.portal('GET', `/api/app/appId/${body.appId}`);
    return { ...body, appPublicKey, issuer: `${next.url}/apps/${body.appId}` };
  }
  async function loggedIn(phone: ShippedClient, name: string): Promise<string> {
    const challenge = await phone.post('login', { handle: name, password });
    const { 'login-token': loginToken } = challenge.body;
    const code = authenticatorCode(secret, Date.now());
    const login = await phone.post('loginComplete', { loginToken, code });
    assertTokens(login);
    return login.body.jwt;
  }

  it('the export is five readable tables without a single clear password or code', async () => {
    const tables = await unzipped(file);
    assert.equal(Object.keys(tables).length, 5);
    assert.match(String(tables['user-collection.csv']), /ada\+move@example\.com/);
    assert.equal(JSON.stringify(tables).includes(password), false);
  });

  it('users log in on the new host with their old password, user name and authenticator app', async () => {
    const copy = await moved('Mover, second home');
    assert.notEqual(copy.appId, app.appId);
    assert.equal(copy.appPublicKey, app.appPublicKey);
    const phone = next.install('swift', copy);
    assertRefused(await phone.post('login', { handle, password: sentPassword('wrong') }), 600);
    const jwt = await loggedIn(phone, 'Ada1');
    const claims = claimsOf(jwt);
    assert.deepEqual(
      [claims.sub, claims.email, claims.userName, claims.user_data],
      [subject, handle, 'ada1', { nick: 'Ada, "the first"' }],
    );
    const user = (await phone.get('getUser')).body;
    assert.deepEqual([user.locale, user.twoFactorGoogleVerification], ['DE', true]);

    const [header, payload, signature = ''] = jwt.split('.');
    const pasted = createPublicKey(Buffer.from(app.appPublicKey, 'base64').toString());
    const signed = Buffer.from(`${header}.${payload}`);
    assert.ok(verify('RSA-SHA256', signed, pasted, Buffer.from(signature, 'base64url')));

    assertTrue(await phone.post('forgotPassword', { handle }));
    assert.ok(await next.mailTo(handle, /^Neues Passwort/));
    assertTokens(await next.install('kotlin', copy).post('loginAnonymous', { handle: 'ANON_guest-1' }));
    assertRefused(
      await phone.post('signup', { handle, password, metaData: { user_data: { nick: 'x' } } }),
      601,
    );
  });

  it('tokens of the old host open nothing on the new one', async () => {
    const copy = await moved('Mover, third home');
    const stranger = next.install('swift', app);
    assertRefused(await stranger.post('login', { handle: 'ada1', password }), 400);
    const asServer = await next.request('GET', '/api/app/connection', {
      headers: { 'server-secret': old.serverSecret },
    });
    assert.equal(asServer.status, 400);
    const guest = await old.install('swift', app).post('loginAnonymous', { handle: 'ANON_guest-1' });
    const phone = next.install('swift', copy);
    phone.accessToken = guest.body['access-token'];
    assertRefused(await phone.get('getUser'), 405);
  });

  it('an export without secrets moves no password, no key and no second factor', async () => {
    const tables = await unzipped(
      await download(old, `/api/app/export?appId=${app.appId}&withSecrets=false`),
    );
    const text = JSON.stringify(tables);
    assert.match(text, /ada\+move@example\.com/);
    for (const leak of ['PRIVATE KEY', '$argon2', secret, secret.replaceAll(' ', '').toUpperCase()]) {
      assert.equal(text.includes(leak), false, leak);
    }
  });

  it('the whole host leaves as one file, a folder per app', async () => {
    const files = Object.keys(await unzipped(await download(old, '/api/app/exportHost')));
    assert.ok(files.includes('host.json'));
    assert.equal(files.filter((name) => name.startsWith(`${app.appId}/`)).length, 5);
  });
});
