import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

/**
 * Every value below is planted where the host keeps secrets; none may come out of a portal route (contract §8
 * S20, P29).
 */
const PLANTED = 'planted-secret';

describe('secrets in answers of the portal', () => {
  let host: TestHost;
  let app: App;
  let user: User;
  before(async () => {
    host = await startTestHost();
    const { keys } = await host.createApp();
    app = await host.createApp({
      keys: keys.map((key) => ({ ...key, privateKey: `${key.privateKey}${PLANTED}` })),
      appSecret: `${PLANTED}-app`,
      emailExtensionApiKey: `${PLANTED}-mail`,
      twilio: { accountSid: `${PLANTED}-sid`, token: `${PLANTED}-token`, phoneNumber: `${PLANTED}-number` },
    });
    const code = { id: PLANTED, digest: PLANTED, expiresAt: host.clock.now() + 1e9 };
    user = await host.createUser(app, {
      passwordHash: PLANTED,
      totpSecret: PLANTED,
      twoFactorTotp: true,
      recoveryCodes: [PLANTED],
      phoneCode: code,
      smsCode: code,
      resetCode: code,
      revokedTokens: [{ jti: PLANTED, expiresAt: 1 }],
    });
    const row = {
      id: 'a'.repeat(24),
      appId: app.id,
      revision: 1,
      handle: user.handle,
      code,
      passwordHash: PLANTED,
    };
    const person = { userId: user.id, uid: user.uid, metaData: {}, locale: 'EN', createdAt: 1, updatedAt: 1 };
    await host.deps.store.signups.insert({
      ...row,
      ...person,
      status: 'pending',
      kind: 'code',
      signupProvider: '',
    });
    const sender = { senderHandle: 'superuser', senderUserId: 'superuser' };
    await host.deps.store.invites.insert({ ...row, ...person, ...sender, status: 'pending' });
  });
  after(() => host.stop());

  it('holds none of them in any answer or log row', async () => {
    const get = (path: string) => host.portal('GET', `/api/app/${path}`);
    const post = (path: string, json: object = {}) =>
      host.portal('POST', `/api/app/${path}`, { json: { appId: app.id, ...json } });
    const query = `appId=${app.id}&value=ada`;
    const calls: [string, () => ReturnType<typeof get>][] = [
      ['allApps', () => get('allApps')],
      ['appId', () => get(`appId/${app.id}`)],
      ['search', () => get('search')],
      ['searchUser', () => get(`searchUser?${query}`)],
      ['searchSingUp', () => get(`searchSingUp?${query}`)],
      ['searchInvite', () => get(`searchInvite?${query}`)],
      ['stat', () => get(`stat?appId=${app.id}`)],
      ['update', () => post('update', { passwordFilter: true })],
      ['updateAppSetting', () => post('updateAppSetting', { setting: 'jwtEnabled', jwtEnabled: false })],
      ['updateAppMetaData', () => post('updateAppMetaData', { metaData: [{ path: 'a' }] })],
      ['updateAppInviteMetaData', () => post('updateAppInviteMetaData', { metaDataInvite: [{ path: 'a' }] })],
      ['deleteMetadata', () => post('deleteMetadata', { index: 0, type: 'metaData' })],
      ['emailTemplates', () => get(`emailTemplates?appId=${app.id}`)],
      ['addRemoveAppLocale', () => post('addRemoveAppLocale', { locales: ['FR'] })],
      ['rotateAppKey', () => post('rotateAppKey', { phase: 'prepare' })],
      ['removeAppInvite', () => post('removeAppInvite', { handle: user.handle })],
      ['removeAppSignup', () => post('removeAppSignup', { handle: user.handle })],
      ['user', () => post('user', { userId: user.id, status: 'suspend' })],
      ['removeUser', () => post('removeUser', { handle: user.handle })],
      ['logs', () => get(`logs?appId=${app.id}`)],
    ];
    for (const [name, call] of calls) {
      const { status, text } = await call();
      assert.equal(status, 200, `${name}: ${text}`);
      assert.ok(!text.includes(PLANTED), name);
      assert.ok(!text.includes('PRIVATE KEY'), name);
      for (const member of [
        'appPrivateKey',
        'appSecret',
        '"password"',
        'googleSecretKey',
        'twoFactorCode',
        'phoneCode',
        '"code":',
      ]) {
        assert.ok(!text.includes(member), `${name}: ${member}`);
      }
    }
    assert.ok(!JSON.stringify(host.lines).includes(PLANTED));
  });
});
