import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn, linkIn } from '../support/mailbox.ts';
import { sentPassword } from '../support/shipped-clients.ts';
import { type Stage, startStage } from './stage.ts';

const password = sentPassword('As the developer likes 1');
const wrong = sentPassword('A guess');
const chosen = sentPassword('Chosen after a reset 2');

describe('what a developer decides about an app', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.stop());

  it('a name that is unique on the host and can be changed, under an id that stays', async () => {
    const app = await stage.makeApp('First name');
    const headers = { 'server-secret': stage.serverSecret };
    const twin = await stage.request('POST', '/api/app', { headers, json: { name: 'First name' } });
    assert.deepEqual([twin.status, twin.body.status], [400, 'Fails']);
    await stage.portal('POST', '/api/app/update', { appId: app.appId, name: 'Second name' });
    const [found] = await stage.portal('GET', '/api/app/search?name=Second%20name&case=true');
    assert.equal(found.appId, app.appId);
    assert.deepEqual(await stage.portal('GET', '/api/app/search?name=First%20name&case=true'), []);
    assert.equal((await stage.install('swift', app).get('getApplication')).body.name, 'Second name');
    await stage.makeApp('First name');
  });

  it('fifty users in a development app, more in a commercial one', async () => {
    const app = await stage.makeApp('Development', { appType: { type: 'development' }, signupFlow: 'none' });
    const phone = stage.install('kotlin', app);
    const join = (number: number) => phone.post('signup', { handle: `user${number}@example.com`, password });
    const joined = await Promise.all(Array.from({ length: 60 }, (_, index) => join(index)));
    assert.equal(joined.filter(({ status }) => status === 200).length, 50);
    for (const { status, body } of joined) if (status !== 200) assert.equal(body.code, 407);
    await stage.set(app, 'appType', { type: 'commercial' });
    assertTokens(await join(60));
  });

  it('password rules, which the client is told and enforces', async () => {
    const app = await stage.makeApp('Password rules', {
      passwordFilter: true,
      passwordSetting: {
        passwordMinLength: 12,
        passwordMinUpper: 2,
        passwordMinLower: 3,
        passwordMinDigit: 1,
        passwordMinSpecial: 0,
      },
    });
    const { body } = await stage.install('kotlin', app).get('getApplication');
    assert.deepEqual(
      [body.passwordFilter, body.passwordMinLength, body.passwordMinUpper, body.passwordMinLower],
      [true, 12, 2, 3],
    );
    assert.deepEqual([body.passwordMinDigit, body.passwordMinSpecial], [1, 0]);
  });

  it('how many wrong passwords lock an account, until it is reset by mail', async () => {
    const app = await stage.makeApp('Locked', { signupFlow: 'none', maxLoginAttempts: 2 });
    const phone = stage.install('swift', app);
    const handle = 'locked@example.com';
    assertTokens(await phone.post('signup', { handle, password }));
    for (let guess = 0; guess < 2; guess++)
      assertRefused(await phone.post('login', { handle, password: wrong }), 600);
    assertRefused(await phone.post('login', { handle, password }), 404);
    assert.equal((await phone.get('getUser')).status, 200, 'a guesser ends no session');
    assertTrue(await phone.post('forgotPassword', { handle }));
    const code = codeIn((await stage.mailTo(handle, /^Reset/)).text);
    assertTrue(await phone.post('resetPassword', { handle, password: chosen, code }));
    assertTokens(await phone.post('login', { handle, password: chosen }));
  });

  it('the landing page of the link, which the link of old apps reaches at once', async () => {
    const app = await stage.makeApp('Landing', { signupFlow: 'link', linkConfirmation: 'immediate' });
    const { appId } = app;
    const templates = await stage.portal('GET', `/api/app/emailTemplates?appId=${appId}`);
    const { _id } = templates.EN.find(
      (each: { templateName: string }) => each.templateName === 'clickThrough',
    );
    const htmlTemplate = '<h1>Good dog, %HANDLE%!</h1><p>%APP_NAME% is yours.</p>';
    await stage.portal('POST', '/api/app/updateEmailTemplate', {
      appId,
      _id,
      subject: 'Landed',
      htmlTemplate,
    });
    const phone = stage.install('react', app);
    const handle = "o'neil&co@example.com";
    assertTrue(await phone.post('signup', { handle, password }));
    const link = linkIn((await stage.mailTo(handle)).html);
    await fetch(link, { method: 'HEAD' });
    assertRefused(await phone.post('login', { handle, password }), 608);
    const page = await (await fetch(link)).text();
    assert.match(page, /<h1>Good dog, o&#x27;neil&amp;co@example\.com!<\/h1><p>Landing is yours\.<\/p>/);
    assertTokens(await phone.post('login', { handle, password }));
  });

  it('nothing of people or keys is readable in the database', async () => {
    const app = await stage.makeApp('Sealed', { signupFlow: 'none' });
    const metaData = [{ path: 'user_data.nick', fieldName: 'nick', canEdit: true }];
    await stage.portal('POST', '/api/app/updateAppMetaData', { appId: app.appId, metaData });
    const phone = stage.install('swift', app);
    const nick = { user_data: { nick: 'planted-nickname' } };
    const planted = 'planted-handle@example.com';
    assertTokens(await phone.post('signup', { handle: planted, password, metaData: nick }));
    assertTokens(await phone.post('login', { handle: planted, password }));
    const { dataDir } = stage.process;
    const files = readdirSync(dataDir).filter((name) => name.startsWith('host.db'));
    const bytes = files.map((name) => readFileSync(join(dataDir, name)).toString('latin1')).join();
    assert.ok(bytes.includes(app.appId), 'the files are the database');
    for (const secret of ['planted-', password, 'PRIVATE KEY'])
      assert.equal(bytes.includes(secret), false, secret);
  });
});
