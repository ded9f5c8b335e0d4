import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { type ProviderServer, startSendGrid } from '../../support/provider-servers.ts';
import { type SmtpServer, startSmtpServer } from '../../support/smtp-server.ts';

type Step = { step: string; ok: boolean | 'unknown'; detail: string; repair?: string };
const failedOf = (steps: Step[]) => steps.filter(({ ok }) => ok === false).map(({ step }) => step);

describe('test messages of a host with a mail server', () => {
  let host: TestHost;
  let server: SmtpServer;
  let sendGrid: ProviderServer;
  before(async () => {
    [server, sendGrid] = await Promise.all([
      startSmtpServer({ answers: { RCPT: '550 5.1.1 nobody here' } }),
      startSendGrid(),
    ]);
    const smtpUrl = `smtp://127.0.0.1:${server.port}`;
    host = await startTestHost({
      config: { mail: 'smtp', smtpUrl, sendGridUrl: sendGrid.url, codesPerHour: 2 },
    });
  });
  after(() => Promise.all([host.stop(), server.stop(), sendGrid.stop()]));

  it('tell the step that refused, with its repair, in an answer of 200', async () => {
    const { status, body } = await host.portal('POST', '/api/host/testMail', {
      json: { to: 'ada@example.com' },
    });
    assert.deepEqual([status, body.ok, failedOf(body.steps)], [200, false, ['recipient']]);
    const { detail, repair } = body.steps.find(({ step }: Step) => step === 'recipient');
    assert.match(detail, /^550 5\.1\.1 nobody here/);
    assert.match(repair, /recipient/);
  });

  it('cost nothing while nothing is sent, and are budgeted when they are', async () => {
    const json = { to: 'bob@example.com' };
    const send = () => host.portal('POST', '/api/host/testMail', { json });
    for (let n = 0; n < 3; n++) assert.equal((await send()).body.ok, false);
    delete server.answers?.RCPT;
    for (let n = 0; n < 2; n++) assert.equal((await send()).body.ok, true);
    const refused = await send();
    assert.deepEqual([refused.status, refused.body.retryAfter > 0], [429, true]);
    assert.equal(server.mails.length, 2);
    assert.match(server.mails[0]?.data ?? '', /It works/);
  });

  it("go through the app's own account, switched on or not", async () => {
    const app = await host.createApp({
      emailExtension: false,
      emailExtensionApiKey: 'SG.own',
      emailExtensionSenderEmail: 'club@host.example',
    });
    const json = { to: 'ada@example.com', appId: app.id };
    const { body } = await host.portal('POST', '/api/host/testMail', { json });
    assert.equal(body.ok, true, JSON.stringify(body));
    const sent = sendGrid.requests.find(({ path }) => path === '/v3/mail/send');
    assert.equal(sent?.headers.authorization, 'Bearer SG.own');
    assert.equal(JSON.parse(sent?.body ?? '').from.email, 'club@host.example');
  });
});

describe('test messages of a host with an outbox', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());
  const last = async () => (await host.outbox()).at(-1);

  it('are written there, and nobody is asked', async () => {
    const mail = await host.portal('POST', '/api/host/testMail', { json: { to: ' ada@example.com ' } });
    assert.deepEqual([mail.body.ok, (await last())?.to], [true, 'ada@example.com']);
    const sms = await host.portal('POST', '/api/host/testSms', { json: { to: '+1 555 123 0000' } });
    const line = await last();
    assert.deepEqual([sms.body.ok, line?.channel, line?.to], [true, 'sms', '+15551230000']);
    assert.match(line?.text ?? '', /\d{6}/);
  });

  it('go to addresses and numbers alone', async () => {
    const refusals: [string, Record<string, unknown>, string, string][] = [
      ['host/testMail', { to: 'nobody' }, 'invalid_handle', 'to'],
      ['host/testMail', { to: 'a@b.co, c@d.co' }, 'invalid_handle', 'to'],
      ['host/testSms', { to: 'ada@example.com' }, 'invalid_phone', 'to'],
      ['host/testMail', {}, 'missing', 'to'],
    ];
    for (const [route, json, reason, field] of refusals) {
      const { status, body } = await host.portal('POST', `/api/${route}`, { json });
      assert.deepEqual([status, body.status, body.reason, body.field], [400, 'Fails', reason, field], route);
    }
  });

  it('of an app are its own text in that language, with sample values', async () => {
    const app = await host.createApp({ name: 'Chess', locales: ['EN', 'DE'] });
    const send = (json: Record<string, unknown>) =>
      host.portal('POST', '/api/app/sendTestMessage', { json: { appId: app.id, ...json } });
    const mail = { templateName: 'signUpLink', locale: 'de', to: 'ada@example.com' };
    assert.equal((await send(mail)).body.ok, true);
    const line = await last();
    assert.deepEqual([line?.message, line?.locale, line?.appId], ['signUpLink', 'DE', app.id]);
    assert.ok(line?.text.includes(host.deps.config.apiUrl));
    assert.equal((await send({ ...mail, templateName: 'sms', to: '+15551230009' })).body.ok, true);
    assert.match((await last())?.text ?? '', /123456/);
    const refusals: [Record<string, unknown>, string, string][] = [
      [{ ...mail, locale: 'FR' }, 'unknown_value', 'locale'],
      [{ ...mail, templateName: 'clickThrough' }, 'unknown_value', 'templateName'],
      [{ ...mail, templateName: 'sms' }, 'invalid_phone', 'to'],
      [{ ...mail, templateName: 'qrCode', to: '+15551230009' }, 'unknown_value', 'to'],
    ];
    for (const [json, reason, field] of refusals) {
      const { status, body } = await send(json);
      assert.deepEqual([status, body.reason, body.field], [400, reason, field], JSON.stringify(json));
    }
  });

  it('show an edited text until it is reset', async () => {
    const app = await host.createApp({ locales: ['EN'] });
    const read = async () => {
      const { body } = await host.portal('GET', `/api/app/emailTemplates?appId=${app.id}`);
      return body.EN.find(({ templateName }: { templateName: string }) => templateName === 'signUp');
    };
    const before = await read();
    const edit = { appId: app.id, _id: before._id, subject: 'Mine', htmlTemplate: '<p>%CODE%</p>' };
    await host.portal('POST', '/api/app/updateEmailTemplate', { json: edit });
    assert.equal((await read()).subject, 'Mine');
    const json = { appId: app.id, templateName: 'signUp', locale: 'EN' };
    for (let n = 0; n < 2; n++) {
      const { status, body } = await host.portal('POST', '/api/app/resetTemplate', { json });
      assert.deepEqual([status, body.subject], [200, before.subject]);
    }
    assert.deepEqual(await read(), before);
    const changes = host.events.filter(
      ({ event, appId }) => event === 'template_changed' && appId === app.id,
    );
    assert.equal(changes.length, 2);
  });
});
