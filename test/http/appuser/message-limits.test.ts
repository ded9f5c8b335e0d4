import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { assertRefused, assertTokens, assertTrue, loggedIn } from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

describe('messages to people who have proven nothing', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ config: { recipientsPerAddressPerHour: 3, trustProxyHops: 1 } });
  });
  after(() => host.stop());

  const signUp = (app: App, handle: string, address: string) =>
    host.request('POST', '/api/appuser/signup', {
      headers: { 'app-token': app.appToken, 'x-forwarded-for': address },
      json: { handle, password: PASSWORD },
    });
  const forgot = (app: App, handle: string, address: string) =>
    host.request('POST', '/api/appuser/forgotPassword', {
      headers: { 'app-token': app.appToken, 'x-forwarded-for': address },
      json: { handle },
    });

  it('end for an address with 429 and Retry-After, alike for a handle that is there and one that is not', async () => {
    const app = await host.createApp({ hideAccounts: true });
    const user = await host.createUser(app);
    assertTrue(await signUp(app, 'a@example.com', '203.0.113.1'));
    assertTrue(await forgot(app, 'nobody@example.com', '203.0.113.1'));
    assertTrue(await signUp(app, 'c@example.com', '203.0.113.1'));
    for (const refused of [
      await signUp(app, 'd@example.com', '203.0.113.1'),
      await forgot(app, user.handle, '203.0.113.1'),
      await forgot(app, 'nobody2@example.com', '203.0.113.1'),
    ]) {
      assert.deepEqual([refused.status, refused.body.code], [429, 429]);
      const seconds = Number(refused.headers['retry-after']);
      assert.ok(seconds > 0 && seconds <= 3600, String(seconds));
    }
    assertTrue(await signUp(app, 'a@example.com', '203.0.113.1'), 'the same person again');
    assertTrue(await forgot(app, user.handle, '203.0.113.2'), 'another address');
  });

  it('are not counted where nothing goes out, nor for who is logged in', async () => {
    const app = await host.createApp({ signupFlow: 'none' });
    const user = await host.createUser(app);
    for (let n = 0; n < 6; n++) {
      assertTokens(await signUp(app, `n${n}@example.com`, '203.0.113.3'));
    }
    const client = await loggedIn(host, app, user);
    for (let n = 0; n < 6; n++) {
      assertTrue(await client.post('invite', { handle: `guest${n}@example.com` }));
    }
  });

  it('are left out where an account needs no confirmation, and refuse nobody the account', async () => {
    const app = await host.createApp({ signupFlow: 'none' });
    for (let n = 0; n < 6; n++) {
      assertTokens(await signUp(app, `w${n}@example.com`, '203.0.113.7'));
    }
    const welcomed = async () =>
      (await host.outbox()).filter(({ appId, message }) => appId === app.id && message === 'signUpSuccess');
    assert.equal((await welcomed()).length, 3, 'one address, three people');
    // One person, over and over.
    for (let n = 0; n < 12; n++) {
      const joined = await signUp(app, 'again@example.com', `203.0.114.${n}`);
      const deleted = await host.request('POST', '/api/appuser/deleteAccount', {
        headers: { 'access-token': joined.body['access-token'] },
        json: { handle: 'again@example.com', password: PASSWORD },
      });
      assertTrue(deleted);
    }
    const toOne = (await welcomed()).filter(({ to }) => to === 'again@example.com');
    assert.equal(toOne.length, host.deps.config.codesPerHour);
  });

  it('go out for no anonymous user', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app, { handle: 'ANON_1', passwordHash: undefined });
    const client = await loggedIn(host, app, user);
    assertRefused(await client.post('invite', { handle: 'guest@example.com' }), 406);
  });

  it('reach only the countries an app names', async () => {
    const smsCountries = ['DE', 'US'];
    const app = await host.createApp({ handleType: 'phone', twoFactorVerification: 'phone', smsCountries });
    const user = await host.createUser(app, { handle: '+4915112345678' });
    const client = await loggedIn(host, app, user);
    const outside = '+79161234567';
    assertTrue(await signUp(app, '+4915112345600', '203.0.113.4'));
    for (const [route, field] of [
      ['setPhone', 'phone'],
      ['invite', 'handle'],
    ] as const) {
      const refused = await client.post(route, { [field]: outside });
      assertRefused(refused, 602, route);
      assert.deepEqual([refused.body.reason, refused.body.field], ['invalid_phone', field]);
    }
    const refused = await signUp(app, outside, '203.0.113.4');
    assertRefused(refused, 602);
    assert.deepEqual([refused.body.reason, refused.body.field], ['invalid_phone', 'handle']);
    assertTrue(await client.post('setPhone', { phone: '+12125550123' }));
    assertRefused(await client.post('setPhone', { phone: '+18765550123' }), 602, 'Jamaica shares +1');
    const open = await host.createApp({ handleType: 'phone' });
    assertTrue(await signUp(open, outside, '203.0.113.5'));
  });

  it('to a number the portal tries count in the budget of that number', async () => {
    const app = await host.createApp();
    const phone = '+4915112345611';
    const test = () => host.portal('POST', '/api/app/testAppTwilio', { json: { appId: app.id, phone } });
    const answers = [];
    for (let n = 0; n < 7; n++) answers.push(await test());
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 400, 400],
    );
    assert.equal(answers[6]?.body.status, 'Fails');
    assert.match(answers[6]?.body.message, /number/);
  });

  it('are limited by settings that the portal writes and reads', async () => {
    const app = await host.createApp();
    const set = (setting: string, value: unknown) =>
      host.portal('POST', '/api/app/updateAppSetting', {
        json: { appId: app.id, setting, [setting]: value },
      });
    for (const [setting, value, shown] of [
      ['smsPerHour', 12, 12],
      ['mailsPerHour', '40', 40],
      ['smsCountries', ['de', 'US', 'DE'], ['DE', 'US']],
      ['smsPerHour', 0, 0],
      ['smsCountries', [], []],
    ] as const) {
      const answer = await set(setting, value);
      assert.deepEqual([answer.status, answer.body[setting]], [200, shown], setting);
    }
    for (const [setting, value] of [
      ['smsPerHour', -1],
      ['mailsPerHour', 'many'],
      ['smsCountries', ['XX']],
      ['smsCountries', 'DE'],
    ] as const) {
      assert.equal((await set(setting, value)).status, 400, setting);
    }
  });
});
