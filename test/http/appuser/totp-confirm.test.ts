import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  atOnce,
  type Client,
  loggedIn,
} from '../../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';

const GOOGLE = 'setTwoFactorGoogleVerification';
const MINUTE = 60_000;
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describeOnBothStores('an authenticator that is confirmed by its first code', (host) => {
  interface Stage {
    app: App;
    user: User;
    client: Client;
  }
  async function stage(settings: Partial<User> = {}): Promise<Stage> {
    const app = await host().createApp({ twoFactorVerification: 'google' });
    const user = await host().createUser(app, settings);
    return { app, user, client: await loggedIn(host(), app, user) };
  }
  const start = async ({ client }: Stage, code?: string) => {
    const { status, body, text } = await client.post(GOOGLE, { twoFactor: true, confirm: true, code });
    assert.equal(status, 200, text);
    return body as { googleSecretKey: string; otpauth: string };
  };
  const confirm = ({ client }: Stage, code: string | number) =>
    client.post(GOOGLE, { twoFactor: true, confirm: true, code });
  const now = (secret: string, seed = 0) => authenticatorCode(secret, host().clock.now() + seed);
  const stored = async ({ app, user }: Stage) => host().deps.store.users.find(app.id, user.id);
  const isOn = async (one: Stage) => (await stored(one))?.twoFactorTotp;
  const mails = async ({ app }: Stage, message: string) =>
    (await host().outbox()).filter((line) => line.appId === app.id && line.message === message).length;

  it('is on only then, and recovery codes are answered then', async () => {
    const one = await stage();
    const begun = await start(one);
    assert.deepEqual(Object.keys(begun).sort(), ['QRDataImage', 'googleSecretKey', 'otpauth']);
    const secret = begun.googleSecretKey.replaceAll(' ', '').toUpperCase();
    assert.ok(begun.otpauth.startsWith('otpauth://totp/'), begun.otpauth);
    assert.equal(new URL(begun.otpauth).searchParams.get('secret'), secret);
    assert.equal(await mails(one, 'qrCode'), 1, 'the mail goes out at the first call');
    const login = { handle: one.user.handle, password: PASSWORD };
    assertTokens(await appClient(host(), one.app).post('login', login), 'nothing is on yet');

    const { body } = await confirm(one, now(begun.googleSecretKey));
    assert.deepEqual(Object.keys(body), ['recoveryCodes']);
    assert.equal(new Set(body.recoveryCodes).size, 10);
    assert.equal(await mails(one, 'qrCode'), 1);
    const challenge = await appClient(host(), one.app).post('login', login);
    const complete = (code: string) =>
      appClient(host(), one.app).post('loginComplete', { loginToken: challenge.body['login-token'], code });
    assertRefused(await complete(now(begun.googleSecretKey)), 600, 'the code was used');
    assertTokens(await complete(body.recoveryCodes[0]));
    assert.equal((await stored(one))?.pendingTotp, undefined);
  });

  it('dies after ten minutes and with a new start', async () => {
    const one = await stage();
    const first = await start(one);
    host().clock.advance(10 * MINUTE);
    assertRefused(await confirm(one, now(first.googleSecretKey)), 602);
    host().clock.advance(-10 * MINUTE);
    const second = await start(one);
    assert.notEqual(second.googleSecretKey, first.googleSecretKey);
    assertRefused(await confirm(one, now(first.googleSecretKey)), 602);
    host().clock.advance(10 * MINUTE - 1);
    assert.equal((await confirm(one, now(second.googleSecretKey))).status, 200);
  });

  it('dies with five wrong codes, which count for the day', async () => {
    const one = await stage();
    const { googleSecretKey } = await start(one);
    const before = host().events.length;
    for (let n = 0; n < 5; n++) assertRefused(await confirm(one, otherCode(now(googleSecretKey))), 602);
    assertRefused(await confirm(one, now(googleSecretKey)), 602);
    assert.equal(await isOn(one), false);
    const exhausted = host()
      .events.slice(before)
      .filter(({ event }) => event === 'code_exhausted');
    assert.deepEqual(
      exhausted.map(({ purpose }) => purpose),
      ['totp'],
    );
    host().clock.advance(20 * MINUTE);
    // 15 of the day's 20 are left.
    let left = 0;
    for (let round = 0; round < 5; round++) {
      const again = await start(one);
      const wrong = otherCode(now(again.googleSecretKey));
      for (let n = 0; n < 5; n++) {
        const judged = host().events.length;
        assertRefused(await confirm(one, wrong), 602);
        if (
          host()
            .events.slice(judged)
            .some((line) => line.reason === 'code')
        )
          left++;
        host().clock.advance(16 * MINUTE);
        if (n < 4) await start(one);
      }
    }
    assert.equal(left, 15);
  });

  it('is switched on by one of many who confirm at once', async () => {
    const one = await stage();
    const { googleSecretKey } = await start(one);
    const code = now(googleSecretKey);
    const { successes, refusals } = await atOnce(20, () => confirm(one, code));
    assert.equal(successes.length, 1);
    for (const refusal of refusals) assertRefused(refusal, 602);
  });

  it('needs a proof at the first call while a factor is on, and tells the owner', async () => {
    const one = await stage({ twoFactorTotp: true, totpSecret: SEED });
    host().clock.advance(11 * MINUTE);
    assertRefused(await one.client.post(GOOGLE, { twoFactor: true, confirm: true }), 602);
    assertRefused(await confirm(one, otherCode(now(SEED))), 602);
    const { googleSecretKey } = await start(one, now(SEED));
    const login = { handle: one.user.handle, password: PASSWORD };
    const challenge = await appClient(host(), one.app).post('login', login);
    host().clock.advance(MINUTE);
    const loginToken = challenge.body['login-token'];
    const old = { loginToken, code: now(SEED) };
    assertTokens(await appClient(host(), one.app).post('loginComplete', old), 'the old one still counts');
    assertRefused(await confirm(one, now(SEED, 30_000)), 602, 'now a code is the new secret’s');
    assert.equal((await confirm(one, now(googleSecretKey))).status, 200);
    assert.equal(await mails(one, 'factorChanged'), 1);
  });

  it('replaces no factor that came on while it waited', async () => {
    const one = await stage();
    const thief = await start(one);
    assert.equal((await one.client.post(GOOGLE, { twoFactor: true })).status, 200);
    const owners = (await stored(one))?.totpSecret;
    assertRefused(await confirm(one, now(thief.googleSecretKey)), 602);
    assert.equal((await stored(one))?.totpSecret, owners);
    const planted = { id: 'x', secret: SEED, startedAt: host().clock.now(), proven: false };
    const current = await stored(one);
    assert.ok(current && (await host().deps.store.users.replace({ ...current, pendingTotp: planted })));
    assertRefused(await confirm(one, now(SEED)), 602);
  });

  it('ends with the password it was begun under', async () => {
    const one = await stage();
    await start(one);
    assertTrue(await one.client.post('changePassword', { password: PASSWORD, newPassword: 'f'.repeat(32) }));
    assert.equal((await stored(one))?.pendingTotp, undefined);
  });

  it('is off by false, whatever confirm says, and only in mode google on', async () => {
    const one = await stage();
    await start(one);
    assertTrue(await one.client.post(GOOGLE, { twoFactor: false, confirm: true }));
    const app = await host().createApp({ twoFactorVerification: 'phone' });
    const client = await loggedIn(host(), app, await host().createUser(app));
    assertRefused(await client.post(GOOGLE, { twoFactor: true, confirm: true }), 408);
    assertRefused(await client.post(GOOGLE, { twoFactor: true, confirm: true, code: '123456' }), 408);
  });
});
