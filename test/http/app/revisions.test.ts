import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, loggedIn } from '../../support/appuser-client.ts';
import { authenticatorCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';

const OTHER = '0123456789abcdef0123456789abcdef';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describeOnBothStores('revisions of users and apps', (host) => {
  const post = (route: string, json: unknown) => host().portal('POST', `/api/app/${route}`, { json });
  const userRevision = async (app: App, user: User): Promise<string> => {
    const { body } = await host().portal(
      'GET',
      `/api/app/searchUser?appId=${app.id}&value=${encodeURIComponent(user.handle)}`,
    );
    assert.equal(body.length, 1);
    return body[0].revision;
  };
  const appRevision = async (app: App): Promise<string> =>
    (await host().portal('GET', `/api/app/appId/${app.id}`)).body.revision;

  it('is no number that tells how often somebody logged in', async () => {
    const app = await host().createApp();
    assert.match(await userRevision(app, await host().createUser(app)), /^[\w-]{43}$/);
    assert.match(await appRevision(app), /^[\w-]{43}$/);
  });

  it('stays when a user logs in, with a second factor or a recovery code too', async () => {
    const app = await host().createApp({ twoFactorVerification: 'google' });
    const code = '1234567890';
    const { codes } = host().deps;
    const user = await host().createUser(app, { twoFactorTotp: true, totpSecret: SECRET });
    const digest = codes.digest('recovery', app.id, user.id, code);
    await host().deps.store.users.replace({ ...user, recoveryCodes: [digest] });
    const before = await userRevision(app, user);
    const client = appClient(host(), app);
    const login = async (with2nd: string) => {
      host().clock.advance(61_000);
      const { body } = await client.post('login', { handle: user.handle, password: PASSWORD });
      const done = await client.post('loginComplete', { loginToken: body['login-token'], code: with2nd });
      assert.ok(done.body.jwt, JSON.stringify(done.body));
    };
    await login(code);
    await login(authenticatorCode(SECRET, host().clock.now() + 61_000));
    assert.equal(await userRevision(app, user), before);
  });

  const CHANGES: [name: string, change: (app: App, user: User) => Promise<unknown>][] = [
    [
      'setLocale',
      async (app, user) => (await loggedIn(host(), app, user)).post('setLocale', { locale: 'DE' }),
    ],
    [
      'setUserName',
      async (app, user) => (await loggedIn(host(), app, user)).post('setUserName', { userName: 'ada' }),
    ],
    [
      'setUserMetadata',
      async (app, user) =>
        (await loggedIn(host(), app, user)).post('setUserMetadata', {
          metaData: JSON.stringify({ color: 'red' }),
        }),
    ],
    [
      'setPhone',
      async (app, user) => (await loggedIn(host(), app, user)).post('setPhone', { phone: '+491701234567' }),
    ],
    [
      'changePassword',
      async (app, user) =>
        (await loggedIn(host(), app, user)).post('changePassword', {
          password: PASSWORD,
          newPassword: OTHER,
        }),
    ],
    [
      'resetUserPassword',
      (app, user) =>
        post('resetUserPassword', { appId: app.id, userId: user.id, rawValue: 'x', hashValue: OTHER }),
    ],
    ['user', (app, user) => post('user', { appId: app.id, userId: user.id, status: 'suspend' })],
    [
      'updateAppUserMetaData',
      (app, user) =>
        post('updateAppUserMetaData', { appId: app.id, handle: user.handle, metaData: { color: 'blue' } }),
    ],
  ];
  for (const [name, change] of CHANGES) {
    it(`moves when ${name} changes the user`, async () => {
      const app = await host().createApp({
        locales: ['EN', 'DE'],
        userNamesEnabled: true,
        twoFactorVerification: 'phone',
        metaData: [{ id: 'a', path: 'color', fieldName: 'color', required: false, canEdit: true }],
      });
      const user = await host().createUser(app);
      const before = await userRevision(app, user);
      assert.equal(await userRevision(app, user), before);
      const answer = (await change(app, user)) as { status: number; text: string };
      assert.equal(answer.status, 200, answer.text);
      assert.notEqual(await userRevision(app, user), before);
    });
  }

  const APP_CHANGES: [route: string, input: Record<string, unknown>][] = [
    ['update', { maxUsers: 7 }],
    ['updateAppSetting', { setting: 'hideAccounts', hideAccounts: true }],
    ['updateAppMetaData', { metaData: [{ path: 'size', fieldName: 'size' }] }],
    ['addRemoveAppLocale', { locales: ['EN', 'FR'] }],
    ['rotateAppToken', {}],
    ['rotateAppKey', { phase: 'prepare' }],
  ];
  for (const [route, input] of APP_CHANGES) {
    it(`moves when ${route} changes the app`, async () => {
      const app = await host().createApp();
      const before = await appRevision(app);
      const answer = await post(route, { appId: app.id, ...input });
      assert.equal(answer.status, 200, answer.text);
      assert.notEqual(await appRevision(app), before);
    });
  }

  it('moves with a secret whose mask stays the same', async () => {
    const app = await host().createApp();
    const set = (key: string) =>
      post('updateAppSetting', {
        appId: app.id,
        setting: 'emailExtensionAPIKey',
        emailExtensionAPIKey: key,
        emailExtensionSenderEmail: 'a@example.com',
      });
    await set('first-of-two-1234');
    const before = await appRevision(app);
    await set('other-of-two-1234');
    assert.notEqual(await appRevision(app), before);
  });

  it('stays when nothing is changed', async () => {
    const app = await host().createApp();
    const before = await appRevision(app);
    await post('updateAppSetting', { appId: app.id, setting: 'hideAccounts', hideAccounts: false });
    assert.equal(await appRevision(app), before);
  });
});
