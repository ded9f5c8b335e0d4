import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recountSeats } from '../../../server/domain/users/seats.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  type Client,
  loggedIn,
  userClient,
} from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';

const AUDIENCE = 'com.example.app';
const WRONG = 'f'.repeat(32);
const NEW = '0123456789abcdef0123456789abcdef';
const DAY = 86_400_000;

describe('accounts', () => {
  let host: TestHost;
  let google: IdentityProvider;
  before(async () => {
    google = await startIdentityProvider();
    host = await startTestHost({
      config: { googleIssuer: google.issuer, googleJwksUrl: google.jwksUrl },
    });
  });
  after(async () => {
    await host?.stop();
    await google.close();
  });

  interface Account {
    app: App;
    user: User;
    open: Client;
    client: Client;
  }
  async function account(settings: Partial<App> = {}, user: Partial<User> = {}): Promise<Account> {
    const app = await host.createApp(settings);
    const created = await host.createUser(app, user);
    return { app, user: created, open: appClient(host, app), client: await loggedIn(host, app, created) };
  }
  const identity = (sub: string, aud = AUDIENCE) => google.token(host.clock.now(), { aud, sub });
  const stored = ({ app, user }: Account) => host.deps.store.users.find(app.id, user.id);

  describe('deleted', () => {
    it('go with password, signup and invites, and the handle can join again', async () => {
      const { app, user: inviter, client: sender, open } = await account({ signupFlow: 'none', maxUsers: 2 });
      await recountSeats(host.deps, app);
      await sender.post('invite', { handle: 'bo@example.com' });
      const joined = { handle: 'bo@example.com', password: PASSWORD };
      const client = userClient(host, assertTokens(await open.post('signup', joined)));
      const user = await host.deps.store.users.findByHandle(app.id, joined.handle);
      assert.ok(user && (await host.deps.store.signups.findByHandle(app.id, joined.handle)));
      assertTrue(await client.post('deleteAccount', { handle: ' BO@example.com', password: PASSWORD }));
      assertRefused(await client.get('getUser'), 405, 'gone');
      assertRefused(await client.post('setLocale', { locale: 'EN' }), 405, 'gone');
      assert.deepEqual(await host.deps.store.invites.listByHandle(app.id, user.handle), []);
      assert.equal(await host.deps.store.signups.findByHandle(app.id, user.handle), undefined);
      assertRefused(await open.post('login', joined), 600);
      assert.equal(await host.deps.store.counters.read(`seats/${app.id}`, host.clock.now()), 1);
      assertTokens(await open.post('signup', joined), 'the seat is free');
      assert.ok(await host.deps.store.users.find(app.id, inviter.id), 'nobody else went');
      assert.equal((await client.get('getUser')).status, 400, 'a successor is somebody else');
      const lines = host.events.filter((e) => e.event === 'user_deleted' && e.userId === user.id);
      assert.deepEqual(
        lines.map(({ by }) => by),
        ['user'],
      );
    });

    it('can be named by the own user name', async () => {
      const { client } = await account({ userNamesEnabled: true }, { userName: 'ada' });
      assertTrue(await client.post('deleteAccount', { handle: 'Ada', password: PASSWORD }));
    });

    it('of a provider go with an identity token of the same subject', async () => {
      const settings = { googleLoginEnabled: true, googleClientId: AUDIENCE };
      const social = await account(settings, { loginProvider: 'google', socialUserId: 'g-1' });
      assertRefused(
        await social.client.post('deleteAccount', { token: identity('g-2') }),
        613,
        'somebody else',
      );
      assertRefused(await social.client.post('deleteAccount', { token: identity('g-1', 'other') }), 613);
      assertTrue(await social.client.post('deleteAccount', { token: identity('g-1') }));
      assert.equal(await stored(social), undefined);
      const off = await account({}, { loginProvider: 'google', socialUserId: 'g-1' });
      assertRefused(await off.client.post('deleteAccount', { token: identity('g-1') }), 416);
      const apple = await account({}, { loginProvider: 'apple', socialUserId: 'a-1' });
      assertRefused(await apple.client.post('deleteAccount', { token: 'x' }), 415);
    });

    it('stay with a wrong password, which counts like a failed log-in', async () => {
      const kept = await account();
      const attempt = (password: string) =>
        kept.client.post('deleteAccount', { handle: kept.user.handle, password });
      for (let guess = 0; guess < 5; guess++) assertRefused(await attempt(WRONG), 600);
      assertRefused(await attempt(PASSWORD), 600, 'waits');
      assert.ok(await stored(kept));
    });

    it('are refused in the order of the contract', async () => {
      const { app, open, client } = await account();
      const other = await host.createUser(app, { handle: 'other@example.com' });
      assertRefused(await open.post('deleteAccount', { handle: 'x', password: PASSWORD }), 403, 'no user');
      assertRefused(await client.post('deleteAccount'), 403, 'no proof');
      assertRefused(await client.post('deleteAccount', { handle: '', password: '' }), 403, 'empty proof');
      const named = (handle: string) => client.post('deleteAccount', { handle, password: PASSWORD });
      assertRefused(await named(other.handle), 600, 'somebody else');
      assertRefused(await named('nobody@example.com'), 600);
      assertRefused(await named('ada'), 606);
      assertRefused(await client.post('deleteAccount', { handle: 'ada@example.com' }), 602, 'half a proof');
      assertRefused(await client.post('deleteAccount', { token: identity('x') }), 602, 'not social');
      assertRefused(await client.post('deleteAccount', { handle: ['x'], password: PASSWORD }), 602);
      const stopped = await account({ status: 'suspended' });
      assertRefused(await stopped.client.post('deleteAccount', { handle: 'x@y.zz', password: WRONG }), 402);
      const suspended = await account({}, { status: 'suspend' });
      const own = { handle: suspended.user.handle, password: PASSWORD };
      assertRefused(await suspended.client.post('deleteAccount', own), 404);
    });
  });

  describe('logged out', () => {
    it('refuse that token and no other', async () => {
      const { app, user, client, open } = await account();
      const other = await loggedIn(host, app, user);
      assertTrue(await client.post('logout'));
      assertRefused(await client.get('getUser'), 405);
      assertRefused(await client.post('logout'), 405);
      assert.equal((await other.get('getUser')).status, 200);
      assertTokens(await open.post('login', { handle: user.handle, password: PASSWORD }));
    });

    it('everywhere refuse every token issued before', async () => {
      const { app, user, client, open } = await account();
      const other = await loggedIn(host, app, user);
      assertTrue(await client.post('logout', { everywhere: true }));
      assertRefused(await other.get('getUser'), 405);
      const token = assertTokens(await open.post('login', { handle: user.handle, password: PASSWORD }));
      const form = await userClient(host, token).postRaw('/api/appuser/logout', 'everywhere=true');
      assertTrue(form);
    });

    it('still let the old token name its app', async () => {
      const { user, client } = await account();
      await client.post('logout', { everywhere: true });
      assertTokens(await client.post('login', { handle: user.handle, password: PASSWORD }));
    });

    it('remember a token no longer than it lives', async () => {
      const session = await account();
      await session.client.post('logout');
      host.clock.advance(31 * DAY);
      await (await loggedIn(host, session.app, session.user)).post('logout');
      assert.equal((await stored(session))?.revokedTokens.length, 1);
    });
  });

  it('refuse every older token after each event that ends them', async () => {
    const ends: Record<string, (subject: Account) => Promise<unknown>> = {
      'password change': ({ client }) =>
        client.post('changePassword', { password: PASSWORD, newPassword: NEW }),
      reset: async ({ app, user, open }) => {
        await open.post('forgotPassword', { handle: user.handle });
        const code = (await host.outbox()).findLast((line) => line.appId === app.id)?.code;
        assertTrue(await open.post('resetPassword', { handle: user.handle, password: NEW, code }));
      },
      'log out everywhere': ({ client }) => client.post('logout', { everywhere: 'true' }),
    };
    for (const [name, end] of Object.entries(ends)) {
      const subject = await account();
      const tokens = [await host.accessToken(subject.app, subject.user)];
      tokens.push(
        assertTokens(await subject.open.post('login', { handle: subject.user.handle, password: PASSWORD })),
      );
      await end(subject);
      for (const token of tokens) assertRefused(await userClient(host, token).get('getUser'), 405, name);
    }
  });

  describe('application data', () => {
    const superUser = async (app: App) => {
      const { token } = await host.deps.hostTokens.issueSuperUserToken({
        appId: app.id,
        name: 'back end',
        expiresInMinutes: 5,
      });
      return userClient(host, token);
    };

    it('are stored by a super user and answered by getApplication', async () => {
      const { app, open } = await account();
      const appData = { theme: { colour: 'red' }, list: [1, 2] };
      assertTrue(await (await superUser(app)).post('setAppData', { appData }));
      assert.deepEqual((await open.get('getApplication')).body.appData, appData);
    });

    it('are refused from anybody else, when no object, and above 8 KiB', async () => {
      const { app, open, client } = await account();
      for (const stranger of [open, client]) {
        assert.equal((await stranger.post('setAppData', { appData: {} })).status, 400);
      }
      const back = await superUser(app);
      assertRefused(await back.post('setAppData'), 403);
      assertRefused(await back.post('setAppData', { appData: [1] }), 602);
      assertRefused(await back.post('setAppData', { appData: 'text' }), 602);
      assertRefused(await back.post('setAppData', { appData: { text: 'x'.repeat(8192) } }), 602);
      assertTrue(await back.post('setAppData', { appData: { text: 'x'.repeat(8180) } }));
      assert.equal((await back.get('getUser')).status, 400, 'opens nothing else');
    });
  });
});
