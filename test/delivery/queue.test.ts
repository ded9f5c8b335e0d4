import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startDelivery } from '../../server/domain/messages/delivery-queue.ts';
import { type MessageInput, sendMessage } from '../../server/domain/messages/message.ts';
import { withdrawMessages } from '../../server/domain/messages/settled-messages.ts';
import { signupRoutes } from '../../server/http/routes/appuser/signup.ts';
import type { App } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import { isHostError } from '../../server/model/errors.ts';
import { DeliveryError } from '../../server/ports/delivery/delivery-error.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { type ProviderServer, startSendGrid } from '../support/provider-servers.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const CODE = '482915';
const SENT_SIDE_BY_SIDE = 20;
let sendGrid: ProviderServer;
let host: TestHost;
let app: App;
before(async () => {
  sendGrid = await startSendGrid();
});
after(() => sendGrid.stop());
beforeEach(() => {
  sendGrid.mood = 'fine';
  sendGrid.requests.length = 0;
});
afterEach(() => host.stop());

function withSendGrid(): Partial<Config> {
  return { mail: 'sendgrid', sendGridApiKey: 'SG.test', sendGridUrl: sendGrid.url };
}
async function open(config: Partial<Config> = {}, dataDir?: string): Promise<void> {
  host = await startTestHost({ routes: signupRoutes, config, ...(dataDir && { dataDir }) });
  app = await host.createApp({ locales: ['EN', 'DE', 'IT'] });
}
function send(fields: Partial<MessageInput> = {}): Promise<void> {
  const input: MessageInput = {
    app,
    name: 'resetPassword',
    locale: 'EN',
    to: 'ada@example.com',
    values: {},
    code: CODE,
    outcome: 'queue',
    ...fields,
  };
  return sendMessage(host.deps, input);
}
const queued = () => host.deps.store.messages.count();
/** Lets the sender work until `done` says so. */
function untilSent(sentence: string, done: () => boolean | Promise<boolean>): Promise<boolean> {
  const isDone = () => {
    host.deps.wakeDelivery();
    return done();
  };
  return until(sentence, isDone, { everyMs: 5 });
}
async function logRows(action: string) {
  await host.deps.activity.flush();
  const { rows } = await host.deps.store.activity.page(
    app.id,
    { actions: [action] },
    { offset: 0, limit: 20 },
  );
  return rows;
}
const events = (name: string) => host.events.filter(({ event }) => event === name);

describe('a queued message', () => {
  it('is sent after the answer and leaves nothing behind', async () => {
    await open();
    await send({ userId: 'f'.repeat(24), purpose: 'reset' });
    const [line, ...more] = await host.outbox();
    assert.equal(more.length, 0);
    assert.equal(line?.message, 'resetPassword');
    assert.equal(line?.code, CODE);
    assert.equal(line?.from, host.deps.config.noreplyEmail);
    assert.match(line?.text ?? '', new RegExp(CODE));
    assert.match(String(line?.html), new RegExp(CODE));
    assert.equal(await queued(), 0);
  });

  it('is told of by one event without code or address', async () => {
    await open();
    await send({ userId: 'f'.repeat(24), purpose: 'reset' });
    await host.outbox();
    const [event, ...more] = events('code_sent');
    assert.equal(more.length, 0);
    assert.deepEqual([event?.userId, event?.purpose, event?.channel], ['f'.repeat(24), 'reset', 'email']);
    const log = JSON.stringify(host.lines);
    assert(!log.includes(CODE) && !log.includes('ada@'));
    assert(log.includes('example.com'), "the recipient's domain is logged");
  });

  it('waits while the provider is away, is logged for the portal, and is sent once it is back', async () => {
    await open(withSendGrid());
    sendGrid.mood = 503;
    await send();
    await untilSent('the provider is asked', () => sendGrid.requests.length === 1);
    await untilSent('the log has it', async () => (await logRows('sendEmail')).length === 1);
    const [row] = await logRows('sendEmail');
    assert.deepEqual([row?.status, row?.logType, row?.handle], ['error', 'app', 'ada@example.com']);
    assert.match(row?.value ?? '', /"resetPassword".*"provider".*503/);
    assert(!row?.value.includes(CODE));
    assert.equal(await queued(), 1);
    sendGrid.mood = 'fine';
    host.clock.advance(10_000);
    await untilSent('the queue is empty', async () => (await queued()) === 0);
    assert.equal(sendGrid.requests.length, 2);
    assert.equal(events('message_failed').length, 0);
  });

  it('of an outage does not come back together with the others', async () => {
    await open(withSendGrid());
    sendGrid.mood = 503;
    const count = 60;
    for (let n = 0; n < count; n++) await send({ to: `person${n}@example.com` });
    await untilSent('the provider is asked', () => sendGrid.requests.length === count);
    const failedAt = host.clock.now();
    const dueWithin = async (ms: number) => {
      const taken = { now: failedAt + ms, leaseUntil: failedAt + HOUR, limit: count };
      return (await host.deps.store.messages.takeDue(taken)).length;
    };
    await untilSent('the log has it', async () => (await logRows('sendEmail')).length > 0);
    const [early, usual, late] = [await dueWithin(3_500), await dueWithin(6_500), await dueWithin(7_500)];
    assert(early > 0 && usual > 0 && late > 0, `${early}, ${usual}, ${late}`);
    assert.equal(early + usual + late, count);
  });

  it('outlives a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'queue-'));
    try {
      await open(withSendGrid(), dataDir);
      sendGrid.mood = 'reset';
      await send({ name: 'signUpSuccess', code: undefined });
      await untilSent('the provider is asked', () => sendGrid.requests.length === 1);
      await host.stop();
      sendGrid.mood = 'fine';
      host = await startTestHost({
        routes: signupRoutes,
        config: withSendGrid(),
        dataDir,
        now: host.clock.now() + 60_000,
      });
      await untilSent('the queue is empty', async () => (await queued()) === 0);
      assert.match(sendGrid.requests[1]?.body ?? '', /ada@example\.com/);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('that waits in line for others is put back at a stop, and not sent when it was withdrawn', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'queue-'));
    try {
      await open(withSendGrid(), dataDir);
      sendGrid.mood = 'hang';
      for (let n = 0; n < SENT_SIDE_BY_SIDE; n++) await send({ to: `first${n}@example.com` });
      await send({ to: 'withdrawn@example.com' });
      await send({ to: 'later@example.com' });
      await until('all have their turn', () => sendGrid.requests.length === SENT_SIDE_BY_SIDE);
      await withdrawMessages(host.deps, { appId: app.id, to: 'withdrawn@example.com' });
      const now = host.clock.now();
      await host.stop();
      assert.equal(sendGrid.requests.length, SENT_SIDE_BY_SIDE);
      sendGrid.mood = 'fine';
      host = await startTestHost({ routes: signupRoutes, config: withSendGrid(), dataDir, now });
      await untilSent('one more is sent', () => sendGrid.requests.length > SENT_SIDE_BY_SIDE);
      assert.match(sendGrid.requests[SENT_SIDE_BY_SIDE]?.body ?? '', /later@example\.com/);
      assert(!sendGrid.requests.some(({ body }) => body.includes('withdrawn@example.com')));
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('of a process that died while sending is sent by another after the lease', async () => {
    await open();
    const { store, clock } = host.deps;
    const addressed = { channel: 'email', locale: 'EN', to: 'ada@example.com' } as const;
    await store.messages.insert({
      id: host.deps.codes.newRowId(clock.now()),
      appId: app.id,
      revision: 1,
      state: 'waiting',
      template: 'invite',
      ...addressed,
      content: { ...addressed, message: 'invite', from: '', text: 'x' },
      tries: 0,
      // Later than now: this host must not take it first.
      dueAt: clock.now() + 1,
      giveUpAt: clock.now() + HOUR,
      createdAt: clock.now(),
    });
    // Taken by a process whose clock is a little ahead, and which ends here.
    const now = clock.now() + 1;
    const taken = await store.messages.takeDue({ now, leaseUntil: now + 30_000, limit: 10 });
    assert.equal(taken.length, 1);
    host.clock.advance(30_000);
    host.deps.wakeDelivery();
    await pause(100);
    assert.equal(await queued(), 1);
    host.clock.advance(1);
    const lines = await host.outbox();
    assert.equal(lines.length, 1);
  });

  it('goes out once, however many processes send', async () => {
    await open();
    const others = [startDelivery(host.deps), startDelivery(host.deps)];
    const to = Array.from({ length: 60 }, (_, index) => `user${index}@example.com`);
    await Promise.all(to.map((address) => send({ to: address })));
    for (const other of others) other.wake();
    const lines = await host.outbox();
    assert.deepEqual(lines.map((line) => line.to).sort(), to.sort());
    await Promise.all(others.map((other) => other.stop()));
  });

  it('is given up after a day, with an event and a log row', async () => {
    await open(withSendGrid());
    sendGrid.mood = 500;
    await send({ name: 'signUpSuccess', code: undefined });
    await untilSent('it is told', async () => {
      host.clock.advance(HOUR / 2);
      return (await queued()) === 0;
    });
    const [failed, ...more] = events('message_failed');
    assert.equal(more.length, 0);
    assert.deepEqual([failed?.channel, failed?.provider], ['email', 'sendgrid']);
    assert(Number(failed?.tries) > 5, String(failed?.tries));
    assert.equal((await logRows('sendEmail')).length, 2);
  });

  it('that the provider refuses for good is given up at once', async () => {
    await open(withSendGrid());
    sendGrid.mood = 400;
    await send();
    await untilSent('the queue is empty', async () => (await queued()) === 0);
    assert.equal(sendGrid.requests.length, 1);
    assert.deepEqual(
      events('message_failed').map(({ reason, tries }) => [reason, tries]),
      [['recipient', 1]],
    );
  });

  it('is not sent when its code has expired meanwhile', async () => {
    await open(withSendGrid());
    sendGrid.mood = 500;
    await send({ name: 'resetPassword' });
    await untilSent('the provider is asked', () => sendGrid.requests.length === 1);
    await untilSent('the log has it', async () => (await logRows('sendEmail')).length === 1);
    sendGrid.mood = 'fine';
    host.clock.advance(host.deps.config.resetCodeMinutes * 60_000 + 1);
    await untilSent('the queue is empty', async () => (await queued()) === 0);
    assert.equal(sendGrid.requests.length, 1);
    assert.equal(events('message_failed').length, 1);
  });

  it('goes with its app', async () => {
    await open(withSendGrid());
    sendGrid.mood = 500;
    await send();
    await untilSent('the provider is asked', () => sendGrid.requests.length === 1);
    await untilSent('the log has it', async () => (await logRows('sendEmail')).length === 1);
    await host.deps.store.apps.remove(app.id);
    host.clock.advance(60_000);
    await untilSent('the queue is empty', async () => (await queued()) === 0);
    assert.equal(sendGrid.requests.length, 1);
  });
});

describe('a message whose outcome is answered', () => {
  it('is out when the call resolves', async () => {
    await open(withSendGrid());
    await send({ outcome: 'wait' });
    assert.equal(sendGrid.requests.length, 1);
    assert.equal(await queued(), 0);
    assert.equal(events('code_sent').length, 1);
  });

  it('fails within five seconds, is withdrawn and logged, and says nothing of the provider to the client', async () => {
    await open(withSendGrid());
    sendGrid.mood = 'hang';
    const elapsed = startStopwatch();
    await assert.rejects(send({ outcome: 'wait' }), (error: Error) => {
      assert(isHostError(error, 'internal'));
      assert(error.cause instanceof DeliveryError);
      return true;
    });
    assert(elapsed() < 6_500);
    assert.equal(await queued(), 0);
    assert.equal((await logRows('sendEmail')).length, 1);
    assert.equal(events('message_failed').length, 1);
    assert.equal(events('code_sent').length, 0);
    host.clock.advance(48 * HOUR);
    host.deps.wakeDelivery();
    assert.equal(sendGrid.requests.length, 1);
  });

  it('that fails loses no signup: the next request sends a new code (A11)', async () => {
    await open(withSendGrid());
    sendGrid.mood = 429;
    const signup = () =>
      host.request('POST', '/api/appuser/signup', {
        headers: { 'app-token': app.appToken },
        json: { handle: 'ada@example.com', password: PASSWORD },
      });
    const refused = await signup();
    assert.deepEqual([refused.status, refused.body], [400, { code: 500, message: 'internal server error' }]);
    const waiting = await host.deps.store.signups.findByHandle(app.id, 'ada@example.com');
    assert.equal(waiting?.status, 'pending');
    sendGrid.mood = 'fine';
    assert.equal((await signup()).body, true);
    const code = /\b\d{6}\b/.exec(JSON.parse(sendGrid.requests[1]?.body ?? '{}').content[0].value)?.[0];
    const completed = await host.request('POST', '/api/appuser/completeSignup', {
      headers: { 'app-token': app.appToken },
      json: { handle: 'ada@example.com', code },
    });
    assert.equal(completed.status, 200);
  });

  it("names the failing step of an app's own mail account, and logs the test (P24)", async () => {
    await open(withSendGrid());
    const test = { name: 'testMail', outcome: 'wait', code: undefined } as const;
    await send(test);
    sendGrid.mood = 401;
    await assert.rejects(send(test), (error: Error) => (error.cause as DeliveryError).step === 'auth');
    const rows = await logRows('testExtensionService');
    assert.deepEqual(rows.map(({ status }) => status).sort(), ['error', 'success']);
  });
});

describe('what is sent', () => {
  const write = (fields: object) =>
    host.deps.store.templates.insert({
      id: host.deps.codes.newRowId(host.deps.clock.now()),
      appId: app.id,
      revision: 1,
      name: 'resetPassword',
      locale: 'EN',
      subject: 'Mine, %APP_NAME%',
      htmlTemplate: '<p>edited %CODE%</p>',
      createdAt: 0,
      updatedAt: 0,
      ...fields,
    } as Parameters<typeof host.deps.store.templates.insert>[0]);

  it('is the text of the wanted locale, else the English one, else a built-in one (O7)', async () => {
    await open();
    await write({});
    await write({ locale: 'DE', htmlTemplate: '<p>geändert %CODE%</p>', replyTo: 'hilfe@example.com' });
    for (const locale of ['EN', 'DE', 'IT', 'XX']) await send({ locale });
    await send({ locale: 'DE', name: 'invite' });
    const lines = await host.outbox();
    const find = (locale: string, message: string) =>
      lines.filter((line) => line.locale === locale && line.message === message);
    assert.deepEqual(
      find('DE', 'resetPassword').map(({ text, replyTo }) => [text, replyTo]),
      [[`geändert ${CODE}`, 'hilfe@example.com']],
    );
    assert.deepEqual(
      find('IT', 'resetPassword').map(({ text }) => text),
      [`edited ${CODE}`],
    );
    // A locale the app does not have is read in English.
    assert.deepEqual(
      find('EN', 'resetPassword').map(({ text }) => text),
      [`edited ${CODE}`, `edited ${CODE}`],
    );
    assert.match(find('DE', 'invite')[0]?.text ?? '', /eingeladen/);
  });

  it("to a phone number is an SMS: short by itself, or the app's own text", async () => {
    await open();
    const to = '+4917012345678';
    await send({ to, name: 'signUp' });
    await write({});
    await send({ to });
    await send({ to, name: 'sms', outcome: 'wait' });
    const lines = await host.outbox();
    assert.deepEqual(
      lines.map(({ channel, html }) => [channel, html]),
      Array(3).fill(['sms', undefined]),
    );
    assert.deepEqual(lines.map(({ message }) => message).sort(), ['resetPassword', 'signUp', 'sms']);
    assert.equal(lines.find(({ message }) => message === 'resetPassword')?.text, `edited ${CODE}`);
    assert(!JSON.stringify(host.lines).includes('17012345678'));
  });

  it('never goes to an anonymous handle, a bare name, or as an expensive welcome by SMS', async () => {
    await open();
    for (const to of ['ANON_x@example.com', 'ada']) await send({ to, outcome: 'wait' });
    for (const name of ['signUpSuccess', 'qrCode'] as const) await send({ to: '+4917012345678', name });
    assert.deepEqual(await host.outbox(), []);
    assert.equal(events('code_sent').length, 0);
  });
});
