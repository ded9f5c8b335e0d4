import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bucketsOf, rangeBefore, rangeOf, weekName } from '../../portal/numbers/days.ts';
import type { App } from '../../server/model/app.ts';
import type { Figure, Metric } from '../../server/model/figure.ts';
import type { Role } from '../../server/model/operator.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const NOW = Date.parse('2026-03-31T12:00:00Z');
const DAY_MS = 86_400_000;
const RANGE = '?from=2026-03-01&to=2026-03-31';

describe('the numbers of an app', () => {
  let host: TestHost;
  let app: App;
  let numbers: string;
  const clients = new Map<Role, PortalClient>();
  before(async () => {
    host = await startTestHost({ now: NOW });
    app = await host.createApp({ invitationEnabled: true, createdAt: NOW - 90 * DAY_MS });
    numbers = `/portal/hosts/here/apps/${app.id}/numbers`;
    await host.deps.store.figures.add([
      ...of('2026-03-02', [
        ['signup_requested', 'code', 'EN', 8],
        ['signup_requested', 'link', 'DE', 4],
        ['signup_sent', 'code', 'EN', 7],
        ['signup_tried', 'code', '', 6],
        ['signup_opened', 'link', '', 3],
        ['signup_verified', 'code', 'EN', 6],
        ['signup_verified', 'link', 'DE', 1],
        ['verified_within', '1m', 'code', 4],
        ['verified_within', '1h', 'code', 3],
        ['login_within_a_day', 'code', '', 5],
        ['client', 'swift', 'signup_requested', 12],
        ['client', 'swift', 'signup_verified', 7],
        ['login', 'password', '', 1234],
        ['message', 'email', 'sent', 21],
      ]),
      ...of('2026-03-09', [['returned', '2026-W10', '1', 2]]),
      ...of('2026-02-20', [['login', 'password', '', 1000]]),
    ]);
    for (const role of ['owner', 'viewer'] as const) {
      const client = new PortalClient(host);
      await client.signIn(await makeOperator(host, role));
      clients.set(role, client);
    }
  });
  after(async () => {
    for (const client of clients.values()) client.close();
    await host.stop();
  });
  function of(day: string, rows: readonly [Metric, string, string, number][]): Figure[] {
    return rows.map(([metric, first, second, count]) => ({
      appId: app.id,
      day: Date.parse(day) / DAY_MS,
      metric,
      first,
      second,
      count,
    }));
  }
  const get = async (query = RANGE, role: Role = 'owner') => {
    const { text, status } = await (clients.get(role) as PortalClient).get(numbers + query);
    assert.equal(status, 200);
    return text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
  };
  /** Of a table: its cells, row by row. */
  const cells = (text: string, title: string) => {
    const figure = new RegExp(`<h2[^>]*>${title}</h2>.*?</figure>`, 's').exec(text)?.[0] ?? '';
    const body = /<tbody>(.*?)<\/tbody>/s.exec(figure)?.[1] ?? '';
    return body
      .split('</tr>')
      .map((row) => [...row.matchAll(/<t[dh][^>]*>([^<]*)/g)].map(([, cell]) => cell))
      .filter((row) => row.length > 0);
  };

  it('head the screen beside those of the period before', async () => {
    const text = await get();
    const figures = Object.fromEntries(
      [...text.matchAll(/<dt>([^<]+)<\/dt><dd><b>([^<]+)<\/b> <span class="hint">([^<]*)/g)].map(
        ([, name, value, change]) => [name, [value, change]],
      ),
    );
    assert.deepEqual(figures['Signups begun'], ['12', '+12 to the period before']);
    assert.deepEqual(figures['Verified share'], ['58%', '']);
    assert.deepEqual(figures['Log-ins'], ['1,234', '+234 to the period before']);
  });

  it('of each chart stand in its table, as the host tells them', async () => {
    const text = await get();
    const asked = `appId=${app.id}&from=2026-03-01&to=2026-03-31&metric=login`;
    const { body } = await host.portal('GET', `/api/app/figures?${asked}`);
    const [{ days }] = body.series;
    const told = cells(text, 'Log-ins by method');
    assert.equal(told.length, 31);
    assert.deepEqual(told[1], ['2 Mar', '1,234']);
    assert.equal(days[0].count, 1234);
    assert.deepEqual(cells(text, 'Signups')[1], ['2 Mar', '7', '5', '0']);
    assert.equal(text.match(/<svg class="(?:bars|lines)"/g)?.length, 4);
    assert.equal(text.match(/<figcaption>/g)?.length, 13);
    assert.match(text, /Half are done within 1 min, nine of ten within 1 h\./);
  });

  it('tell what became of signups, and where they are lost', async () => {
    const text = await get();
    assert.deepEqual(cells(text, 'From wish to habit'), [
      ['Requested', '12', '100%'],
      ['Message accepted', '7', '58%'],
      ['Link opened or code tried', '9', '75%'],
      ['Verified', '7', '58%'],
      ['Logged in within a day', '5', '42%'],
      ['Back in the second week', '2', '17%'],
    ]);
    assert.deepEqual(cells(text, 'Drop-off by way and language'), [
      ['Link', 'DE', '4', '1', '75%'],
      ['Code', 'EN', '8', '6', '25%'],
    ]);
    assert.deepEqual(cells(text, 'Drop-off by client'), [['swift', '12', '7', '42%']]);
    assert.deepEqual(cells(text, 'Return by signup week')[0]?.slice(0, 3), ['2 Mar 2026', '7', '29%']);
  });

  it('are split, ranged by the address, and say when they begin', async () => {
    const split = await get(`${RANGE}&by=locale`);
    assert.deepEqual(cells(split, 'Signups')[1], ['2 Mar', '6', '1']);
    assert.match(split, /<option value="locale" selected>/);
    assert.match(await get('?from=2026-02-01'), /figures start on 20 Feb 2026/);
    assert.match(await get('?from=2026-03-31&to=2026-03-01'), /1 Mar 2026 to 31 Mar 2026/);
    assert.match(await get('?from=1990-01-01&to=nonsense'), /22 Jan 2024 to 31 Mar 2026/);
    assert.match(await get('?from=2030-01-01&to=2030-01-02'), /No figures in this period/);
  });

  it('are a file too, for a viewer as well', async () => {
    for (const role of ['owner', 'viewer'] as const) {
      const file = await (clients.get(role) as PortalClient).get(`${numbers}/export${RANGE}`);
      assert.match(String(file.headers['content-type']), /^text\/csv/);
      const lines = file.text.trim().split('\r\n');
      assert.equal(lines[0], 'day,metric,first,second,count');
      assert.ok(lines.includes('2026-03-02,signup_requested,link,DE,4'));
      assert.equal(lines.length, 16);
    }
  });

  it('name inviters, to a viewer masked', async () => {
    const sender = await host.createUser(app, { handle: 'grace@example.com' });
    const token = await host.accessToken(app, sender);
    const json = { handle: 'new@example.com' };
    const sent = await host.request('POST', '/api/appuser/invite', {
      headers: { 'access-token': token },
      json,
    });
    assert.equal(sent.status, 200, sent.text);
    // A ranking is kept for a minute.
    host.clock.advance(61_000);
    assert.deepEqual(cells(await get(), 'Top inviters')[0]?.slice(0, 3), ['grace@example.com', '1', '0']);
    const masked = await get(RANGE, 'viewer');
    assert.doesNotMatch(masked, /grace@/);
    assert.match(masked, /g…@e…/);
  });
});

describe('days of figures', () => {
  it('are a range that the host answers, whatever was typed', () => {
    const range = (query: string) => rangeOf(new URLSearchParams(query), NOW);
    assert.deepEqual(range(''), { from: '2026-03-02', to: '2026-03-31' });
    assert.deepEqual(range('from=2026-02-30'), { from: '2026-03-02', to: '2026-03-31' });
    assert.deepEqual(rangeBefore({ from: '2026-03-01', to: '2026-03-31' }), {
      from: '2026-01-29',
      to: '2026-02-28',
    });
    assert.equal(rangeBefore({ from: '2024-01-01', to: '2026-01-01' }), undefined);
  });

  it('fall into ISO weeks and months', () => {
    assert.deepEqual(bucketsOf({ from: '2025-12-30', to: '2026-01-12' }, 'week'), [
      '2025-12-29',
      '2026-01-05',
      '2026-01-12',
    ]);
    assert.deepEqual(['2025-12-29', '2026-12-28', '2027-01-04'].map(weekName), [
      '2026-W01',
      '2026-W53',
      '2027-W01',
    ]);
    assert.deepEqual(bucketsOf({ from: '2026-01-31', to: '2026-03-01' }, 'month'), [
      '2026-01-01',
      '2026-02-01',
      '2026-03-01',
    ]);
  });
});
