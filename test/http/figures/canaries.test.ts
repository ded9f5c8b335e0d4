import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';

const HANDLE = 'canary@example.com';
const FRIEND = 'friend@example.com';
/** All that a dimension may be: words of the table, languages, weeks. */
const WORDS =
  /^(|code|link|none|swift|kotlin|react-native|web|sdk|other|signup_requested|signup_verified|login|password|anonymous|waiting|user|portal|email|sms|sent|failed|limited|1m|EN|DE|\d{4}-W\d\d|\d{1,3})$/;

describeOnBothStores('figures', (host) => {
  it('hold no handle, address or id, whatever clients send', async () => {
    const app = await host().createApp({
      locales: ['EN', 'DE'],
      invitationEnabled: true,
      anonymousLoginEnabled: true,
    });
    const call = (route: string, json: Record<string, unknown>) =>
      host().request('POST', `/api/appuser/${route}`, {
        headers: { 'app-token': app.appToken, 'x-client': HANDLE, 'user-agent': `okhttp ${HANDLE}` },
        json,
      });
    await call('signup', { handle: HANDLE, password: PASSWORD, locale: HANDLE });
    await call('signup', { handle: HANDLE, password: PASSWORD, locale: 'DE' });
    const code = (await host().outbox()).findLast(({ to }) => to === HANDLE)?.code;
    await call('completeSignup', { handle: HANDLE, code });
    const login = await call('login', { handle: HANDLE, password: PASSWORD });
    await call('login', { handle: HANDLE, password: PASSWORD.replace('5', '6') });
    await call('loginAnonymous', { handle: 'ANON_canary' });
    const headers = { 'access-token': login.body['access-token'] };
    await host().request('POST', '/api/appuser/invite', {
      headers,
      json: { handle: FRIEND, senderUserId: HANDLE },
    });
    await host().request('GET', '/api/appuser/getUser', { headers });
    await host().outbox();
    await host().deps.activity.flush();
    const user = await host().deps.store.users.findByHandle(app.id, HANDLE);
    const figures = await Array.fromAsync(host().deps.store.figures.stream(app.id));
    assert.ok(figures.length > 15, `${figures.length} figures`);
    for (const { first, second } of figures) {
      assert.match(first, WORDS);
      assert.match(second, WORDS);
    }
    const text = JSON.stringify(figures);
    for (const canary of [HANDLE, FRIEND, 'canary', '127.0.0.1', String(user?.id), String(user?.uid)]) {
      assert.ok(!text.includes(canary), canary);
    }
  });
});
