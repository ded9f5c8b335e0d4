import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sweep } from '../../../server/domain/housekeeping.ts';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { figuresNamed } from '../../support/figures.ts';
import { PASSWORD, type TestHost } from '../../support/host.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const JOINING = /^(signup|verified|login_within|client)/;

describeOnBothStores('figures of signups', (host) => {
  const call = (app: App, route: string, body: Record<string, unknown>, client = 'sdk') =>
    host().request('POST', `/api/appuser/${route}`, {
      headers: { 'app-token': app.appToken, 'x-client': client },
      json: body,
    });
  const codeTo = async (handle: string) => {
    const line = (await host().outbox()).filter(({ to }) => to === handle).at(-1);
    return { code: line?.code ?? '', link: line?.link ?? '' };
  };

  it('tell the way of a code, each step once', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE'] });
    const ada = { handle: 'ada@example.com', password: PASSWORD, locale: 'DE' };
    await call(app, 'signup', ada, 'swift');
    await call(app, 'signup', ada, 'swift');
    await call(app, 'signup', { ...ada, handle: 'bob@example.com' }, 'nonsense');
    assert.deepEqual(await figuresNamed(host(), app, JOINING), {
      'signup_requested code DE': 2,
      'signup_sent code DE': 2,
      'client swift signup_requested': 1,
      'client other signup_requested': 1,
    });
    const { code } = await codeTo(ada.handle);
    const wrong = code === '000000' ? '000001' : '000000';
    await call(app, 'completeSignup', { handle: ada.handle, code: wrong });
    await call(app, 'completeSignup', { handle: ada.handle, code: wrong });
    const tried = () => figuresNamed(host(), app, /^signup_tried/);
    // Nobody waits for the write of a wrong try.
    await until('the try is counted', async () => (await tried())['signup_tried code DE'] !== undefined);
    host().clock.advance(5 * MINUTE_MS + 1);
    const done = await call(app, 'completeSignup', { handle: ada.handle, code }, 'kotlin');
    assert.equal(done.status, 200);
    assert.deepEqual(await figuresNamed(host(), app, JOINING), {
      'signup_requested code DE': 2,
      'signup_sent code DE': 2,
      'signup_tried code DE': 1,
      'signup_verified code DE': 1,
      'verified_within 15m code': 1,
      'login_within_a_day code': 1,
      'client swift signup_requested': 1,
      'client other signup_requested': 1,
      'client kotlin signup_verified': 1,
    });
  });

  it('tell when a link was opened by a person, and when who came by it logged in', async () => {
    const app = await host().createApp({ signupFlow: 'link' });
    const ada = { handle: 'link@example.com', password: PASSWORD, locale: 'EN' };
    await call(app, 'signup', ada);
    const { link } = await codeTo(ada.handle);
    const path = new URL(link).pathname;
    await host().request('GET', path, { headers: { 'sec-purpose': 'prefetch' } });
    assert.deepEqual(await figuresNamed(host(), app, /^signup_opened/), {});
    await host().request('GET', path);
    await host().request('GET', path);
    await host().request('POST', path, { form: {} });
    await host().request('GET', path);
    const verified = {
      'signup_requested link EN': 1,
      'signup_sent link EN': 1,
      'signup_opened link EN': 1,
      'signup_tried link EN': 1,
      'signup_verified link EN': 1,
      'verified_within 1m link': 1,
    };
    assert.deepEqual(await figuresNamed(host(), app, /^(signup|verified|login_within)/), verified);
    host().clock.advance(HOUR_MS);
    for (let n = 0; n < 2; n++) assert.equal((await call(app, 'login', ada)).status, 200);
    assert.deepEqual(await figuresNamed(host(), app, /^(signup|verified|login)/), {
      ...verified,
      'login_within_a_day link': 1,
      'login password': 2,
    });
  });

  it('count a signup without confirmation as asked for and made, and as no log-in', async () => {
    const app = await host().createApp({ signupFlow: 'none' });
    await call(app, 'signup', { handle: 'none@example.com', password: PASSWORD }, 'web');
    assert.deepEqual(await figuresNamed(host(), app, /^(signup|verified|login|client)/), {
      'signup_requested none EN': 1,
      'signup_verified none EN': 1,
      'verified_within 1m none': 1,
      'login_within_a_day none': 1,
      'client web signup_requested': 1,
      'client web signup_verified': 1,
    });
  });

  it('count a signup that begins anew after it ended as another one', async () => {
    const app = await host().createApp();
    const ada = { handle: 'late@example.com', password: PASSWORD };
    await call(app, 'signup', ada);
    host().clock.advance(1_000 * HOUR_MS);
    await call(app, 'signup', ada);
    assert.equal(
      (await call(app, 'completeSignup', { handle: ada.handle, ...(await codeTo(ada.handle)) })).status,
      200,
    );
    assert.deepEqual(await figuresNamed(host(), app, /^(signup|verified)/), {
      'signup_requested code EN': 2,
      'signup_sent code EN': 2,
      'signup_tried code EN': 1,
      'signup_verified code EN': 1,
      'verified_within 1m code': 1,
    });
  });
});

describeOnBothStores('figures of what ends', (host) => {
  it('count signups and invites that ended since the sweep before, each once', async () => {
    const app = await host().createApp({ invitationEnabled: true });
    const { signupHours, inviteDays } = host().deps.config;
    await sweep(host().deps);
    for (const handle of ['a@example.com', 'b@example.com']) {
      await host().request('POST', '/api/appuser/signup', {
        headers: { 'app-token': app.appToken },
        json: { handle, password: PASSWORD },
      });
    }
    const code = (await host().outbox()).filter(({ to }) => to === 'a@example.com').at(-1)?.code;
    await host().request('POST', '/api/appuser/completeSignup', {
      headers: { 'app-token': app.appToken },
      json: { handle: 'a@example.com', code },
    });
    await byPortal(host(), 'createAppInvite', { appId: app.id, handle: 'c@example.com,d@example.com' });
    await byPortal(host(), 'removeAppInvite', { appId: app.id, handle: 'c@example.com' });
    const ended = () => figuresNamed(host(), app, /_expired/);
    host().clock.advance(signupHours * HOUR_MS);
    await sweep(host().deps);
    assert.deepEqual(await ended(), {});
    host().clock.advance(1);
    await Promise.all([sweep(host().deps), sweep(host().deps)]);
    assert.deepEqual(await ended(), { 'signup_expired code EN': 1 });
    host().clock.advance(inviteDays * 24 * HOUR_MS);
    await sweep(host().deps);
    await sweep(host().deps);
    assert.deepEqual(await ended(), { 'signup_expired code EN': 1, 'invite_expired portal': 1 });
  });
});

describeOnBothStores('figures of invites', (host) => {
  it('tell who invites and who comes', async () => {
    const app = await host().createApp({ invitationEnabled: true });
    const user = await host().createUser(app);
    const token = await host().accessToken(app, user);
    const invite = (handle: string) =>
      host().request('POST', '/api/appuser/invite', {
        headers: { 'access-token': token },
        json: { handle, senderUserId: user.id },
      });
    for (const handle of ['a@example.com', 'a@example.com', 'b@example.com']) {
      assert.equal((await invite(handle)).status, 200);
    }
    await byPortal(host(), 'createAppInvite', { appId: app.id, handle: 'c@example.com,d@example.com' });
    const code = (await host().outbox()).filter(({ to }) => to === 'a@example.com').at(-1)?.code;
    const registered = await host().request('POST', '/api/appuser/register', {
      headers: { 'app-token': app.appToken },
      json: { handle: 'a@example.com', password: PASSWORD, code },
    });
    assert.equal(registered.status, 200);
    await byPortal(host(), 'removeAppInvite', { appId: app.id, handle: 'c@example.com' });
    assert.deepEqual(await figuresNamed(host(), app, /^(invite|login)/), {
      'invite_sent user': 2,
      'invite_sent portal': 2,
      'invite_accepted user': 1,
      'invite_withdrawn portal': 1,
    });
  });
});

async function byPortal(host: TestHost, route: string, json: Record<string, unknown>): Promise<void> {
  const answer = await host.portal('POST', `/api/app/${route}`, { json });
  assert.equal(answer.status, 200, `${route}: ${answer.text}`);
}
