import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import type { Role } from '../../server/model/operator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const MARKUP = '<img src=x onerror=alert(1)>';

describe('the log of an app in the portal', () => {
  let host: TestHost;
  let app: App;
  let logs: string;
  const clients = new Map<Role, PortalClient>();
  before(async () => {
    host = await startTestHost({ now: Date.parse('2026-03-10T12:00:00Z') });
    app = await host.createApp({ name: 'Tea Room' });
    await host.createUser(app);
    logs = `/portal/hosts/here/apps/${app.id}/logs`;
    const headers = { 'app-token': app.appToken };
    const json = { handle: 'ada@example.com', password: PASSWORD };
    await host.request('POST', '/api/appuser/login', { headers, json });
    host.clock.advance(86_400_000);
    await host.request('POST', '/api/appuser/login', {
      headers,
      json: { ...json, password: '0'.repeat(32) },
    });
    await host.portal('POST', '/api/app/updateAppUserMetaData', {
      headers: { operator: encodeURIComponent(MARKUP) },
      json: { appId: app.id, handle: 'ada@example.com', metaData: {} },
    });
    for (const role of ['owner', 'support', 'viewer'] as const) {
      const client = new PortalClient(host);
      await client.signIn(await makeOperator(host, role));
      clients.set(role, client);
    }
  });
  after(async () => {
    for (const client of clients.values()) client.close();
    await host.stop();
  });
  const get = async (role: Role, query = '') => {
    const { text, status } = await (clients.get(role) as PortalClient).get(logs + query);
    assert.equal(status, 200);
    return text;
  };
  const rows = (text: string) => text.match(/<tr data-row/g)?.length ?? 0;

  it('shows what the host tells, newest first', async () => {
    const told = await host.portal('GET', `/api/app/logs?appId=${app.id}&after=`);
    const text = await get('owner');
    assert.equal(rows(text), told.body.rows.length);
    const actions = [...text.matchAll(/<code>(\w+)<\/code>/g)].map(([, name]) => name);
    assert.deepEqual(
      actions,
      told.body.rows.map(({ action }: { action: string }) => action),
    );
  });

  it('is narrowed by person, action, actor, outcome and day, with the state in the address', async () => {
    for (const [query, count] of [
      ['?handle=ada%40example.com&action=login', 2],
      ['?status=error', 1],
      ['?type=app', 1],
      ['?action=login&from=2026-03-11', 1],
      ['?to=2026-03-10', 1],
      ['?from=2026-03-12', 0],
      ['?from=never&type=nobody', 3],
    ] as const)
      assert.equal(rows(await get('owner', query)), count, query);
    assert.match(await get('owner', '?from=2026-03-12'), /Nothing matches.*Clear filters/s);
  });

  it('shows a viewer nobody, and finds nobody for them', async () => {
    const text = await get('viewer', '?handle=nobody%40example.com');
    assert.equal(rows(text), 3);
    assert.match(text, />a…@e…</);
    assert.doesNotMatch(text, /ada@example\.com|name="handle"|invalid login|logs\/export/);
  });

  it('is a file for owner and admin', async () => {
    const file = await (clients.get('owner') as PortalClient).get(`${logs}/export?action=login`);
    assert.match(String(file.headers['content-disposition']), /attachment; filename="logs\.csv"/);
    const lines = file.text.trim().split('\r\n');
    assert.equal(lines[0], 'time,actor,operator,action,outcome,handle,value');
    assert.equal(lines.length, 3);
    const { rows } = await host.deps.store.audit.list({ action: 'exportLogs' }, { limit: 5 });
    assert.deepEqual(
      rows.map((row) => [row.host, row.appId]),
      [['here', app.id]],
    );
    for (const role of ['support', 'viewer'] as const)
      assert.equal((await (clients.get(role) as PortalClient).get(`${logs}/export`)).status, 403);
  });

  it('follows live without keeping the session alive', async () => {
    const live = await get('support', '?live=1');
    assert.match(live, /hx-get="[^"]*live&#x3D;1&amp;poll&#x3D;1"[^>]*hx-trigger="every 2s"/);
    const support = clients.get('support') as PortalClient;
    for (let at = 0; at < 4; at++) {
      host.clock.advance(9 * 60_000);
      const part = await support.get(`${logs}?live=1&poll=1`, { 'hx-request': 'true' });
      assert.equal(part.status, at < 3 ? 200 : 401, String(at));
    }
  });

  it('shows whatever stands in it as text', async () => {
    const client = new PortalClient(host);
    await client.signIn(await makeOperator(host));
    const { text } = await client.get(logs);
    client.close();
    assert.doesNotMatch(text, /<img src=x/);
    assert.match(text, /&lt;img src/);
  });
});
