import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { type Answer, makeDataDir, type RequestOptions, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { codeOf, readOutbox } from '../support/outbox.ts';
import { until } from '../support/until.ts';
import { newPassword } from './two-hosts.ts';

const AUDIENCE = 'com.example.app';
const planted = (name: string) => `planted-${name.replaceAll(' ', '-')}-${randomBytes(8).toString('hex')}`;

/** threats F18: what somebody gives to the host or gets from it in confidence stands nowhere else. */
describe('secrets that pass through a host', () => {
  const canaries = new Map<string, string>();
  const refusals: string[] = [];
  let google: IdentityProvider;
  let host: HostProcess;
  let folder: string;
  let port: number;
  let serverSecret: string;
  let output = '';
  let rows = '';
  let stderr = '';

  /** Remembers a secret under a name. */
  function keep(name: string, secret: string): string {
    assert.ok(secret, name);
    canaries.set(name, secret);
    return secret;
  }
  const plant = (name: string) => keep(name, planted(name));

  before(async () => {
    google = await startIdentityProvider();
    folder = mkdtempSync(join(tmpdir(), 'canaries-'));
    for (const name of ['tmp', 'data']) mkdirSync(join(folder, name));
    const { settings } = makeDataDir(join(folder, 'data'));
    keep('pass key', settings.PASS_KEY ?? '');
    keep('encrypt key', settings.ENCRYPT_KEY ?? '');
    host = startHostProcess({
      dataDir: join(folder, 'data'),
      env: {
        LOG_LEVEL: 'trace',
        TMPDIR: join(folder, 'tmp'),
        MAIL: 'outbox',
        SMS: 'outbox',
        SEND_GRID_API_KEY: plant('mail key of the host'),
        SMTP_URL: `smtp://me:${plant('SMTP password')}@localhost:2525`,
        TWILIO_ACCOUNT_SID: 'AC1',
        TWILIO_TOKEN: plant('SMS token of the host'),
        TWILIO_PHONE_NUMBER: '+15550009999',
        GOOGLE_ISSUER: google.issuer,
        GOOGLE_JWKS_URL: google.jwksUrl,
      },
    });
    host.child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    port = await host.listening;
    serverSecret = keep('server secret', await serverSecretOf(host.dataDir));
    const pem = readFileSync(join(host.dataDir, 'keys', 'privatekey.pem'), 'utf8');
    keep('private key of the host', pem.split('\n')[1] ?? '');
    await live();
    host.child.kill('SIGTERM');
    ({ stderr } = await host.ended);
  });
  after(async () => {
    await host?.stop();
    await google?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function call(method: string, path: string, input: RequestOptions): Promise<Answer> {
    const answer = await send({ port, method, path, input });
    if (answer.status >= 400) refusals.push(answer.text);
    return answer;
  }
  const portal = (route: string, json: Record<string, unknown>) =>
    call('POST', `/api/app${route}`, { headers: { 'server-secret': serverSecret }, json });
  const post = (headers: Record<string, string>, route: string, json: unknown) =>
    call('POST', `/api/appuser/${route}`, { headers, json });
  const sent = (to: string, message: string) =>
    readOutbox(host.dataDir).findLast((line) => line.to === to && line.message === message);
  async function mailed(to: string, message: string) {
    await until('the message is sent', () => sent(to, message) !== undefined);
    const { code = '', link = '' } = sent(to, message) ?? {};
    return { code, link };
  }

  /** The main journeys, and a good many refusals. */
  async function live(): Promise<void> {
    const { body: app } = await portal('', { name: 'Canaries' });
    const { appId } = app;
    const set = async (setting: string, fields: Record<string, unknown>) =>
      assert.equal((await portal('/updateAppSetting', { appId, setting, ...fields })).status, 200, setting);
    const asApp = { 'app-token': keep('app token', app.appToken) };
    await set('googleClientId', { googleClientId: AUDIENCE });
    await set('googleLogin', { googleLoginEnabled: true });
    await set('twoFactorVerification', { twoFactorVerification: 'google' });
    await portal('/updateAppMetaData', {
      appId,
      metaData: [{ path: 'name', fieldName: 'name', canEdit: true }],
    });

    const handle = keep('handle', `${planted('handle')}@example.com`);
    const password = keep('password', newPassword());
    const metaData = JSON.stringify({ name: plant('metadata value') });
    assert.equal((await post(asApp, 'signup', { handle, password, metaData })).text, 'true');
    const signUpCode = keep('signup code', (await mailed(handle, 'signUp')).code);
    await post(asApp, 'completeSignup', { handle, code: otherCode(signUpCode) });
    const joined = await post(asApp, 'completeSignup', { handle, code: signUpCode });
    const asUser = { 'access-token': keep('access token', joined.body['access-token']) };
    keep('user JWT', joined.body.jwt);
    await post(asApp, 'login', { handle, password: keep('wrong password', newPassword()) });

    const enrolment = await post(asUser, 'setTwoFactorGoogleVerification', { twoFactor: true });
    const { googleSecretKey, recoveryCodes } = enrolment.body;
    keep('TOTP seed as shown', googleSecretKey);
    keep('TOTP seed', googleSecretKey.replaceAll(' ', '').toUpperCase());
    for (const [index, code] of recoveryCodes.entries()) keep(`recovery code ${index}`, code);
    const login = await post(asApp, 'login', { handle, password });
    const loginToken = keep('login token', login.body['login-token']);
    const totp = keep('TOTP code', authenticatorCode(googleSecretKey, Date.now()));
    await post(asApp, 'loginComplete', { loginToken, code: otherCode(totp) });
    assert.equal((await post(asApp, 'loginComplete', { loginToken, code: totp })).status, 200);
    const again = await post(asApp, 'login', { handle, password });
    await post(asApp, 'loginComplete', { loginToken: again.body['login-token'], code: recoveryCodes[0] });
    await post(asUser, 'setTwoFactorGoogleVerification', { twoFactor: false });

    await set('twoFactorVerification', { twoFactorVerification: 'phone' });
    const phone = keep('phone number', '+15557654321');
    await post(asUser, 'setPhone', { phone });
    const phoneCode = keep('phone code', (await mailed(phone, 'sms')).code);
    assert.equal((await post(asUser, 'verifyPhone', { code: phoneCode })).text, 'true');
    assert.equal((await post(asUser, 'setTwoFactorPhoneVerification', { twoFactor: true })).text, 'true');
    assert.equal((await post(asApp, 'login', { handle, password })).status, 200);
    await until('another code is sent', () => sent(phone, 'sms')?.code !== phoneCode);
    keep('SMS log-in code', (await mailed(phone, 'sms')).code);

    const forgotten = keep('reset password', newPassword());
    await post(asApp, 'forgotPassword', { handle });
    const resetCode = keep('reset code', (await mailed(handle, 'resetPassword')).code);
    assert.equal(
      (await post(asApp, 'resetPassword', { handle, password: forgotten, code: resetCode })).text,
      'true',
    );
    const users = await call('GET', `/api/app/searchUser?appId=${appId}&value=planted`, {
      headers: { 'server-secret': serverSecret },
    });
    const raw = plant('password from the portal');
    const hash = keep('its hash', newPassword());
    await portal('/resetUserPassword', { appId, userId: users.body[0]._id, rawValue: raw, hashValue: hash });

    await set('signupFlow', { signupFlow: 'link' });
    const linked = keep('handle of a link', `${planted('link')}@example.com`);
    await post(asApp, 'signup', { handle: linked, password: keep('password of a link', newPassword()) });
    const link = new URL((await mailed(linked, 'signUpLink')).link);
    const linkCode = keep('link code', codeOf({ link: link.href }));
    await call('GET', link.pathname, {});
    await call('GET', `${link.pathname}0`, {});
    const old = `appToken=${app.appToken}&handle=${encodeURIComponent(linked)}&code=${linkCode}`;
    await call('GET', `/api/appuser/completeSignup?${old}`, {});
    await call('GET', `/api/appuser/completeSignup?${old}0`, {});

    const invited = keep('invited handle', `${planted('invited')}@example.com`);
    await portal('/createAppInvite', { appId, handle: invited });
    const inviteCode = keep('invite code', (await mailed(invited, 'invite')).code);
    const invitedPassword = keep('invited password', newPassword());
    await post(asApp, 'register', { handle: invited, password: invitedPassword, code: inviteCode });

    const claims = {
      aud: AUDIENCE,
      sub: plant('subject'),
      email: `${planted('g')}@example.com`,
      email_verified: true,
    };
    const token = keep('identity token', google.token(Date.now(), claims));
    await post(asApp, 'socialSignup', { token, provider: 'google', handle: claims.email, metaData: '{}' });
    await post(asApp, 'socialLogin', { token: `${token}x`, provider: 'google' });
    keep('anonymous handle', `ANON_${planted('device')}`);
    await post(asApp, 'loginAnonymous', { handle: canaries.get('anonymous handle') });

    const superUser = await portal('/superUserToken', { appId });
    keep('super user token', superUser.body['access-token']);
    await post({ 'access-token': superUser.body['access-token'] }, 'setAppData', { appData: { a: 1 } });
    await set('emailExtensionAPIKey', {
      emailExtensionAPIKey: plant('mail key of an app'),
      emailExtensionSenderEmail: 'me@example.com',
    });
    const twilio = {
      TWILIOAccountSid: plant('SMS account'),
      TWILIOToken: plant('SMS token'),
      TWILIOPhoneNumber: '+15550001234',
    };
    await set('twoFactorVerification', { twoFactorVerification: 'phone', ...twilio });
    await portal('/initCosyncJWT', { appId, privateKey: plant('Atlas key') });
    await portal('/rotateAppToken', { appId });
    await portal('/rotateAppKey', { appId, phase: 'prepare' });
    const exported = await call('GET', `/api/app/export?appId=${appId}`, {
      headers: { 'server-secret': serverSecret },
    });
    assert.equal(exported.status, 200);

    await strangers();
    await until('the export is logged', () => host.lines.some(({ route }) => route === '/api/app/export'));
    rows = (
      await call('GET', `/api/app/logs?appId=${appId}&limit=500`, {
        headers: { 'server-secret': serverSecret },
      })
    ).text;
  }

  /** What somebody sends who knows no better, or worse. */
  async function strangers(): Promise<void> {
    const text = plant('stray text');
    await call('POST', '/api/appuser/login', {
      headers: { 'app-token': text },
      json: { handle: text, password: text },
    });
    await call('POST', '/api/appuser/getUser', { headers: { 'access-token': text } });
    await call('GET', `/api/app/connection?appToken=${text}`, { headers: { 'server-secret': text } });
    await call('GET', `/api/appuser/${text}?password=${text}`, {});
    const headers = { 'app-token': canaries.get('app token') ?? '', 'content-type': 'application/json' };
    await call('POST', '/api/appuser/login', { headers, raw: `{"handle":"${text}` });
    await call('POST', '/api/appuser/login', { headers, json: { handle: { [text]: text }, [text]: text } });
    await call('POST', '/api/app/importDatabase', {
      headers: { 'server-secret': serverSecret, 'content-type': 'multipart/form-data; boundary=b' },
      raw: `--b\r\nContent-Disposition: form-data; name="appName"\r\n\r\nX\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n${text}\r\n--b--\r\n`,
    });
  }

  /** The canaries that stand in a text; digits alone only where they are a number of their own. */
  function found(text: string, except: readonly string[] = []): string[] {
    const stands = (secret: string) =>
      /^\d+$/.test(secret) ? new RegExp(`(?<!\\d)${secret}(?!\\d)`).test(text) : text.includes(secret);
    return [...canaries]
      .filter(([name, secret]) => !except.includes(name) && stands(secret))
      .map(([name]) => name);
  }

  it('are more than thirty, all different', () => {
    assert.ok(canaries.size >= 30, String(canaries.size));
    assert.equal(new Set(canaries.values()).size, canaries.size);
  });

  it('would be found: the outbox, which is there to be read, holds the codes', () => {
    const names = found(readFileSync(join(host.dataDir, 'outbox.jsonl'), 'utf8'));
    for (const name of [
      'signup code',
      'link code',
      'SMS log-in code',
      'TOTP seed as shown',
      'phone number',
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  it('stand in no line of the log, at its finest level, and not on stderr', () => {
    assert.ok(output.includes('"event":"login_succeeded"'));
    assert.deepEqual(found(output), []);
    assert.deepEqual(found(stderr), []);
  });

  it('stand in no row of the activity log but for handles', () => {
    assert.match(rows, /"action":"completeSignup"/);
    const handles = ['handle', 'handle of a link', 'invited handle', 'anonymous handle'];
    assert.deepEqual(found(rows, handles), []);
  });

  it('stand in no body of a refusal', () => {
    assert.ok(refusals.length > 8);
    assert.deepEqual(found(refusals.join('\n')), []);
  });

  it('stand in no file of the database, and in no temporary file', () => {
    const database = readdirSync(host.dataDir).filter((name) => name.startsWith('host.db'));
    assert.ok(database.length > 0);
    const files = [
      ...database.map((name) => join(host.dataDir, name)),
      ...readdirSync(join(folder, 'tmp'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    ];
    for (const file of files) assert.deepEqual([file, found(readFileSync(file, 'latin1'))], [file, []]);
  });
});
