import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

describe('the operator whom a portal names', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const logOf = async (appId: string): Promise<{ action: string; by?: string; value: string }[]> =>
    (await host.portal('GET', `/api/app/logs?appId=${appId}`)).body.logs;
  const setJwt = async (headers: Record<string, string>) => {
    const app = await host.createApp();
    const json = { appId: app.id, setting: 'jwtEnabled', jwtEnabled: false };
    const answer = await host.portal('POST', '/api/app/updateAppSetting', { json, headers });
    return { app, answer };
  };

  const NAMES: [sent: string, by: string | undefined][] = [
    ['ada@example.com', 'ada@example.com'],
    ['Zo%C3%AB%20%E4%BD%90%E8%97%A4%2C%20%F0%9F%A6%8A', 'Zoë 佐藤, 🦊'],
    [encodeURIComponent('🦊'.repeat(120)), '🦊'.repeat(120)],
    ['', undefined],
  ];
  for (const [sent, by] of NAMES) {
    it(`stands in the log row of what was done: ${by?.slice(0, 20) ?? 'nobody'}`, async () => {
      const { app, answer } = await setJwt({ operator: sent });
      assert.equal(answer.status, 200);
      const rows = await logOf(app.id);
      assert.deepEqual(
        rows.map((row) => [row.action, row.by]),
        [['updateAppSetting', by]],
      );
    });
  }

  it('stands in rows that the domain writes, and in those of refusals', async () => {
    const headers = { operator: 'ada' };
    const json = { name: 'an app of ada', jwtEnabled: true };
    const { body: app } = await host.portal('POST', '/api/app', { json, headers });
    const refused = { appId: app.appId, handle: 'x@example.com' };
    await host.portal('POST', '/api/app/removeUser', { json: refused, headers });
    const rows = await logOf(app.appId);
    assert.deepEqual(rows.map(({ action, by }) => `${action} ${by}`).sort(), [
      'create ada',
      'removeUser ada',
    ]);
  });

  const REFUSED: [title: string, sent: string, reason: string][] = [
    ['more than 120 characters', 'a'.repeat(121), 'too_long'],
    ['a control character', 'a%0Ab', 'unknown_value'],
    ['broken UTF-8', '%C3%28', 'wrong_type'],
    ['a broken percent sign', '50%', 'wrong_type'],
    ['bytes that are not encoded', 'Zo\u00eb', 'wrong_type'],
  ];
  for (const [title, operator, reason] of REFUSED) {
    it(`is refused with ${title}, and nothing is done`, async () => {
      const { app, answer } = await setJwt({ operator });
      assert.deepEqual(
        [answer.status, answer.body],
        [400, { status: 'Fails', message: 'Invalid Data', reason, field: 'operator' }],
      );
      assert.deepEqual(await logOf(app.id), []);
      assert.equal((await host.deps.store.apps.read(app.id))?.jwtEnabled, app.jwtEnabled);
    });
  }

  it('counts for nobody without the server secret', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    const headers = { 'app-token': app.appToken, operator: 'ada' };
    await host.request('POST', '/api/appuser/login', {
      headers,
      json: { handle: user.handle, password: PASSWORD },
    });
    const json = { appId: app.id, userId: user.id, status: 'suspend' };
    const answer = await host.request('POST', '/api/app/user', { json, headers: { operator: '%' } });
    assert.deepEqual([answer.status, answer.body.field], [403, undefined]);
    assert.deepEqual(
      (await logOf(app.id)).map(({ action, by }) => [action, by]),
      [['login', undefined]],
    );
  });
});
