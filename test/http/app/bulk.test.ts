import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sweep } from '../../../server/domain/housekeeping.ts';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { until as untilSo } from '../../support/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeOnBothStores('what is done to many', (host) => {
  const begin = (app: App, json: Record<string, unknown>, operator = '') =>
    host().portal('POST', '/api/app/bulk', { json: { appId: app.id, ...json }, headers: { operator } });
  const look = async (job: string) => (await host().portal('GET', `/api/app/job?job=${job}`)).body;
  async function until(job: string, holds: (body: { state: string; read: number }) => boolean) {
    let body = await look(job);
    const isSo = async () => {
      host().deps.wakeJobs();
      body = await look(job);
      return holds(body);
    };
    await untilSo(`the job gets there, which began at ${JSON.stringify(body)}`, isSo, { everyMs: 25 });
    return body;
  }
  const ended = ({ state }: { state: string }) => !['waiting', 'running'].includes(state);
  const people = async (app: App, count: number, more = {}) => {
    const users = [];
    for (let n = 0; n < count; n++) {
      users.push(await host().createUser(app, { handle: `${n}-${app.id}@example.com`, ...more }));
      host().clock.advance(1);
    }
    return users;
  };
  const read = async (app: App, id: string) => host().deps.store.users.find(app.id, id);
  const mails = async (app: App) => (await host().outbox()).filter(({ appId }) => appId === app.id);

  it('reaches everybody whom the filter finds, and nobody else', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE'] });
    const chosen = await people(app, 45, { locale: 'DE' });
    const other = await host().createUser(app, { handle: 'other@example.com' });
    const { body } = await begin(app, { filter: { locale: 'de' }, action: 'suspend' }, 'ada%40example.com');
    const job = await until(body.job, ended);
    const { state, read: count, report, kind, action, by } = job;
    assert.deepEqual([state, count, report], ['done', 45, { done: 45 }]);
    assert.deepEqual([kind, action, by], ['bulk', 'suspend', 'ada@example.com']);
    for (const { id } of chosen) assert.equal((await read(app, id))?.status, 'suspend');
    assert.equal((await read(app, other.id))?.status, 'active');
    const again = await begin(app, { filter: {}, action: 'activate' });
    const second = await until(again.body.job, ended);
    assert.deepEqual([second.total, second.report], [46, { done: 45, skipped: 1 }]);
    const { rows } = (await host().portal('GET', `/api/app/jobs?appId=${app.id}`)).body;
    assert.deepEqual(rows, [second, job]);
    const { logs } = (await host().portal('GET', `/api/app/logs?appId=${app.id}&filterAction=bulk`)).body;
    assert.equal(logs.length, 4);
    assert.equal(logs.filter((row: { by?: string }) => row.by === 'ada@example.com').length, 2);
  });

  it('deletes whom the filter finds', async () => {
    const app = await host().createApp();
    await people(app, 5);
    const { body } = await begin(app, { filter: { lastLogin: 'never' }, action: 'delete' });
    assert.deepEqual((await until(body.job, ended)).report, { done: 5 });
    assert.equal(await host().deps.store.users.size(app.id), 0);
  });

  it('sends resets in a drip, so many an hour, and ends when it is stopped', async () => {
    const app = await host().createApp();
    await people(app, 4);
    const social = { loginProvider: 'google', socialUserId: app.id, passwordHash: undefined } as const;
    await host().createUser(app, { handle: 'g@example.com', ...social });
    const { body } = await begin(app, { filter: {}, action: 'sendPasswordReset', perHour: 2 });
    const first = await until(body.job, ({ read: count }) => count === 1);
    assert.deepEqual([first.state, first.report, first.total], ['running', { skipped: 1 }, 5]);
    for (const count of [2, 3]) {
      host().clock.advance(HOUR_MS / 2);
      await until(body.job, ({ read: done }) => done === count);
      assert.equal((await mails(app)).length, count - 1);
    }
    assert.equal((await host().portal('POST', '/api/app/stopJob', { json: { job: body.job } })).text, 'true');
    host().clock.advance(HOUR_MS);
    host().deps.wakeJobs();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { state, report } = await look(body.job);
    assert.deepEqual([state, report], ['stopped', { skipped: 1, done: 2 }]);
    assert.equal((await mails(app)).length, 2);
    const codes = (await mails(app)).map(({ code }) => code);
    const { logs } = (await host().portal('GET', `/api/app/logs?appId=${app.id}`)).body;
    const told = JSON.stringify([logs, host().events]);
    assert.ok(codes.every((code) => code && !told.includes(code)));
  });

  it('waits for the next hour when the app may write to nobody else', async () => {
    const app = await host().createApp({ mailsPerHour: 2 });
    await people(app, 3);
    const { body } = await begin(app, { filter: {}, action: 'sendPasswordReset' });
    await until(body.job, ({ read: count }) => count === 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await look(body.job)).state, 'running');
    host().clock.advance(HOUR_MS);
    assert.deepEqual((await until(body.job, ended)).report, { done: 3 });
    assert.equal((await mails(app)).length, 3);
  });

  it('can be looked at for 30 days', async () => {
    const app = await host().createApp();
    const { body } = await begin(app, { filter: {}, action: 'suspend' });
    const { state, total, report } = await until(body.job, ended);
    assert.deepEqual([state, total, report], ['done', 0, {}]);
    host().clock.advance(29 * DAY_MS);
    await sweep(host().deps);
    assert.equal((await look(body.job)).state, 'done');
    host().clock.advance(2 * DAY_MS);
    await sweep(host().deps);
    assert.equal((await host().portal('GET', `/api/app/job?job=${body.job}`)).status, 403);
    const strange = await host().portal('GET', `/api/app/job?job=${'f'.repeat(24)}`);
    assert.deepEqual([strange.status, strange.body.status], [403, 'Fails']);
  });

  const REFUSED: [title: string, input: Record<string, unknown>, reason: string, field: string][] = [
    ['an action that is none', { filter: {}, action: 'promote' }, 'unknown_value', 'action'],
    ['no filter', { action: 'suspend' }, 'missing', 'filter'],
    ['an unknown filter', { filter: { colour: 'red' }, action: 'suspend' }, 'unknown_value', 'filter'],
    [
      'a value of the filter that is none',
      { filter: { status: 'x' }, action: 'suspend' },
      'unknown_value',
      'filter',
    ],
    ['nobody an hour', { filter: {}, action: 'suspend', perHour: 0 }, 'unknown_value', 'perHour'],
  ];
  for (const [title, input, reason, field] of REFUSED) {
    it(`is not begun with ${title}`, async () => {
      const app = await host().createApp();
      const answer = await begin(app, input);
      assert.deepEqual([answer.status, answer.body.reason, answer.body.field], [400, reason, field]);
      assert.deepEqual((await host().portal('GET', `/api/app/jobs?appId=${app.id}`)).body.rows, []);
    });
  }
});
