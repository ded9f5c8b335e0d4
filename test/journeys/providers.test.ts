import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn } from '../support/mailbox.ts';
import { sentPassword } from '../support/shipped-clients.ts';
import { type Stage, startStage } from './stage.ts';

const password = sentPassword('Sent by providers 1');
const HOST_KEY = 'SG.key-of-the-host';
const APP_KEY = 'SG.key-of-the-app';
const HOST_TWILIO = {
  TWILIO_ACCOUNT_SID: 'AC000000000000000000000000000000aa',
  TWILIO_TOKEN: 'token-of-the-host',
  TWILIO_PHONE_NUMBER: '+15550005555',
};

describe('mail by SendGrid, text messages by Twilio', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      SEND_GRID_API_KEY: HOST_KEY,
      NOREPLY_EMAIL: 'noreply@jojo.example',
      ...HOST_TWILIO,
    });
  });
  after(() => stage?.stop());

  /** The last mail that SendGrid took, in its own words. */
  function lastMail() {
    const request = stage.sendGrid.requests.at(-1);
    assert.ok(request);
    const { from, subject, content, personalizations, attachments } = JSON.parse(request.body);
    return {
      path: request.path,
      key: request.headers.authorization,
      from,
      subject,
      to: personalizations[0].to[0].email,
      text: content.find(({ type }: { type: string }) => type === 'text/plain').value,
      attachments,
    };
  }

  it("a signup code leaves through the host's SendGrid account", async () => {
    const app = await stage.makeApp('Hosted');
    const phone = stage.install('swift', app);
    const handle = 'ada@example.com';
    assertTrue(await phone.post('signup', { handle, password }));
    const { text, ...mail } = lastMail();
    assert.deepEqual(mail, {
      path: '/v3/mail/send',
      key: `Bearer ${HOST_KEY}`,
      from: { email: 'noreply@jojo.example', name: 'Hosted' },
      subject: 'Your code for Hosted',
      to: handle,
      attachments: undefined,
    });
    assertTokens(await phone.post('completeSignup', { handle, code: codeIn(text) }));
    assert.equal(stage.smtp.mails.length, 0);
  });

  it('an app with a mail account of its own sends with that key and sender, and can test it', async () => {
    const app = await stage.makeApp('Own account', {
      emailExtensionAPIKey: { emailExtensionAPIKey: APP_KEY, emailExtensionSenderEmail: 'hello@own.example' },
      emailExtension: true,
    });
    assert.equal(await stage.portal('POST', '/api/app/testEmailExtension', { appId: app.appId }), true);
    assert.deepEqual([lastMail().to, lastMail().key], ['hello@own.example', `Bearer ${APP_KEY}`]);
    const phone = stage.install('react', app);
    const handle = 'bo@example.com';
    assertTrue(await phone.post('signup', { handle, password }));
    assert.deepEqual(
      [lastMail().key, lastMail().from],
      [`Bearer ${APP_KEY}`, { email: 'hello@own.example', name: 'Own account' }],
    );
    assertTokens(await phone.post('completeSignup', { handle, code: codeIn(lastMail().text) }));
    const shown = await stage.portal('GET', `/api/app/appId/${app.appId}`);
    assert.equal(JSON.stringify(shown).includes(APP_KEY), false);
  });

  it('a signup whose mail is refused is a failure, and the next try succeeds', async () => {
    const app = await stage.makeApp('Refused');
    const phone = stage.install('kotlin', app);
    const form = { handle: 'cy@example.com', password };
    stage.sendGrid.mood = 401;
    assertRefused(await phone.post('signup', form), 500);
    stage.sendGrid.mood = 'fine';
    assertTrue(await phone.post('signup', form));
    assertTokens(await phone.post('completeSignup', { handle: form.handle, code: codeIn(lastMail().text) }));
  });

  it("log-in codes go through the host's Twilio account until the app brings its own", async () => {
    const app = await stage.makeApp('Text messages', {
      signupFlow: 'none',
      twoFactorVerification: { twoFactorVerification: 'phone' },
    });
    const number = '+15557778888';
    const handle = 'dee@example.com';
    const phone = stage.install('swift', app);
    assertTokens(await phone.post('signup', { handle, password }));
    assertTrue(await phone.post('setPhone', { phone: number }));
    const first = await stage.textTo(number);
    assert.deepEqual(
      [first.account, first.login, first.from],
      [
        HOST_TWILIO.TWILIO_ACCOUNT_SID,
        `${HOST_TWILIO.TWILIO_ACCOUNT_SID}:${HOST_TWILIO.TWILIO_TOKEN}`,
        HOST_TWILIO.TWILIO_PHONE_NUMBER,
      ],
    );
    assertTrue(await phone.post('verifyPhone', { code: codeIn(first.body) }));
    assertTrue(await phone.post('setTwoFactorPhoneVerification', { twoFactor: true }));

    const own = {
      TWILIOAccountSid: 'AC000000000000000000000000000000bb',
      TWILIOToken: 'token-of-the-app',
      TWILIOPhoneNumber: '+15550006666',
    };
    await stage.set(app, 'twoFactorVerification', { twoFactorVerification: 'phone', ...own });
    const challenge = await phone.post('login', { handle, password });
    const text = await stage.textTo(number);
    assert.deepEqual(
      [text.account, text.login, text.from],
      [own.TWILIOAccountSid, `${own.TWILIOAccountSid}:${own.TWILIOToken}`, own.TWILIOPhoneNumber],
    );
    const loginToken = challenge.body['login-token'];
    assertTokens(await phone.post('loginComplete', { loginToken, code: codeIn(text.body) }));
    const tested = await stage.portal('POST', '/api/app/testAppTwilio', {
      appId: app.appId,
      handle,
      phone: '+15557770000',
      locale: 'EN',
    });
    assert.deepEqual(tested, { twoFactorCode: 0 });
    assert.match((await stage.textTo('+15557770000')).body, /\b\d{6}\b/);
  });
});
