import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';

const DAY_MS = 86_400_000;

describeOnBothStores('the overview of apps', (host) => {
  const rowOf = async (app: Pick<App, 'id'>) => {
    const { body } = await host().portal('GET', '/api/app/overview?limit=100');
    return body.rows.find(({ appId }: { appId: string }) => appId === app.id);
  };
  const asApp = (app: App, route: string, json: Record<string, unknown>) =>
    host().request('POST', `/api/appuser/${route}`, { headers: { 'app-token': app.appToken }, json });

  it('begins with an app that was made and nothing else', async () => {
    const app = await host().createApp();
    assert.deepEqual(await rowOf(app), {
      appId: app.id,
      name: app.name,
      status: 'active',
      type: app.type,
      users: 0,
      new7d: 0,
      waitingSignups: 0,
      warnings: [],
      steps: { created: true, messageSent: false, signup: false, login: false, tokenVerified: false },
    });
  });

  it('counts users, new ones and waiting signups, and ticks its steps off', async () => {
    const app = await host().createApp();
    const now = host().clock.now();
    await host().createUser(app, { handle: 'old@example.com', createdAt: now - 8 * DAY_MS });
    await host().createUser(app, {
      handle: 'new@example.com',
      password: PASSWORD,
      createdAt: now - 6 * DAY_MS,
    });
    await asApp(app, 'signup', { handle: 'waits@example.com', password: PASSWORD });
    assert.equal((await asApp(app, 'login', { handle: 'new@example.com', password: PASSWORD })).status, 200);
    await host().outbox();
    assert.equal(
      (await host().request('GET', `/apps/${app.id}/.well-known/openid-configuration`)).status,
      200,
    );
    assert.equal((await rowOf(app)).steps.tokenVerified, false);
    assert.equal((await host().request('GET', `/apps/${app.id}/.well-known/jwks.json`)).status, 200);
    const { steps, users, new7d, waitingSignups, lastLogin } = await rowOf(app);
    assert.deepEqual(steps, {
      created: true,
      messageSent: true,
      signup: true,
      login: true,
      tokenVerified: true,
    });
    assert.deepEqual([users, new7d, waitingSignups], [2, 1, 1]);
    assert.equal(lastLogin, new Date(now).toISOString());
  });

  it('warns of a full app, and of messages that failed or were held back since yesterday', async () => {
    const app = await host().createApp({ maxUsers: 1 });
    await host().createUser(app);
    host().deps.figures.count(app.id, 'message', 'email', 'limited');
    assert.deepEqual((await rowOf(app)).warnings, ['full', 'messages_limited']);
    host().clock.advance(2 * DAY_MS);
    host().deps.figures.count(app.id, 'message', 'sms', 'failed');
    assert.deepEqual((await rowOf(app)).warnings, ['full', 'messages_failed']);
  });

  it('tells of one app alone, and of none that there is not', async () => {
    const [app] = [await host().createApp(), await host().createApp()];
    const ids = async (appId: string) => {
      const { body } = await host().portal('GET', `/api/app/overview?appId=${appId}`);
      return body.rows.map((row: { appId: string }) => row.appId);
    };
    assert.deepEqual(await ids(app.id), [app.id]);
    assert.deepEqual(await ids('0'.repeat(32)), []);
  });

  it('pages by key, each app once, newest first', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      host().clock.advance(1);
      made.push((await host().createApp({ createdAt: host().clock.now() })).id);
    }
    const seen: string[] = [];
    let after = '';
    do {
      const query = `limit=2&after=${encodeURIComponent(after)}`;
      const { body } = await host().portal('GET', `/api/app/overview?${query}`);
      seen.push(...body.rows.map(({ appId }: { appId: string }) => appId));
      after = body.next ?? '';
    } while (after !== '');
    assert.deepEqual(
      seen.filter((id) => made.includes(id)),
      made.reverse(),
    );
    assert.equal(new Set(seen).size, seen.length);
  });
});
