import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { anInvite } from '../../support/records.ts';

const DAY_MS = 86_400_000;
const day = (text: string) => Date.parse(text) / DAY_MS;

describeOnBothStores('the figures of an app', (host) => {
  const ask = async (app: Pick<App, 'id'>, query: string) => {
    const { status, body } = await host().portal('GET', `/api/app/figures?appId=${app.id}&${query}`);
    return { status, body };
  };
  const JANUARY = 'from=2026-01-01&to=2026-01-31';

  async function counted(): Promise<App> {
    const app = await host().createApp();
    const row = (
      text: string,
      metric: 'signup_requested' | 'client',
      parts: [string, string],
      count: number,
    ) => ({ appId: app.id, day: day(text), metric, first: parts[0], second: parts[1], count });
    await host().deps.store.figures.add([
      row('2025-12-31', 'signup_requested', ['code', 'EN'], 100),
      row('2026-01-01', 'signup_requested', ['link', 'EN'], 4),
      row('2026-01-31', 'signup_requested', ['code', 'EN'], 1),
      row('2026-01-31', 'signup_requested', ['code', 'DE'], 2),
      row('2026-02-01', 'signup_requested', ['code', 'EN'], 100),
      row('2026-01-03', 'client', ['swift', 'login'], 7),
      row('2026-01-03', 'client', ['swift', 'signup_requested'], 3),
      row('2026-01-03', 'client', ['web', 'signup_requested'], 3),
    ]);
    return app;
  }

  it('add up both ends included, leave days out without a count, and say since when', async () => {
    const app = await counted();
    assert.deepEqual(await ask(app, `${JANUARY}&metric=signup_requested,renewed&by=`), {
      status: 200,
      body: {
        from: '2026-01-01',
        to: '2026-01-31',
        since: '2025-12-31',
        series: [
          {
            metric: 'signup_requested',
            days: [
              { day: '2026-01-01', count: 4 },
              { day: '2026-01-31', count: 3 },
            ],
          },
          { metric: 'renewed', days: [] },
        ],
      },
    });
  });

  it('tell one or two dimensions apart, in the order asked', async () => {
    const app = await counted();
    const keys = async (query: string) =>
      (await ask(app, `${JANUARY}&${query}`)).body.series.map(
        ({ key, days }: { key: unknown; days: { count: number }[] }) => [
          key,
          days.reduce((sum, { count }) => sum + count, 0),
        ],
      );
    assert.deepEqual(await keys('metric=signup_requested&by=flow'), [
      ['code', 3],
      ['link', 4],
    ]);
    assert.deepEqual(await keys('metric=signup_requested&by=locale,flow'), [
      [['DE', 'code'], 2],
      [['EN', 'code'], 1],
      [['EN', 'link'], 4],
    ]);
    assert.deepEqual(await keys('metric=client&by=client'), [['swift', 7]]);
    assert.deepEqual(await keys('metric=client'), [[undefined, 7]]);
    assert.deepEqual(await keys('metric=client&by=client,step'), [
      [['swift', 'login'], 7],
      [['swift', 'signup_requested'], 3],
      [['web', 'signup_requested'], 3],
    ]);
  });

  it('count what this process has not written yet, and begin today where nothing was counted', async () => {
    const app = await host().createApp();
    const today = new Date(host().clock.now()).toISOString().slice(0, 10);
    assert.equal((await ask(app, `${JANUARY}&metric=renewed`)).body.since, today);
    host().deps.figures.count(app.id, 'renewed');
    const { body } = await ask(app, `${JANUARY}&metric=renewed`);
    assert.deepEqual(body.series, [{ metric: 'renewed', days: [{ day: today, count: 1 }] }]);
  });

  it('refuse what cannot be asked, and say which parameter', async () => {
    const app = await host().createApp();
    const refusal = async (query: string) => {
      const { status, body } = await ask(app, query);
      return [status, body.status, body.reason, body.field];
    };
    for (const [query, field] of [
      [`${JANUARY}&metric=logins`, 'metric'],
      [`${JANUARY}&metric=login,`, 'metric'],
      [`${JANUARY}&metric=login&by=flow`, 'by'],
      [`${JANUARY}&metric=login,signup_sent&by=flow`, 'by'],
      [`${JANUARY}&metric=signup_sent&by=flow,flow`, 'by'],
      [`${JANUARY}&metric=signup_sent&by=flow,locale,client`, 'by'],
      ['from=2026-02-30&to=2026-03-01&metric=login', 'from'],
      ['from=yesterday&to=2026-03-01&metric=login', 'from'],
      ['from=2026-01-02&to=2026-01-01&metric=login', 'to'],
      ['from=2024-01-01&to=2026-03-11&metric=login', 'to'],
    ] as const) {
      assert.deepEqual(await refusal(query), [400, 'Fails', 'unknown_value', field], query);
    }
    assert.equal((await ask(app, 'from=2024-01-01&to=2026-03-10&metric=login')).status, 200);
    assert.deepEqual((await refusal('to=2026-01-01&metric=login')).slice(2), ['missing', 'from']);
    assert.equal((await ask({ id: '0'.repeat(32) }, `${JANUARY}&metric=login`)).status, 403);
  });
});

describeOnBothStores('the inviters of an app', (host) => {
  it('come by what was accepted, page by page', async () => {
    const app = await host().createApp();
    const of = (senderHandle: string, statuses: readonly ('pending' | 'verified')[]) =>
      statuses.map((status, n) =>
        anInvite({
          appId: app.id,
          senderHandle,
          status,
          handle: `${n}${senderHandle}`,
          createdAt: 1_000 + n,
        }),
      );
    await host().deps.store.invites.insertMany([
      ...of('few@example.com', ['verified']),
      ...of('superuser', ['pending', 'pending', 'verified']),
      ...of('best@example.com', ['verified', 'verified']),
      ...of('none@example.com', ['pending']),
    ]);
    const names: string[] = [];
    let after = '';
    do {
      const query = `appId=${app.id}&limit=3&after=${encodeURIComponent(after)}`;
      const { body } = await host().portal('GET', `/api/app/inviters?${query}`);
      for (const { senderHandle, sent, accepted } of body.rows)
        names.push(`${senderHandle} ${accepted}/${sent}`);
      after = body.next ?? '';
    } while (after !== '');
    assert.deepEqual(names, [
      'best@example.com 2/2',
      'superuser 1/3',
      'few@example.com 1/1',
      'none@example.com 0/1',
    ]);
    const forged = await host().portal('GET', `/api/app/inviters?appId=${app.id}&after=forged`);
    assert.deepEqual([forged.status, forged.body.reason, forged.body.field], [400, 'unknown_value', 'after']);
  });
});
