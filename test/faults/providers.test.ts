import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { appClient, assertRefused, assertTokens } from '../support/appuser-client.ts';
import { type Answer, makeDataDir, startTestHost } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { type ProviderServer, startSendGrid, startTwilio } from '../support/provider-servers.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';
import { PASSWORD, type Stage, setStage } from './stage.ts';

/** Longest a provider may hold a request (threats F8), and what the host itself may take besides (ms). */
const PROVIDER_MS = 5_000;
const HOST_MS = 1_500;
const HOUR_MS = 3_600_000;
const NUMBER = '+4915112345678';
const AUDIENCE = 'com.example.app';
const MOODS = ['hang', 'reset', 500, 429] as const;

describe('a host whose providers are away', () => {
  const { dataDir } = makeDataDir();
  let sendGrid: ProviderServer;
  let twilio: ProviderServer;
  let apple: IdentityProvider;
  let host: HostProcess;
  let stage: Stage;

  const start = () =>
    startHostProcess({
      dataDir,
      env: {
        SEND_GRID_API_KEY: 'SG.test',
        SEND_GRID_URL: sendGrid.url,
        TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
        TWILIO_TOKEN: 'token',
        TWILIO_PHONE_NUMBER: '+15005550006',
        TWILIO_URL: twilio.url,
        APPLE_ISSUER: apple.issuer,
        APPLE_JWKS_URL: apple.jwksUrl,
        CODES_PER_HOUR: '100',
        CODES_PER_DAY: '100',
      },
    });
  before(async () => {
    [sendGrid, twilio, apple] = await Promise.all([startSendGrid(), startTwilio(), startIdentityProvider()]);
    host = start();
    stage = await setStage(host, { signupFlow: 'code', twoFactorVerification: 'phone' });
  });
  after(async () => {
    await host?.stop();
    await Promise.all([sendGrid.stop(), twilio.stop(), apple.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  beforeEach(() => {
    for (const provider of [sendGrid, twilio, apple]) provider.mood = 'fine';
  });

  /** The newest code in what a provider was given for somebody, as JSON or as a form. */
  function codeIn({ requests }: Pick<ProviderServer, 'requests'>, to: string): string {
    const texts = requests.map(({ body }) =>
      body.startsWith('{') ? body : [...new URLSearchParams(body).values()].join(' '),
    );
    const text = texts.findLast((one) => one.includes(to));
    return /\b\d{6}\b/.exec(text ?? '')?.[0] ?? '';
  }
  async function assertRefusedInTime(call: () => Promise<Answer>, about: string): Promise<void> {
    const elapsed = startStopwatch(host.child);
    const { status, body } = await call();
    const ms = elapsed();
    assert.deepEqual({ about, status, code: body.code }, { about, status: 400, code: 500 });
    assert.ok(ms <= PROVIDER_MS + HOST_MS, `${about}: ${ms} ms`);
  }
  const userPost = (accessToken: string, route: string, json: Record<string, unknown>) =>
    stage.user(accessToken, route, json);
  async function joined(handle: string): Promise<string> {
    assert.equal((await stage.signUp(handle)).text, 'true');
    const { body } = await stage.app('completeSignup', { handle, code: codeIn(sendGrid, handle) });
    return body['access-token'];
  }

  it('says so in time when a signup mail cannot go out, and lets the same person join afterwards', async () => {
    for (const mood of MOODS) {
      const handle = `mail-${mood}@example.com`;
      sendGrid.mood = mood;
      await assertRefusedInTime(() => stage.signUp(handle), String(mood));
      sendGrid.mood = 'fine';
      assert.match(await joined(handle), /./, String(mood));
      assert.equal((await stage.logIn(handle)).status, 200, String(mood));
    }
  });

  it('says so in time when an SMS cannot go out, keeps the number in force, and works afterwards', async () => {
    const handle = 'sms@example.com';
    const token = await joined(handle);
    for (const mood of MOODS) {
      twilio.mood = mood;
      await assertRefusedInTime(() => userPost(token, 'setPhone', { phone: NUMBER }), String(mood));
    }
    twilio.mood = 'fine';
    assert.equal((await userPost(token, 'setPhone', { phone: NUMBER })).text, 'true');
    assert.equal((await userPost(token, 'verifyPhone', { code: codeIn(twilio, NUMBER) })).text, 'true');
    assert.equal((await userPost(token, 'setTwoFactorPhoneVerification', { twoFactor: true })).text, 'true');

    const { body: first } = await stage.logIn(handle);
    const code = codeIn(twilio, NUMBER);
    twilio.mood = 503;
    await assertRefusedInTime(() => stage.logIn(handle), 'the SMS of a log-in');
    twilio.mood = 'fine';
    const { body } = await stage.logIn(handle);
    const challenge = { loginToken: body['login-token'], code: codeIn(twilio, NUMBER) };
    assert.notEqual(code, challenge.code);
    assert.ok(first['login-token']);
    assert.equal((await stage.app('loginComplete', challenge)).status, 200);
  });

  it('answers at once when a mail can wait, and sends it after a restart once the provider is back', async () => {
    // Not a word of any mail.
    const handle = 'forgetful@example.com';
    await joined(handle);
    const codes = () =>
      sendGrid.requests.filter(({ body }) => /Reset|reset/.test(body) && body.includes(handle));
    sendGrid.mood = 500;
    assert.equal((await stage.app('forgotPassword', { handle })).text, 'true');
    await until('a first try', () => codes().length > 0);
    host.child.kill('SIGTERM');
    assert.equal((await host.ended).code, 0);

    const tried = codes().length;
    sendGrid.mood = 'fine';
    host = start();
    stage = await stage.on(host);
    await until('another try', () => codes().length > tried);
    // A welcome that came to nothing as well may go out behind it.
    const reset = { handle, password: PASSWORD, code: codeIn({ requests: codes() }, handle) };
    assert.equal((await stage.app('resetPassword', reset)).text, 'true');
  });

  it('takes nobody in and loses nobody while Apple cannot be asked for its keys', async () => {
    const set = (setting: string, values: Record<string, unknown>) =>
      stage.portal('/api/app/updateAppSetting', { appId: stage.appId, setting, ...values });
    await set('appleBundleId', { appleBundleId: AUDIENCE });
    await set('appleLogin', { appleLoginEnabled: true });
    const handle = 'apple@example.com';
    const claims = { aud: AUDIENCE, sub: 'apple-1', email: handle, email_verified: true };
    const identity = { provider: 'apple', token: apple.token(Date.now(), claims) };
    const signUp = () => stage.app('socialSignup', { ...identity, handle });
    for (const mood of [...MOODS, 'garbage'] as const) {
      apple.mood = mood;
      await assertRefusedInTime(signUp, String(mood));
      assert.equal((await stage.getUser('x')).status, 400);
    }
    apple.mood = 'fine';
    // A provider that failed is left alone for 5 s.
    await pause(5_500);
    const { body } = await signUp();
    assert.equal((await stage.getUser(body['access-token'])).body.handle, handle);
    apple.mood = 'reset';
    assert.equal((await stage.app('socialLogin', identity)).status, 200, 'with the keys it knows');
  });
});

describe('identity tokens while their provider is away', () => {
  it('are taken with the keys known so far, for a day', async () => {
    const apple = await startIdentityProvider();
    const host = await startTestHost({ config: { appleIssuer: apple.issuer, appleJwksUrl: apple.jwksUrl } });
    try {
      const app = await host.createApp({ appleLoginEnabled: true, appleBundleId: AUDIENCE });
      const handle = 'apple@example.com';
      const claims = { aud: AUDIENCE, sub: 'apple-1', email: handle, email_verified: true };
      const post = (route: string) => {
        const token = apple.token(host.clock.now(), claims);
        return appClient(host, app).post(route, { provider: 'apple', token, handle });
      };
      assertTokens(await post('socialSignup'));
      for (const mood of ['garbage', 500, 'reset'] as const) {
        apple.mood = mood;
        host.clock.advance(7 * HOUR_MS);
        assertTokens(await post('socialLogin'), String(mood));
      }
      host.clock.advance(4 * HOUR_MS);
      assertRefused(await post('socialLogin'), 500, 'after a day');
      apple.mood = 'fine';
      // A provider that failed is left alone for 5 s.
      host.clock.advance(5_001);
      assertTokens(await post('socialLogin'), 'back');
    } finally {
      await host.stop();
      await apple.close();
    }
  });
});
