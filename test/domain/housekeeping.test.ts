import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deleteApp } from '../../server/domain/apps/app-removal.ts';
import { startHousekeeping, sweep } from '../../server/domain/housekeeping.ts';
import type { App } from '../../server/model/app.ts';
import { appClient, assertRefused } from '../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { anAuditRow, anOperatorSession } from '../support/operator-records.ts';
import { anInvite } from '../support/records.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;
/** So much longer is remembered what is over. */
const CLOCK_JUMP_MS = 7_200_000;
const HOUR_MS = 3_600_000;

describe('the sweeper', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ config: { logDays: 30 } });
  });
  after(() => host.stop());

  const inLifecycle = async (lifecycle: App['lifecycle']) => {
    const app = await host.createApp({ lifecycle });
    await host.createUser(app);
    return app;
  };
  const unfinished = async () => (await host.deps.store.apps.listUnfinished()).map(({ id }) => id);

  it('removes log rows that are older than LOG_DAYS, over all apps', async () => {
    const { activity } = host.deps.store;
    const now = host.clock.now();
    const row = { appId: 'a', action: 'x', value: '', logType: 'user', status: 'success' } as const;
    const ages = [31 * DAY_MS, 30 * DAY_MS + 1, 29 * DAY_MS];
    await activity.insertMany(
      ages.map((age) => ({ ...row, id: host.deps.codes.newRowId(now - age), createdAt: now - age })),
    );
    await sweep(host.deps);
    assert.equal((await activity.page('a', {}, { offset: 0, limit: 10 })).total, 1);
  });

  it("removes operators' sessions that are over, and audit rows older than LOG_DAYS", async () => {
    const { audit, operatorSessions } = host.deps.store;
    const now = host.clock.now();
    const sessions = [-CLOCK_JUMP_MS - 1, 1].map((left) => anOperatorSession({ expiresAt: now + left }));
    await operatorSessions.insertMany(sessions);
    await audit.insertMany([31, 29].map((days) => anAuditRow({ createdAt: now - days * DAY_MS })));
    await sweep(host.deps);
    assert.deepEqual(
      (await Array.fromAsync(operatorSessions.stream())).map(({ id }) => id),
      [sessions[1]?.id],
    );
    assert.equal((await audit.list({}, { limit: 9 })).rows.length, 1);
  });

  it('keeps log rows for ever when LOG_DAYS is 0', async () => {
    const { activity } = host.deps.store;
    const row = {
      id: 'b'.repeat(24),
      appId: 'b',
      action: 'x',
      value: '',
      logType: 'user',
      status: 'success',
    } as const;
    await activity.insertMany([{ ...row, createdAt: 1 }]);
    await sweep({ ...host.deps, config: { ...host.deps.config, logDays: 0 } });
    assert.equal((await activity.page('b', {}, { offset: 0, limit: 10 })).total, 1);
  });

  it('removes figures of days more than FIGURES_DAYS ago, and none when it is 0', async () => {
    const { figures } = host.deps.store;
    const today = Math.floor(host.clock.now() / DAY_MS);
    const figure = { appId: 'f', metric: 'renewed', first: '', second: '', count: 1 } as const;
    await figures.add([801, 800, 799].map((age) => ({ ...figure, day: today - age })));
    await sweep({ ...host.deps, config: { ...host.deps.config, figuresDays: 0 } });
    assert.equal(await figures.firstDay('f'), today - 801);
    await sweep(host.deps);
    assert.equal(await figures.firstDay('f'), today - 800);
  });

  it('removes the figures of an app with the app', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    for (const { id } of [app, other]) host.deps.figures.count(id, 'renewed');
    await deleteApp(host.deps, { appId: app.id });
    await host.deps.activity.flush();
    assert.equal(await host.deps.store.figures.firstDay(app.id), undefined);
    assert.notEqual(await host.deps.store.figures.firstDay(other.id), undefined);
    host.clock.advance(60_001);
    await sweep(host.deps);
  });

  it('finishes what a crash left of a deletion, once no request can be under way', async () => {
    const app = await inLifecycle('deleting');
    host.clock.advance(60_000);
    await sweep(host.deps);
    assert.deepEqual(await unfinished(), [app.id]);
    host.clock.advance(1);
    await sweep(host.deps);
    assert.deepEqual(await unfinished(), []);
    assert.equal((await host.deps.store.users.count(app.id)).total, 0);
  });

  it('removes an import only once nobody goes on with it', async () => {
    const app = await inLifecycle('importing');
    host.clock.advance(30_000);
    await sweep(host.deps);
    assert.deepEqual(await unfinished(), [app.id]);
    host.clock.advance(1);
    await sweep(host.deps);
    assert.deepEqual(await unfinished(), []);
    assert.equal((await host.deps.store.users.count(app.id)).total, 0);
  });

  it('removes counters whose time is over, two hours later in case the clock is set back', async () => {
    const { counters } = host.deps.store;
    const now = host.clock.now();
    await counters.increment('old', { now, expiresAt: now + 1 });
    await counters.increment('lasting', { now });
    host.clock.advance(2 * HOUR_MS);
    await sweep(host.deps);
    assert.equal(await counters.read('old', now), 1);
    host.clock.advance(1);
    await sweep(host.deps);
    assert.equal(await counters.read('old', now), 0);
    assert.equal(await counters.read('lasting', host.clock.now()), 1);
  });

  it('removes signups nobody completed, 30 days after their code has expired', async () => {
    const { signups } = host.deps.store;
    const app = await host.createApp();
    const client = appClient(host, app);
    await client.post('signup', { handle: 'late@example.com', password: PASSWORD });
    const { code } = (await host.outbox()).findLast(({ to }) => to === 'late@example.com') ?? {};
    const complete = () => client.post('completeSignup', { handle: 'late@example.com', code });
    host.clock.advance(host.deps.config.signupHours * 3_600_000 + 30 * DAY_MS);
    await sweep(host.deps);
    assertRefused(await complete(), 411);
    host.clock.advance(1);
    await sweep(host.deps);
    assert.equal(await signups.findByHandle(app.id, 'late@example.com'), undefined);
    assertRefused(await complete(), 602);
  });

  it('removes withdrawn invites 30 days later, and no others', async () => {
    const app = await host.createApp();
    const now = host.clock.now();
    const ages = [29, 31].map((days) => now - days * DAY_MS);
    const { invites } = host.deps.store;
    await invites.insertMany([
      ...ages.map((updatedAt) => anInvite({ appId: app.id, status: 'withdrawn', updatedAt })),
      ...ages.map((updatedAt) => anInvite({ appId: app.id, updatedAt, createdAt: updatedAt })),
    ]);
    host.clock.advance(DAY_MS - 1);
    await sweep(host.deps);
    const left = await Array.fromAsync(invites.stream(app.id));
    assert.deepEqual(left.map(({ status }) => status).sort(), ['pending', 'pending', 'withdrawn']);
  });

  it('frees seats that a crash left taken, once a day', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    const { counters } = host.deps.store;
    const key = `seats/${app.id}`;
    const taken = () => counters.read(key, host.clock.now());
    await counters.set(key, 3);
    await sweep(host.deps);
    assert.equal(await taken(), 3, 'the start has swept today');
    host.clock.advance(DAY_MS);
    await sweep(host.deps);
    assert.equal(await taken(), 1);
  });

  it('leaves nothing of an app that was deleted, its counter of seats included', async () => {
    const app = await inLifecycle('deleting');
    await host.deps.store.counters.set(`seats/${app.id}`, 1);
    host.clock.advance(60_001);
    await sweep(host.deps);
    assert.equal(await host.deps.store.counters.read(`seats/${app.id}`, host.clock.now()), 0);
  });

  it('sweeps at start', async () => {
    const app = await inLifecycle('deleting');
    host.clock.advance(60_001);
    const housekeeping = startHousekeeping(host.deps);
    await until('nothing is left unfinished', async () => (await unfinished()).length === 0, { everyMs: 1 });
    await housekeeping.stop();
    assert.equal((await host.deps.store.users.count(app.id)).total, 0);
  });

  it('survives a store that fails, and says so once', async () => {
    const broken = {
      ...host.deps,
      store: {
        ...host.deps.store,
        counters: {
          ...host.deps.store.counters,
          removeExpired: () => Promise.reject(new TypeError('broken')),
        },
      },
    };
    const housekeeping = startHousekeeping(broken);
    await new Promise((resolve) => setImmediate(resolve));
    await housekeeping.stop();
    assert.equal(host.events.filter(({ event }) => event === 'unexpected_error').length, 1);
  });
});
