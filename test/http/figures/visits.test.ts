import assert from 'node:assert/strict';
import { it } from 'node:test';
import { userClient } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { figuresNamed } from '../../support/figures.ts';
import { PASSWORD } from '../../support/host.ts';

const DAY_MS = 86_400_000;
const ACTIVE = /^(active|returned)/;

describeOnBothStores('figures of who was here', (host) => {
  it('count a user once a day, week and month, whatever they do', async () => {
    // Thursday 15 January 2026, 12:00.
    const app = await host().createApp();
    const user = await host().createUser(app, { password: PASSWORD });
    const before = await host().deps.store.users.find(app.id, user.id);
    const client = userClient(host(), await host().accessToken(app, user));
    for (let n = 0; n < 3; n++) await client.get('getUser');
    const login = {
      headers: { 'app-token': app.appToken },
      json: { handle: user.handle, password: PASSWORD },
    };
    assert.equal((await host().request('POST', '/api/appuser/login', login)).status, 200);
    assert.deepEqual(await figuresNamed(host(), app, ACTIVE), {
      active_day: 1,
      active_week: 1,
      active_month: 1,
      'returned 2026-W03 0': 1,
    });
    const after = await host().deps.store.users.find(app.id, user.id);
    assert.equal(after?.lastSeenDay, Math.floor(host().clock.now() / DAY_MS));
    assert.equal(before?.lastSeenDay, undefined);

    host().clock.advance(DAY_MS);
    await client.get('getUser');
    host().clock.advance(3 * DAY_MS);
    await client.get('getUser');
    await client.get('getUser');
    assert.deepEqual(await figuresNamed(host(), app, ACTIVE), {
      active_day: 3,
      active_week: 2,
      active_month: 1,
      'returned 2026-W03 0': 1,
      'returned 2026-W03 1': 1,
    });
    host().clock.advance(-4 * DAY_MS);
  });

  it('count who joins at once, and nobody whom the portal adds', async () => {
    const app = await host().createApp({ signupFlow: 'none' });
    const signup = { handle: 'ada@example.com', password: PASSWORD };
    const headers = { 'app-token': app.appToken };
    const joined = await host().request('POST', '/api/appuser/signup', { headers, json: signup });
    assert.equal(joined.status, 200);
    await host().portal('POST', '/api/app/addUser', {
      json: { appId: app.id, handle: 'bob@example.com', password: PASSWORD },
    });
    assert.deepEqual(await figuresNamed(host(), app, /^active/), {
      active_day: 1,
      active_week: 1,
      active_month: 1,
    });
  });

  it('leave the revision of the row alone', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app, { networks: [] });
    const users = host().deps.store.users;
    const day = Math.floor(host().clock.now() / DAY_MS);
    await users.recordVisits([{ appId: app.id, userId: user.id, day }]);
    assert.equal((await users.find(app.id, user.id))?.revision, user.revision);
  });
});
