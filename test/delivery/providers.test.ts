import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createMailer } from '../../server/delivery/mailer.ts';
import { createTexter } from '../../server/delivery/texter.ts';
import type { Config } from '../../server/model/config.ts';
import type { Message } from '../../server/model/message.ts';
import type { DeliveryError } from '../../server/ports/delivery/delivery-error.ts';
import {
  type ProviderMood,
  type ProviderServer,
  startSendGrid,
  startTwilio,
} from '../support/provider-servers.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { aMail, anApp, anSms, CANARY, failureOf } from './message.ts';

const HOST_KEY = 'SG.host-canary';
const HOST_ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, token: 'host-canary', phoneNumber: '+15005550001' };
const OWN_ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, token: 'own-canary', phoneNumber: '+15005550002' };
const ownMail = anApp({
  emailExtension: true,
  emailExtensionApiKey: 'SG.own-canary',
  emailExtensionSenderEmail: 'club@app.example',
});
const ownTwilio = anApp({ twilio: OWN_ACCOUNT });

let sendGrid: ProviderServer;
let twilio: ProviderServer;
let filed: Message[];
before(async () => {
  [sendGrid, twilio] = await Promise.all([startSendGrid(), startTwilio()]);
});
after(() => Promise.all([sendGrid.stop(), twilio.stop()]));
beforeEach(() => {
  filed = [];
});
afterEach(() => {
  for (const provider of [sendGrid, twilio]) {
    provider.mood = 'fine';
    provider.requests.length = 0;
  }
});

const outbox = { deliver: async (message: Message) => void filed.push(message) };
function configured(fields: Partial<Config>): Config {
  return {
    mail: 'outbox',
    sms: 'outbox',
    noreplyEmail: 'noreply@host.example',
    sendGridUrl: sendGrid.url,
    twilioUrl: twilio.url,
    ...fields,
  } as Config;
}
const mailer = (fields: Partial<Config> = { mail: 'sendgrid', sendGridApiKey: HOST_KEY }) =>
  createMailer({ config: configured(fields), outbox });
const texter = (fields: Partial<Config> = { sms: 'twilio', twilio: HOST_ACCOUNT }) =>
  createTexter({ config: configured(fields), outbox });

const OUTCOMES: [ProviderMood, string, boolean][] = [
  ['reset', 'connect', true],
  ['redirect', 'provider', true],
  [400, 'recipient', false],
  [401, 'auth', true],
  [403, 'auth', true],
  [429, 'quota', true],
  [500, 'provider', true],
  [503, 'provider', true],
];
function requireClean(failure: DeliveryError): void {
  const everything = `${inspect(failure, { showHidden: true, depth: 9 })}${failure.stack}${JSON.stringify(failure)}`;
  for (const secret of [
    'canary',
    'ada@',
    '+4917',
    Buffer.from('host-canary').toString('base64').slice(4, 12),
  ]) {
    assert(!everything.includes(secret), secret);
  }
}

describe('SendGrid', () => {
  it('gets one recipient, both parts, sender, answer address and no tracking', async () => {
    await mailer().send(aMail({ replyTo: 'help@example.com' }), anApp());
    const [request] = sendGrid.requests;
    assert.equal(request?.path, '/v3/mail/send');
    assert.equal(request?.headers.authorization, `Bearer ${HOST_KEY}`);
    const mail = JSON.parse(request?.body ?? '');
    assert.deepEqual(
      mail.personalizations.map(({ to }: { to: unknown }) => to),
      [[{ email: 'ada@example.com' }]],
    );
    assert.deepEqual(mail.from, { email: 'noreply@host.example', name: 'Schach – Verein' });
    assert.equal(mail.reply_to.email, 'help@example.com');
    assert.equal(mail.subject, 'Dein Code für Schach ♞');
    assert.deepEqual(
      mail.content.map(({ type }: { type: string }) => type),
      ['text/plain', 'text/html'],
    );
    assert.equal(mail.tracking_settings.click_tracking.enable, false);
    assert.equal(mail.tracking_settings.open_tracking.enable, false);
  });

  it('gets attachments', async () => {
    const attachment = { filename: 'QRCode.png', contentType: 'image/png', content: 'AAEC' };
    await mailer().send(aMail({ attachments: [attachment] }), anApp());
    const { attachments } = JSON.parse(sendGrid.requests[0]?.body ?? '');
    assert.deepEqual(attachments, [
      { filename: 'QRCode.png', type: 'image/png', content: 'AAEC', disposition: 'attachment' },
    ]);
  });

  it("is asked with the key and the sender of an app that has its own account, side by side with the host's", async () => {
    const both = mailer();
    await Promise.all([both.send(aMail(), ownMail), both.send(aMail(), anApp())]);
    const seen = sendGrid.requests
      .map(({ headers, body }) => [headers.authorization, JSON.parse(body).from.email])
      .sort();
    assert.deepEqual(seen, [
      [`Bearer ${HOST_KEY}`, 'noreply@host.example'],
      ['Bearer SG.own-canary', 'club@app.example'],
    ]);
  });

  it('is asked for apps with their own account even when the host has an outbox', async () => {
    const local = mailer({ mail: 'outbox' });
    await local.send(aMail(), ownMail);
    await local.send(aMail(), anApp({ ...ownMail, emailExtension: false }));
    assert.equal(sendGrid.requests.length, 1);
    assert.deepEqual(
      filed.map(({ from }) => from),
      ['noreply@host.example'],
    );
  });

  it('is never asked for an address that could be two', async () => {
    for (const to of ['a@b.co, c@d.co', 'a@b.co\r\nBcc: x@y.z', 'Ada <a@b.co>', 'ada', '']) {
      const failure = await failureOf(mailer().send(aMail({ to }), anApp()));
      assert.deepEqual([failure?.step, failure?.retryable], ['recipient', false], to);
    }
    assert.equal(sendGrid.requests.length, 0);
  });

  for (const [mood, step, retryable] of OUTCOMES) {
    it(`is reported by step alone when it answers ${mood}`, async () => {
      sendGrid.mood = mood;
      const failure = await failureOf(mailer().send(aMail(), ownMail));
      assert(failure);
      assert.deepEqual([failure.provider, failure.step, failure.retryable], ['sendgrid', step, retryable]);
      requireClean(failure);
    });
  }
});

describe('Twilio', () => {
  it("gets number, sender and plain text with the account's credentials", async () => {
    await texter().send(anSms({ text: 'Code 123456 & <b>' }), anApp());
    const [request] = twilio.requests;
    assert.equal(request?.path, `/2010-04-01/Accounts/${HOST_ACCOUNT.accountSid}/Messages.json`);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
      To: '+4917012345678',
      From: '+15005550001',
      Body: 'Code 123456 & <b>',
    });
    const credential = Buffer.from(`${HOST_ACCOUNT.accountSid}:${HOST_ACCOUNT.token}`).toString('base64');
    assert.equal(request?.headers.authorization, `Basic ${credential}`);
  });

  it("is asked with the account of the app that has one, never with another's", async () => {
    const both = texter();
    await Promise.all([both.send(anSms(), ownTwilio), both.send(anSms(), anApp())]);
    const seen = twilio.requests
      .map(({ path, body }) => [path.split('/')[3], new URLSearchParams(body).get('From')])
      .sort();
    assert.deepEqual(seen, [
      [HOST_ACCOUNT.accountSid, HOST_ACCOUNT.phoneNumber],
      [OWN_ACCOUNT.accountSid, OWN_ACCOUNT.phoneNumber],
    ]);
  });

  it('is available to apps with an account, to all while the host has one or an outbox', () => {
    const none = texter({ sms: 'none' });
    assert.deepEqual([none.available(anApp()), none.available(ownTwilio)], [false, true]);
    assert(texter().available(anApp()) && texter({ sms: 'outbox' }).available(undefined));
  });

  it('is never asked for what is no phone number', async () => {
    for (const to of ['ada@example.com', '123', '+49 170', '+1;2']) {
      const failure = await failureOf(texter().send(anSms({ to }), anApp()));
      assert.deepEqual([failure?.step, failure?.retryable], ['recipient', false], to);
    }
    assert.equal(twilio.requests.length, 0);
  });

  it('refuses an account that cannot be one without quoting it', async () => {
    const failure = await failureOf(
      texter().send(anSms(), anApp({ twilio: { ...OWN_ACCOUNT, accountSid: 'canary' } })),
    );
    assert.equal(failure?.step, 'auth');
    requireClean(failure);
  });

  for (const [mood, step, retryable] of OUTCOMES) {
    it(`is reported by step alone when it answers ${mood}`, async () => {
      twilio.mood = mood;
      const failure = await failureOf(texter().send(anSms(), ownTwilio));
      assert(failure);
      assert.deepEqual([failure.provider, failure.step, failure.retryable], ['twilio', step, retryable]);
      requireClean(failure);
    });
  }
});

describe('a provider that answers nonsense or nothing', () => {
  it('does not end the host, and a hanging one costs five seconds at most', async () => {
    twilio.mood = 'garbage';
    const garbled = await failureOf(texter().send(anSms(), anApp()));
    if (garbled) requireClean(garbled);
    sendGrid.mood = 'hang';
    twilio.mood = 'hang';
    const elapsed = startStopwatch();
    const failures = await Promise.all([
      failureOf(mailer().send(aMail(), anApp())),
      failureOf(texter().send(anSms(), anApp())),
    ]);
    assert(elapsed() < 6_500);
    for (const failure of failures) {
      assert.deepEqual([failure?.step, failure?.retryable], ['timeout', true]);
      requireClean(failure as DeliveryError);
      assert(!inspect(failure).includes(CANARY));
    }
  });
});
