import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn } from '../support/mailbox.ts';
import { type ClientKind, type ShippedClient, sentPassword } from '../support/shipped-clients.ts';
import { claimsOf, type MadeApp, type Stage, startStage } from './stage.ts';

const password = sentPassword('The first password 1');
const chosen = sentPassword('The second password 2');

describe('living with an account', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.stop());

  async function joined(kind: ClientKind, app: MadeApp, handle: string): Promise<ShippedClient> {
    const phone = stage.install(kind, app);
    assertTokens(await phone.post('signup', { handle, password }));
    return phone;
  }

  for (const kind of ['swift', 'kotlin', 'react'] as const) {
    it(`a forgotten password, from ${kind}: a code by mail, a new password, an end to every open session`, async () => {
      const app = await stage.makeApp(`Forgotten ${kind}`, { signupFlow: 'none' });
      const handle = `ada+${kind}@example.com`;
      const phone = await joined(kind, app, handle);
      const stolen = await joined(kind, app, 'somebody.else@example.com');
      const old = phone.accessToken;
      const laptop = stage.install('swift', app);
      assertRefused(await laptop.post('forgotPassword', { handle: 'nobody@example.com' }), 603);
      assertTrue(await phone.post('forgotPassword', { handle: handle.toUpperCase() }));
      const code = codeIn((await stage.mailTo(handle, /^Reset your password/)).text);
      const wrong = code === '100000' ? '100001' : '100000';
      const reset = { handle, password: chosen };
      assertRefused(await laptop.post('resetPassword', { ...reset, code: wrong }), 602);
      // With no access token at hand React sends the app token, Kotlin sends it always.
      assertTrue(await stage.install(kind, app).post('resetPassword', { ...reset, code }));
      assertRefused(await laptop.post('resetPassword', { ...reset, code }), 602);
      assertRefused(await laptop.post('login', { handle, password }), 600);
      phone.accessToken = old;
      assertRefused(await phone.get('getUser'), 405);
      assert.equal((await stolen.get('getUser')).status, 200, 'other accounts are untouched');
      assertTokens(await phone.post('login', { handle, password: chosen }));
    });
  }

  it('a changed password ends the old tokens and the old password', async () => {
    const app = await stage.makeApp('Changed', { signupFlow: 'none' });
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    const tablet = stage.install('react', app);
    assertTokens(await tablet.post('login', { handle, password }));
    assertRefused(await phone.post('changePassword', { password: chosen, newPassword: password }), 602);
    assertRefused(await phone.post('changePassword', { password, newPassword: password }), 602);
    assertTrue(await phone.post('changePassword', { password, newPassword: chosen }));
    for (const device of [phone, tablet]) assertRefused(await device.get('getUser'), 405);
    assertRefused(await tablet.post('login', { handle, password }), 600);
    // React Native still sends the token that ended (C9).
    assertTokens(await tablet.post('login', { handle, password: chosen }));
    assert.equal((await tablet.get('getUser')).body.handle, handle);
    const kotlin = stage.install('kotlin', app);
    assertRefused(await kotlin.post('changePassword', { password: chosen, newPassword: password }), 405);
  });

  it('logging out ends one token, or all of them', async () => {
    const app = await stage.makeApp('Log out', { signupFlow: 'none' });
    const handle = 'ada@example.com';
    const [phone, tablet] = [await joined('swift', app, handle), stage.install('kotlin', app)];
    assertTokens(await tablet.post('login', { handle, password }));
    assertTrue(await phone.post('logout'));
    assertRefused(await phone.get('getUser'), 405);
    assert.equal((await tablet.get('getUser')).status, 200);
    assertTokens(await phone.post('login', { handle, password }));
    assertTrue(await phone.post('logout', { everywhere: true }));
    assertRefused(await tablet.get('getUser'), 405);
  });

  it('a user name: looked for, chosen once, shown in the JWT, good for log-in and a forgotten password', async () => {
    const app = await stage.makeApp('User names', { signupFlow: 'none' });
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    assertRefused(await phone.get('userNameAvailable', { userName: 'ada' }), 606);
    assertRefused(await phone.post('login', { handle: 'ada', password }), 606);
    await stage.set(app, 'userNamesEnabled', { userNamesEnabled: true });
    assert.deepEqual((await phone.get('userNameAvailable', { userName: 'Ada1' })).body, { available: true });
    assertTrue(await phone.post('setUserName', { userName: 'Ada1' }));
    assertRefused(await phone.post('setUserName', { userName: 'ada2' }), 602);

    const bo = await joined('kotlin', app, 'bo@example.com');
    assert.deepEqual((await bo.get('userNameAvailable', { userName: 'aDA1' })).body, { available: false });
    assertRefused(await bo.post('setUserName', { userName: 'ada1' }), 605);
    assertRefused(await bo.post('setUserName', { userName: '1ada' }), 602);

    const login = await phone.post('login', { handle: 'ADA1', password });
    assertTokens(login);
    assert.equal(claimsOf(login.body.jwt).userName, 'ada1');
    assert.equal((await phone.get('getUser')).body.userName, 'ada1');
    assertTrue(await phone.post('forgotPassword', { handle: 'Ada1' }));
    const code = codeIn((await stage.mailTo(handle, /^Reset/)).text);
    assertTrue(await phone.post('resetPassword', { handle: 'ada1', password: chosen, code }));
    assertTokens(await phone.post('login', { handle: 'ada1', password: chosen }));
  });

  it('a changed locale: the next mail comes in that language, the edited text of the app included', async () => {
    const app = await stage.makeApp('Ma boutique', { signupFlow: 'none' });
    const { appId } = app;
    const handle = 'zoe@example.com';
    const phone = await joined('swift', app, handle);
    assertRefused(await phone.post('setLocale', { locale: 'FR' }), 602);
    await stage.portal('POST', '/api/app/addRemoveAppLocale', { appId, locales: ['EN', 'FR'] });
    assertTrue(await phone.post('setLocale', { locale: 'fr' }));
    assert.equal((await phone.get('getUser')).body.locale, 'FR');
    assertTrue(await phone.post('forgotPassword', { handle }));
    const built = await stage.mailTo(handle, /^R\u00e9initialisez/);
    assert.match(built.html, /<html lang="fr"/);

    const templates = await stage.portal('GET', `/api/app/emailTemplates?appId=${appId}`);
    const { _id } = templates.FR.find(
      (each: { templateName: string }) => each.templateName === 'resetPassword',
    );
    await stage.portal('POST', '/api/app/updateEmailTemplate', {
      appId,
      _id,
      subject: 'Mot de passe – %APP_NAME%',
      htmlTemplate: '<p>Bonjour %HANDLE%, voil\u00e0 : %CODE%</p>',
      replyTo: 'aide@boutique.example',
    });
    assertTrue(await phone.post('forgotPassword', { handle }));
    const edited = await stage.mailTo(handle, /^Mot de passe/);
    assert.deepEqual(
      [edited.subject, edited.replyTo],
      ['Mot de passe – Ma boutique', 'aide@boutique.example'],
    );
    assert.match(edited.text, /^Bonjour zoe@example\.com, voil\u00e0 : \d{6}/);
    const code = codeIn(edited.text);
    assertTrue(await phone.post('resetPassword', { handle, password: chosen, code }));
  });

  it('metadata the user may edit, and some the user may not', async () => {
    const app = await stage.makeApp('Metadata', { signupFlow: 'none' });
    const metaData = [
      { path: 'user_data.nick', fieldName: 'nick', required: true, canEdit: true },
      { path: 'user_data.role', fieldName: 'role', required: false, canEdit: false },
    ];
    await stage.portal('POST', '/api/app/updateAppMetaData', { appId: app.appId, metaData });
    const phone = stage.install('swift', app);
    const handle = 'ada@example.com';
    assertRefused(await phone.post('signup', { handle, password, metaData: { user_data: {} } }), 604);
    const first = { user_data: { nick: 'a', role: 'guest' } };
    assertTokens(await phone.post('signup', { handle, password, metaData: first }));
    assertTrue(await phone.post('setUserMetadata', { metaData: { user_data: { nick: 'b&c=d' } } }));
    assertRefused(
      await phone.post('setUserMetadata', { metaData: { user_data: { nick: 'x', role: 'boss' } } }),
      604,
    );
    const login = await phone.post('login', { handle, password });
    assert.deepEqual(claimsOf(login.body.jwt).user_data, { nick: 'b&c=d', role: 'guest' });
  });

  it('an anonymous account: one and the same user each time, gone for good where it is deleted by the portal', async () => {
    const app = await stage.makeApp('Anonymous');
    const phone = stage.install('swift', app);
    const handle = 'ANON_4f1c-77aB';
    assertRefused(await phone.post('loginAnonymous', { handle }), 414);
    await stage.set(app, 'anonLogin', { anonymousLoginEnabled: true });
    assertRefused(await phone.post('loginAnonymous', { handle: '4f1c' }), 600);
    const first = await phone.post('loginAnonymous', { handle });
    const again = await stage.install('react', app).post('loginAnonymous', { handle });
    assertTokens(first);
    assertTokens(again);
    assert.equal(claimsOf(first.body.jwt).sub, claimsOf(again.body.jwt).sub);
    assert.equal(claimsOf(first.body.jwt).email, undefined);
    const user = (await phone.get('getUser')).body;
    assert.deepEqual([user.handle, user.status], [handle, 'active']);
    assertRefused(await phone.post('login', { handle, password }), 606);
    await stage.portal('POST', '/api/app/removeUser', { appId: app.appId, handle });
    assertRefused(await phone.get('getUser'), 405);
  });

  it('a deleted account: proven by its password, then unknown, and free to be taken again', async () => {
    const app = await stage.makeApp('Deleted', { signupFlow: 'none' });
    const handle = 'ada+bye@example.com';
    const phone = await joined('kotlin', app, handle);
    const other = await joined('kotlin', app, 'bo@example.com');
    assertRefused(await phone.post('deleteAccount', { handle, password: chosen }), 600);
    assertRefused(await other.post('deleteAccount', { handle, password }), 600);
    assertTrue(await phone.post('deleteAccount', { handle, password }));
    assertRefused(await phone.post('login', { handle, password }), 600);
    assertRefused(await phone.post('forgotPassword', { handle }), 603);
    assert.deepEqual(await stage.portal('GET', `/api/app/searchUser?appId=${app.appId}&value=bye`), []);
    const later = await phone.post('signup', { handle, password: chosen });
    assertTokens(later);
  });
});
