import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

describe('invites and signups managed by the portal', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const post = (route: string, json: unknown) => host.portal('POST', `/api/app/${route}`, { json });
  const invite = (app: App, handle: string, more = {}) =>
    post('createAppInvite', { appId: app.id, handle, ...more });
  const codeFor = async (handle: string) => (await host.outbox()).findLast(({ to }) => to === handle)?.code;
  const register = (app: App, handle: string, code: unknown) =>
    host.request('POST', '/api/appuser/register', {
      headers: { 'app-token': app.appToken },
      json: { handle, password: PASSWORD, code },
    });
  const signUp = (app: App, handle: string) =>
    host.request('POST', '/api/appuser/signup', {
      headers: { 'app-token': app.appToken },
      json: { handle, password: PASSWORD },
    });

  it('invites a list of people, each once, and mails each a code they can register with', async () => {
    const app = await host.createApp();
    const { status, body } = await invite(app, ' New@example.com, new@example.com,,two@example.com', {
      locale: 'EN',
    });
    assert.equal(status, 200);
    assert.deepEqual(body.exists, []);
    assert.deepEqual(
      body.invites.map(({ handle }: { handle: string }) => handle),
      ['new@example.com', 'two@example.com'],
    );
    const members = [
      'appId',
      'createdAt',
      'handle',
      'locale',
      'senderHandle',
      'senderUserId',
      'status',
      'updatedAt',
    ];
    assert.deepEqual(Object.keys(body.invites[0]).sort(), members);
    assert.deepEqual(
      [body.invites[0].senderHandle, body.invites[0].senderUserId],
      ['superuser', 'superuser'],
    );
    assert.equal((await register(app, 'new@example.com', await codeFor('new@example.com'))).status, 200);
  });

  it('says who exists already and what is no handle', async () => {
    const app = await host.createApp();
    await host.createUser(app, { handle: 'user@example.com' });
    await invite(app, 'invited@example.com');
    const { body } = await invite(app, 'user@example.com,INVITED@example.com,nonsense,fresh@example.com');
    assert.deepEqual(body.exists, ['user@example.com', 'invited@example.com']);
    assert.deepEqual(body.invalid, ['nonsense']);
    assert.deepEqual(
      body.invites.map(({ handle }: { handle: string }) => handle),
      ['fresh@example.com'],
    );
  });

  it('answers code 402 for an app that is not active, and refuses while invitations are off', async () => {
    const stopped = await host.createApp({ status: 'suspended' });
    const answer = await invite(stopped, 'a@example.com');
    assert.deepEqual([answer.status, answer.body], [400, { code: 402, message: 'app is suspended' }]);
    const closed = await host.createApp({ invitationEnabled: false });
    const refused = await invite(closed, 'a@example.com');
    assert.deepEqual([refused.status, refused.body.status], [400, 'Fails']);
  });

  it('sends an invite again with a new code that voids the old one', async () => {
    const app = await host.createApp();
    await invite(app, 'again@example.com');
    const first = await codeFor('again@example.com');
    assert.equal(
      (await post('resendAppInvite', { appId: app.id, handle: 'again@example.com' })).text,
      'true',
    );
    const second = await codeFor('again@example.com');
    assert.notEqual(second, first);
    assert.equal((await register(app, 'again@example.com', first)).status, 400);
    assert.equal((await register(app, 'again@example.com', second)).status, 200);
    const spent = await post('resendAppInvite', { appId: app.id, handle: 'again@example.com' });
    assert.deepEqual([spent.status, spent.body.status], [403, 'Fails']);
  });

  it('withdraws an invite: its code opens nothing', async () => {
    const app = await host.createApp();
    await invite(app, 'off@example.com');
    const { body } = await post('removeAppInvite', { appId: app.id, handle: 'OFF@example.com' });
    assert.deepEqual([body.handle, body.status], ['off@example.com', 'pending']);
    assert.ok(!('code' in body));
    assert.equal((await register(app, 'off@example.com', await codeFor('off@example.com'))).status, 400);
    const again = await post('removeAppInvite', { appId: app.id, handle: 'off@example.com' });
    assert.deepEqual([again.status, again.body.status], [403, 'Fails']);
  });

  it('withdraws no invite of an app that is not active', async () => {
    const app = await host.createApp({ status: 'inactive' });
    assert.equal((await post('removeAppInvite', { appId: app.id, handle: 'a@example.com' })).status, 403);
  });

  it('acts on the invite of that app alone', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    await invite(other, 'apart@example.com');
    const json = { appId: app.id, handle: 'apart@example.com' };
    assert.equal((await post('resendAppInvite', json)).status, 403);
    assert.equal((await post('removeAppInvite', json)).status, 403);
  });

  it('finds invites and signups by what their handle holds, without their codes', async () => {
    const app = await host.createApp();
    await invite(app, 'guest@example.com');
    await signUp(app, 'joiner@example.com');
    for (const [route, value] of [
      ['searchInvite', 'guest'],
      ['searchSingUp', 'joiner'],
    ]) {
      const { body } = await host.portal('GET', `/api/app/${route}?appId=${app.id}&value=${value}`);
      assert.equal(body.length, 1);
      for (const name of ['code', 'password', 'passwordHash', 'uid']) assert.ok(!(name in body[0]), name);
      const none = await host.portal(
        'GET',
        `/api/app/${route}?appId=${app.id}&value=${encodeURIComponent('.*')}`,
      );
      assert.deepEqual(none.body, []);
    }
  });

  it('removes a signup by handle, or by handle and id, in any status of the app', async () => {
    const app = await host.createApp();
    await signUp(app, 'one@example.com');
    await signUp(app, 'two@example.com');
    await host.portal('POST', '/api/app/updateAppSetting', {
      json: { appId: app.id, setting: 'status', status: 'inactive' },
    });
    const { body: rows } = await host.portal('GET', `/api/app/searchSingUp?appId=${app.id}&value=example`);
    const [one, two] = rows;
    const mismatch = await post('removeAppSignup', { appId: app.id, handle: one.handle, _id: two._id });
    assert.deepEqual([mismatch.status, mismatch.body.status], [403, 'Fails']);
    const removed = await post('removeAppSignup', { appId: app.id, handle: one.handle, _id: one._id });
    assert.deepEqual(removed.body, one);
    assert.equal((await post('removeAppSignup', { appId: app.id, handle: 'TWO@example.com' })).status, 200);
    assert.equal((await post('removeAppSignup', { appId: app.id, handle: 'two@example.com' })).status, 403);
  });
});
