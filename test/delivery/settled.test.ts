import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type MessageInput, sendMessage } from '../../server/domain/messages/message.ts';
import { retryMessage, withdrawMessages } from '../../server/domain/messages/settled-messages.ts';
import type { App } from '../../server/model/app.ts';
import type { QueuedMessage } from '../../server/model/message.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { type ProviderServer, startSendGrid } from '../support/provider-servers.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ADA = 'ada@example.com';
let sendGrid: ProviderServer;
let host: TestHost;
let app: App;
before(async () => {
  sendGrid = await startSendGrid();
});
after(() => sendGrid.stop());
beforeEach(async () => {
  sendGrid.mood = 'fine';
  sendGrid.requests.length = 0;
  host = await startTestHost({
    config: { mail: 'sendgrid', sendGridApiKey: 'SG.test', sendGridUrl: sendGrid.url },
  });
  app = await host.createApp();
});
afterEach(() => host.stop());

function send(fields: Partial<MessageInput> = {}): Promise<void> {
  const text = { name: 'signUpSuccess', locale: 'EN', to: ADA, values: {} } as const;
  return sendMessage(host.deps, { app, ...text, outcome: 'queue', ...fields });
}
const rows = (): Promise<QueuedMessage[]> => Array.fromAsync(host.deps.store.messages.stream());
/** The only row, once it is as `done` wants it. */
async function row(
  done: (message: QueuedMessage | undefined) => boolean,
): Promise<QueuedMessage | undefined> {
  for (;;) {
    host.deps.wakeDelivery();
    const [message, ...more] = await rows();
    assert.equal(more.length, 0);
    if (done(message)) return message;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const inState = (state: string) => row((message) => message?.state === state);

describe('a message that was sent', () => {
  for (const outcome of ['queue', 'wait'] as const)
    it(`keeps who, what and when for 30 days, and no content (${outcome})`, async () => {
      await send({ outcome, name: 'resetPassword', code: '123456' });
      const message = await inState('sent');
      const { id: _, revision, appId, dueAt, giveUpAt, ...told } = message as QueuedMessage;
      const now = host.clock.now();
      assert.deepEqual(told, {
        state: 'sent',
        channel: 'email',
        template: 'resetPassword',
        locale: 'EN',
        to: ADA,
        tries: 1,
        createdAt: now,
        sentAt: now,
      });
      host.clock.advance(30 * DAY - 1);
      host.deps.wakeDelivery();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await rows()).length, 1);
      host.clock.advance(1);
      await row((each) => each === undefined);
      assert.equal(sendGrid.requests.length, 1);
    });
});

describe('a message that a provider refused', () => {
  it('can be sent again while it is of use, and says why it failed', async () => {
    sendGrid.mood = 400;
    await send();
    const failed = await inState('failed');
    assert.deepEqual([failed?.lastError, failed?.tries], ['sendgrid: recipient (400)', 1]);
    sendGrid.mood = 'fine';
    assert.equal(await retryMessage(host.deps, { id: failed?.id ?? '' }), true);
    assert.equal((await inState('sent'))?.tries, 2);
    assert.equal(sendGrid.requests.length, 2);
  });

  it('loses its content when it is of no more use, and cannot be sent again', async () => {
    sendGrid.mood = 400;
    await send({ name: 'resetPassword', code: '123456' });
    const { id = '' } = (await inState('failed')) ?? {};
    host.clock.advance(host.deps.config.resetCodeMinutes * 60_000);
    const refused = { error: 'refused', because: { reason: 'unknown_value', field: 'id' } };
    await assert.rejects(retryMessage(host.deps, { id }), refused);
    await row((message) => message?.content === undefined);
    await assert.rejects(retryMessage(host.deps, { id }), refused);
    host.clock.advance(30 * DAY);
    await row((message) => message === undefined);
    assert.equal(sendGrid.requests.length, 1);
  });

  it('and whose outcome was answered cannot be sent again', async () => {
    sendGrid.mood = 400;
    await assert.rejects(send({ outcome: 'wait' }));
    const failed = await inState('failed');
    assert.equal(failed?.content, undefined);
    await assert.rejects(retryMessage(host.deps, { id: failed?.id ?? '' }));
  });

  it('says why while it still waits', async () => {
    sendGrid.mood = 503;
    await send();
    const waiting = await row((message) => message?.lastError !== undefined);
    assert.deepEqual([waiting?.state, waiting?.lastError], ['waiting', 'sendgrid: provider (503)']);
  });
});

describe('a message without a reason', () => {
  it('is withdrawn and not sent', async () => {
    sendGrid.mood = 503;
    await send({ name: 'invite', code: '123456' });
    await row((message) => message?.tries === 1);
    const ofAda = { appId: app.id, to: ADA };
    await withdrawMessages(host.deps, { ...ofAda, templates: ['signUp'] });
    assert.equal((await rows())[0]?.state, 'waiting');
    await withdrawMessages(host.deps, { ...ofAda, templates: ['invite'] });
    const [withdrawn] = await rows();
    assert.deepEqual([withdrawn?.state, withdrawn?.content], ['withdrawn', undefined]);
    sendGrid.mood = 'fine';
    host.clock.advance(HOUR);
    host.deps.wakeDelivery();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(sendGrid.requests.length, 1);
  });

  it('is withdrawn with the last invite of its reader', async () => {
    sendGrid.mood = 503;
    const portal = (route: string, json: object) =>
      host.portal('POST', `/api/app/${route}`, { json: { appId: app.id, ...json } });
    await portal('createAppInvite', { handle: ADA });
    await inState('waiting');
    const { id = '' } = (await row((message) => message?.tries === 1)) ?? {};
    assert.equal((await portal('removeAppInvite', { handle: ADA })).status, 200);
    assert.equal((await host.deps.store.messages.find(id))?.state, 'withdrawn');
  });

  it('goes with its user, sent or not', async () => {
    const user = await host.createUser(app, { handle: ADA });
    await send();
    await inState('sent');
    sendGrid.mood = 503;
    await send();
    const json = { appId: app.id, handle: user.handle };
    assert.equal((await host.portal('POST', '/api/app/removeUser', { json })).status, 200);
    assert.deepEqual(await rows(), []);
  });
});
