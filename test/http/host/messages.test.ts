import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sendMessage } from '../../../server/domain/messages/message.ts';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';
import { aQueuedMessage } from '../../support/records.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
type Row = Record<string, unknown>;

describeOnBothStores('the list of messages', (host) => {
  const list = async (query: string): Promise<{ rows: Row[]; next?: string }> =>
    (await host().portal('GET', `/api/host/messages?${query}`)).body;
  const send = (app: App, to: string) =>
    sendMessage(host().deps, {
      app,
      name: 'resetPassword',
      locale: 'EN',
      to,
      values: {},
      code: '482915',
      outcome: 'queue',
    });

  it('tells what was sent to whom, masked unless asked, without text or code', async () => {
    const app = await host().createApp();
    await send(app, 'ada@example.com');
    await send(app, '+4915112345678');
    await host().outbox();
    const { rows, next } = await list(`appId=${app.id}`);
    assert.equal(next, undefined);
    assert.deepEqual(
      rows.map(({ to, channel, template, state, tries }) => [to, channel, template, state, tries]),
      [
        ['+4…', 'sms', 'resetPassword', 'sent', 1],
        ['a…@e…', 'email', 'resetPassword', 'sent', 1],
      ],
    );
    for (const { queuedAt, sentAt, nextTryAt } of rows) {
      assert.match(String(queuedAt), ISO);
      assert.match(String(sentAt), ISO);
      assert.equal(nextTryAt, undefined);
    }
    assert.ok(!JSON.stringify(rows).includes('482915'));
    const shown = await list(`appId=${app.id}&reveal=true`);
    assert.deepEqual(
      shown.rows.map(({ to }) => to),
      ['+4915112345678', 'ada@example.com'],
    );
  });

  it('goes page by page, by state, and takes a cursor for its own list alone', async () => {
    const app = await host().createApp();
    for (let n = 0; n < 5; n++) await insert(host(), app, n % 2 === 0 ? 'failed' : 'withdrawn');
    const filter = `appId=${app.id}&state=failed&limit=2`;
    const first = await list(filter);
    const second = await list(`${filter}&after=${first.next}`);
    assert.deepEqual([first.rows.length, second.rows.length, second.next], [2, 1, undefined]);
    assert.equal(new Set([...first.rows, ...second.rows].map(({ id }) => id)).size, 3);
    for (const query of [`appId=${app.id}&after=${first.next}`, `${filter}&after=x`]) {
      const { status, body } = await host().portal('GET', `/api/host/messages?${query}`);
      assert.deepEqual([status, body.reason, body.field], [400, 'unknown_value', 'after']);
    }
    const wrong = await host().portal('GET', '/api/host/messages?state=lost');
    assert.deepEqual([wrong.status, wrong.body.field], [400, 'state']);
  });

  it('has what may be sent again, which is sent once', async () => {
    const app = await host().createApp();
    const { id } = await insert(host(), app, 'failed');
    const retry = () => host().portal('POST', '/api/host/retryMessage', { json: { id } });
    assert.equal((await retry()).text, 'true');
    assert.ok((await host().outbox()).some(({ appId }) => appId === app.id));
    const again = await retry();
    assert.deepEqual([again.status, again.body.reason, again.body.field], [400, 'unknown_value', 'id']);
    const [row] = (await list(`appId=${app.id}`)).rows;
    assert.deepEqual([row?.state, row?.tries], ['sent', 2]);
  });
});

async function insert({ deps, clock }: TestHost, app: App, state: 'failed' | 'withdrawn') {
  const at = { createdAt: clock.now(), dueAt: clock.now() + 60_000, giveUpAt: clock.now() + 60_000 };
  const { content, ...message } = aQueuedMessage({ appId: app.id, state, tries: 1, ...at });
  const row = { ...message, ...(content && { content: { ...content, appId: app.id } }) };
  await deps.store.messages.insert(row);
  return row;
}
