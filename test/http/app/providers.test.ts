import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { type ProviderServer, startSendGrid, startTwilio } from '../../support/provider-servers.ts';

const TWILIO = { accountSid: 'ACplanted', token: 'planted-twilio-token', phoneNumber: '+15550001111' };
const MAIL = { emailExtensionApiKey: 'SG.planted-key', emailExtensionSenderEmail: 'sender@example.com' };

describe('trying out the accounts of an app', () => {
  let host: TestHost;
  let sendGrid: ProviderServer;
  let twilio: ProviderServer;
  before(async () => {
    [sendGrid, twilio] = await Promise.all([startSendGrid(), startTwilio()]);
    host = await startTestHost({ config: { sendGridUrl: sendGrid.url, twilioUrl: twilio.url } });
  });
  after(async () => {
    await host.stop();
    await Promise.all([sendGrid.stop(), twilio.stop()]);
  });

  const post = (route: string, json: unknown) => host.portal('POST', `/api/app/${route}`, { json });

  it('mails from and to the sender of the app with its own key, switched on or not', async () => {
    sendGrid.mood = 'fine';
    const app = await host.createApp({ ...MAIL, emailExtension: false });
    assert.equal((await post('testEmailExtension', { appId: app.id })).text, 'true');
    const request = sendGrid.requests.at(-1);
    assert.equal(request?.headers.authorization, `Bearer ${MAIL.emailExtensionApiKey}`);
    const mail = JSON.parse(request?.body ?? '');
    assert.equal(mail.from.email, 'sender@example.com');
    assert.equal(mail.personalizations[0].to[0].email, 'sender@example.com');
    const { body } = await host.portal('GET', `/api/app/logs?appId=${app.id}`);
    assert.deepEqual(
      body.logs.map(({ action }: { action: string }) => action),
      ['testExtensionService'],
    );
  });

  it('says that an app has no mail account', async () => {
    const app = await host.createApp();
    const { status, body } = await post('testEmailExtension', { appId: app.id });
    assert.deepEqual([status, body.status], [400, 'Fails']);
  });

  it('says at which step a provider refused, and nothing of the credentials', async () => {
    const app = await host.createApp({ ...MAIL, twilio: TWILIO });
    sendGrid.mood = 401;
    twilio.mood = 401;
    const mail = await post('testEmailExtension', { appId: app.id });
    assert.deepEqual([mail.status, mail.body.status], [400, 'Fails']);
    assert.match(mail.body.message, /sendgrid.*auth.*401/i);
    const sms = await post('testAppTwilio', { appId: app.id, phone: '+15551230000' });
    assert.equal(sms.status, 400);
    assert.match(sms.body.message, /twilio.*auth.*401/i);
    assert.ok(!JSON.stringify([mail.body, sms.body, host.lines]).includes('planted'));
  });

  it('sends a test SMS with a code that it tells nobody', async () => {
    twilio.mood = 'fine';
    const app = await host.createApp({ twilio: TWILIO });
    const { status, body } = await post('testAppTwilio', {
      appId: app.id,
      phone: ' 1 (555) 123-0000',
      handle: 'ada',
    });
    assert.deepEqual([status, body], [200, { twoFactorCode: 0 }]);
    const form = new URLSearchParams(twilio.requests.at(-1)?.body);
    assert.deepEqual([form.get('To'), form.get('From')], ['+15551230000', TWILIO.phoneNumber]);
    const code = /\d{6}/.exec(form.get('Body') ?? '')?.[0];
    assert.ok(code);
    const { body: logs } = await host.portal('GET', `/api/app/logs?appId=${app.id}`);
    assert.equal(logs.totalLog, 1);
    assert.ok(!JSON.stringify(logs).includes(code) && !JSON.stringify(logs).includes('5551230000'));
  });

  it('refuses what is no phone number', async () => {
    const app = await host.createApp({ twilio: TWILIO });
    assert.equal((await post('testAppTwilio', { appId: app.id, phone: 'home' })).status, 400);
  });

  it('says that there is no push provider', async () => {
    const { status, body } = await post('remoteNotification', { userId: 'u', message: 'm' });
    assert.deepEqual([status, body], [400, { status: 'Fails', message: 'this host has no push provider' }]);
  });
});
