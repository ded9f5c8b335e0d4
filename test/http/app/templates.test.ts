import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { LOCALES } from '../../../server/model/locale.ts';
import { TEMPLATE_NAMES } from '../../../server/model/template.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

interface Row {
  _id: string;
  templateName: string;
  locale: string;
  subject: string;
  htmlTemplate: string;
  replyTo: string;
  localeLinkText?: string;
}

describe('texts and locales of an app', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const post = (route: string, json: unknown) => host.portal('POST', `/api/app/${route}`, { json });
  const texts = async (app: App): Promise<Record<string, Row[]>> =>
    (await host.portal('GET', `/api/app/emailTemplates?appId=${app.id}`)).body;
  const text = async (app: App, name: string, locale = 'EN'): Promise<Row> => {
    const row = (await texts(app))[locale]?.find(({ templateName }) => templateName === name);
    assert.ok(row);
    return row;
  };
  const setLocales = (app: App, locales: string[]) => post('addRemoveAppLocale', { appId: app.id, locales });
  const edit = (app: App, row: Row, values: Partial<Row>) => {
    const { _id, subject, htmlTemplate } = row;
    return post('updateEmailTemplate', { appId: app.id, _id, subject, htmlTemplate, ...values });
  };
  const signUp = async (app: App, handle: string, locale = 'EN') => {
    const json = { handle, password: PASSWORD, locale };
    const answer = await host.request('POST', '/api/appuser/signup', {
      headers: { 'app-token': app.appToken },
      json,
    });
    assert.equal(answer.status, 200);
    return (await host.outbox()).findLast(({ to }) => to === handle);
  };

  it('shows the eight built-in texts of a new app, with ids that stay the same', async () => {
    const app = await host.createApp();
    const shown = await texts(app);
    assert.deepEqual(Object.keys(shown), ['EN']);
    assert.deepEqual(
      shown.EN?.map(({ templateName }) => templateName),
      [...TEMPLATE_NAMES],
    );
    for (const row of shown.EN ?? []) {
      assert.match(row._id, /^[0-9a-f]{24}$/);
      for (const name of ['appId', 'subject', 'replyTo', 'htmlTemplate', 'createdAt', 'updatedAt'])
        assert.ok(name in row, name);
      assert.equal('localeLinkText' in row, row.templateName === 'signUpLink');
    }
    assert.ok(
      shown.EN?.find(({ templateName }) => templateName === 'signUp')?.htmlTemplate.includes('%CODE%'),
    );
    assert.deepEqual(await texts(app), shown);
  });

  it('shows texts in every status of the app, but changes them only while it is active', async () => {
    const app = await host.createApp({ status: 'inactive' });
    const row = await text(app, 'signUp');
    const answer = await edit(app, row, { subject: 'New' });
    assert.deepEqual([answer.status, answer.body.status], [403, 'Fails']);
  });

  it('stores an edited text under the id it was shown with, and sends it', async () => {
    const app = await host.createApp();
    const row = await text(app, 'signUp');
    const values = {
      subject: 'Hi from %APP_NAME%',
      htmlTemplate: '<p>%CODE%</p><p>for %HANDLE%</p>',
      replyTo: 'help@example.com',
    };
    const { status, body } = await edit(app, row, values);
    assert.equal(status, 200);
    assert.equal(body._id, row._id);
    assert.equal(body.htmlTemplate, '<p>%CODE%</p>\n<p>for %HANDLE%</p>');
    assert.deepEqual(await text(app, 'signUp'), body);
    const mail = await signUp(app, 'ada@example.com');
    assert.equal(mail?.subject, `Hi from ${app.name}`);
    assert.equal(mail?.replyTo, 'help@example.com');
    const second = await edit(app, body, { subject: 'Second' });
    assert.deepEqual(
      [second.body._id, second.body.subject, second.body.replyTo],
      [row._id, 'Second', 'help@example.com'],
    );
  });

  it('keeps the last of two racing first edits, not a second row', async () => {
    const app = await host.createApp();
    const row = await text(app, 'invite');
    const answers = await Promise.all(['One', 'Two'].map((subject) => edit(app, row, { subject })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    assert.equal((await host.deps.store.templates.list(app.id)).length, 1);
  });

  it('refuses a text without its code, with an unknown placeholder, or one that could run', async () => {
    const app = await host.createApp();
    const row = await text(app, 'signUp');
    for (const htmlTemplate of [
      '<p>no code</p>',
      '<p>%CODE% %PASSWORD%</p>',
      '<p>%CODE%{{#each x}}</p>',
      '<p>{{{CODE}}}</p>',
      '<script>%CODE%</script>',
    ]) {
      const { status, body } = await edit(app, row, { htmlTemplate });
      assert.deepEqual([status, body.status], [400, 'Fails'], htmlTemplate);
    }
    assert.equal((await edit(app, row, { subject: 'a\r\nBcc: x@example.com' })).status, 400);
    assert.equal((await edit(app, row, { replyTo: 'no address' })).status, 400);
    assert.deepEqual(await text(app, 'signUp'), row);
  });

  it('takes the id of another app for unknown', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    const unedited = await text(other, 'signUp');
    const { body: edited } = await edit(other, await text(other, 'invite'), { subject: 'Theirs' });
    for (const row of [unedited, edited])
      assert.equal((await edit(app, row, { subject: 'Mine' })).status, 403);
  });

  it('sets the locales: upper case, each once, known ones only, EN first and always', async () => {
    const app = await host.createApp();
    const sent = ['fr', 'FR', 'xx', 'De '];
    const { body } = await setLocales(app, sent);
    assert.deepEqual([body.appId, body.locales], [app.id, sent]);
    assert.deepEqual(Object.keys(body.localesTemplate), ['EN', 'FR', 'DE']);
    assert.equal(body.localesTemplate.FR.length, TEMPLATE_NAMES.length);
    assert.deepEqual((await host.portal('GET', `/api/app/appId/${app.id}`)).body.locales, ['EN', 'FR', 'DE']);
    assert.deepEqual(
      (await setLocales(app, [...LOCALES])).body.localesTemplate.ZU.length,
      TEMPLATE_NAMES.length,
    );
  });

  it('shows for each locale the text that is sent in it', async () => {
    const app = await host.createApp();
    await setLocales(app, ['FR', 'SM']);
    await edit(app, await text(app, 'signUp'), { subject: 'Edited English' });
    for (const locale of ['EN', 'FR', 'SM']) {
      const { subject } = await text(app, 'signUp', locale);
      const mail = await signUp(app, `${locale.toLowerCase()}@example.com`, locale);
      assert.equal(mail?.subject, subject.replaceAll('%APP_NAME%', app.name), locale);
    }
  });

  it('forgets the edited texts of a dropped locale, and nobody is left without a text', async () => {
    const app = await host.createApp();
    await setLocales(app, ['FR']);
    const before = await text(app, 'signUp', 'FR');
    await edit(app, before, { subject: 'À moi' });
    await setLocales(app, []);
    assert.equal((await host.deps.store.templates.list(app.id)).length, 0);
    await setLocales(app, ['FR']);
    assert.deepEqual(await text(app, 'signUp', 'FR'), before);
  });

  it('previews a stored or a proposed text with sample values, and stores nothing', async () => {
    const app = await host.createApp();
    const row = await text(app, 'signUp');
    const preview = (values: object) => post('previewTemplate', { appId: app.id, ...values });
    const { body } = await preview({ _id: row._id });
    assert.deepEqual(Object.keys(body).sort(), ['html', 'subject', 'text']);
    assert.ok(!/%[A-Z_]+%/.test(JSON.stringify(body)));
    const proposed = { subject: 'For %APP_NAME%', htmlTemplate: '<p>Here: %CODE%</p>' };
    for (const named of [
      { _id: row._id },
      { templateName: 'signUp', locale: 'en' },
      { templateName: 'signUp' },
    ]) {
      const answer = await preview({ ...named, ...proposed });
      assert.equal(answer.body.subject, `For ${app.name}`);
      assert.match(answer.body.text, /Here: \d{6}/);
    }
    assert.equal((await preview({ ...proposed, templateName: 'signUp', htmlTemplate: 'none' })).status, 400);
    assert.equal((await preview({})).status, 400);
    assert.equal((await preview({ _id: 'f'.repeat(24) })).status, 403);
    assert.deepEqual(await text(app, 'signUp'), row);
    for (const templateName of TEMPLATE_NAMES)
      assert.equal((await preview({ templateName })).status, 200, templateName);
  });

  it('repairs apps that lack EN, as often as asked', async () => {
    const app = await host.createApp({ locales: ['FR'] });
    for (let call = 0; call < 2; call++)
      assert.equal((await host.portal('POST', '/api/app/patchAppLocales')).text, 'true');
    assert.deepEqual((await host.deps.store.apps.read(app.id))?.locales, ['EN', 'FR']);
  });
});
