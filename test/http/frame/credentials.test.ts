import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { type CallerRule, portalRoute, type Route, userRoute } from '../../../server/http/route.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

/** Answers who the frame says is calling. */
function whoAmI(rule: CallerRule, name: string, more: Partial<Route> = {}): Route {
  const input = z.object({ field: z.string() });
  const respond = ({ caller }: { caller: { kind: string; app?: App } }) => ({
    kind: caller.kind,
    appId: caller.app?.id,
  });
  return {
    ...userRoute({
      method: 'POST',
      path: `/api/appuser/${name}`,
      summary: '',
      answer: z.unknown(),
      caller: rule,
      input,
      respond,
    }),
    ...more,
  };
}
const routes = [
  whoAmI('app', 'app'),
  whoAmI('app or user', 'either'),
  whoAmI('user', 'user'),
  whoAmI('superuser', 'superuser'),
  whoAmI('app or user', 'reset', { appTokenAsAccessToken: true }),
  whoAmI('link', 'link', { method: 'GET' }),
  whoAmI('nobody', 'nobody', { method: 'GET', input: undefined }),
  whoAmI('nobody', 'open', { method: 'GET', input: undefined, open: true }),
  portalRoute({
    method: 'POST',
    path: '/api/app/probe',
    summary: '',
    answer: z.unknown(),
    input: z.object({ field: z.string() }),
    respond: ({ caller }) => ({ kind: caller.kind }),
  }),
];

const BAD = 'not.a.token';

describe('credentials', () => {
  let host: TestHost;
  let app: App;
  let user: User;
  let accessToken: string;
  before(async () => {
    host = await startTestHost({ routes });
    app = await host.createApp();
    user = await host.createUser(app);
    accessToken = await host.accessToken(app, user);
  });
  after(() => host.stop());

  const post = (path: string, headers: Record<string, string | string[]>, json: unknown = { field: 'x' }) =>
    host.request('POST', path, { headers, json });
  const eventsDuring = async (work: () => Promise<unknown>) => {
    const start = host.events.length;
    await work();
    return host.events.slice(start);
  };

  describe('which one wins', () => {
    it('takes the first present one, even if it is invalid', async () => {
      const all = { 'server-secret': BAD, 'app-token': app.appToken, 'access-token': accessToken };
      assert.equal((await post('/api/appuser/app', all)).body.code, 500);
      const withoutSecret = { 'server-secret': '', 'app-token': BAD, 'access-token': accessToken };
      assert.equal((await post('/api/appuser/user', withoutSecret)).body.code, 400);
      const onlyAccess = { 'app-token': '', 'access-token': BAD };
      assert.equal((await post(`/api/appuser/app?appToken=${app.appToken}`, onlyAccess)).body.code, 405);
    });

    it('takes the query when there is no header', async () => {
      const answer = await host.request('POST', `/api/appuser/app?appToken=${app.appToken}`, {
        json: { field: 'x' },
      });
      assert.deepEqual(answer.body, { kind: 'app', appId: app.id });
    });
  });

  describe('invalid ones', () => {
    const cases: [string, Record<string, string>, number][] = [
      ['a server secret', { 'server-secret': BAD }, 500],
      ['an app token', { 'app-token': BAD }, 400],
      ['an access token', { 'access-token': BAD }, 405],
    ];
    for (const [what, headers, code] of cases) {
      it(`refuses ${what} with HTTP 400 and code ${code} on every path`, async () => {
        for (const path of ['/api/appuser/app', '/api/app/probe']) {
          const answer = await post(path, headers);
          assert.deepEqual([answer.status, answer.body.code], [400, code]);
          assert.deepEqual(Object.keys(answer.body), ['code', 'message']);
        }
        const greeting = await host.request('GET', '/api/appuser/nobody', { headers });
        assert.equal(greeting.body.code, code);
      });
    }

    it('refuses a token in the wrong place', async () => {
      assert.equal((await post('/api/appuser/app', { 'app-token': accessToken })).body.code, 400);
      assert.equal((await post('/api/appuser/user', { 'access-token': app.appToken })).body.code, 405);
      assert.equal((await post('/api/app/probe', { 'server-secret': app.appToken })).body.code, 500);
    });

    it('refuses a repeated header, and a repeated query parameter', async () => {
      const twice = await post('/api/appuser/app', { 'app-token': [app.appToken, app.appToken] });
      assert.equal(twice.body.code, 400);
      const query = `appToken=${app.appToken}&appToken=${app.appToken}`;
      assert.equal((await post(`/api/appuser/app?${query}`, {})).body.code, 400);
    });

    it('emits token_refused once, without the token', async () => {
      const events = await eventsDuring(() => post('/api/appuser/app', { 'app-token': BAD }));
      assert.deepEqual(
        events.map(({ event, kind, reason, level }) => ({ event, kind, reason, level })),
        [{ event: 'token_refused', kind: 'app-token', reason: 'invalid', level: 'warn' }],
      );
      assert.ok(!JSON.stringify(events).includes(BAD));
    });

    it('looks at none on an open route', async () => {
      const answer = await host.request('GET', '/api/appuser/open', { headers: { 'server-secret': BAD } });
      assert.equal(answer.status, 200);
    });
  });

  describe('who may call', () => {
    it('names the caller', async () => {
      const as = async (path: string, headers: Record<string, string>) => (await post(path, headers)).body;
      assert.deepEqual(await as('/api/appuser/app', { 'app-token': app.appToken }), {
        kind: 'app',
        appId: app.id,
      });
      assert.deepEqual(await as('/api/appuser/user', { 'access-token': accessToken }), {
        kind: 'user',
        appId: app.id,
      });
      assert.deepEqual(await as('/api/app/probe', { 'server-secret': host.serverSecret }), {
        kind: 'server',
      });
      const { token } = await host.deps.hostTokens.issueSuperUserToken({
        appId: app.id,
        name: 'root',
        expiresInMinutes: 5,
      });
      assert.deepEqual(await as('/api/appuser/superuser', { 'access-token': token }), {
        kind: 'superuser',
        appId: app.id,
      });
      assert.equal((await as('/api/appuser/user', { 'access-token': token })).code, 405);
    });

    it('takes a user token where an app is needed, for its app alone (C9), also an expired one', async () => {
      for (const path of ['/api/appuser/app', '/api/appuser/either']) {
        assert.deepEqual((await post(path, { 'access-token': accessToken })).body, {
          kind: 'app',
          appId: app.id,
        });
      }
      host.clock.advance(31 * 86_400_000);
      assert.equal((await post('/api/appuser/app', { 'access-token': accessToken })).body.kind, 'app');
      assert.equal((await post('/api/appuser/user', { 'access-token': accessToken })).body.code, 405);
      accessToken = await host.accessToken(app, user);
    });

    it('takes an app token in access-token where Kotlin puts it (C6), nowhere else', async () => {
      assert.equal((await post('/api/appuser/reset', { 'access-token': app.appToken })).body.kind, 'app');
      assert.equal((await post('/api/appuser/either', { 'access-token': app.appToken })).body.code, 405);
    });

    it('refuses the wrong kind and none as the route says', async () => {
      const event = (await eventsDuring(() => post('/api/appuser/user', { 'app-token': app.appToken })))[0];
      assert.deepEqual([event?.event, event?.kind, event?.needed], ['access_refused', 'app', 'user']);
      assert.equal((await post('/api/appuser/user', {})).body.code, 403);
      assert.equal((await post('/api/appuser/app', {})).body.code, 400);
      assert.equal((await post('/api/appuser/app', { 'server-secret': host.serverSecret })).body.code, 400);
      const portal = await post('/api/app/probe', { 'app-token': app.appToken });
      assert.equal(portal.status, 403);
      assert.deepEqual(portal.body, {
        status: 'Fails',
        message: 'Invalid Data',
        reason: 'wrong_credential',
        wanted: 'server-secret',
      });
    });

    it('takes a link by its query only; beside a valid header a bad one is code 400 with HTTP 403', async () => {
      const get = (query: string, headers: Record<string, string> = {}) =>
        host.request('GET', `/api/appuser/link?field=x&${query}`, { headers });
      assert.equal((await get(`appToken=${app.appToken}`)).body.kind, 'app');
      assert.equal((await get('')).body.code, 403);
      const header = { 'access-token': accessToken };
      assert.equal((await get(`appToken=${app.appToken}`, header)).body.kind, 'app');
      assert.equal((await get('', header)).body.code, 403);
      const corner = await get(`appToken=${accessToken}`, header);
      assert.deepEqual([corner.status, corner.body.code], [403, 400]);
    });
  });

  describe('order of checks', () => {
    it('looks at the credential, then the kind, then the body, presence, types, then the app', async () => {
      const gone = await host.deps.hostTokens.issueAppToken({ appId: 'f'.repeat(32), generation: 1 });
      const code = async (headers: Record<string, string>, raw: string) =>
        (
          await host.request('POST', '/api/appuser/user', {
            headers: { 'content-type': 'application/json', ...headers },
            raw,
          })
        ).body.code;
      assert.equal(await code({ 'access-token': BAD }, '{broken'), 405);
      assert.equal(await code({ 'app-token': gone }, '{broken'), 403);
      const asApp = async (raw: string) =>
        (
          await host.request('POST', '/api/appuser/app', {
            headers: { 'content-type': 'application/json', 'app-token': gone },
            raw,
          })
        ).body.code;
      assert.equal(await asApp('{broken'), 602);
      assert.equal(await asApp('{}'), 403);
      assert.equal(await asApp('{"field":1}'), 602);
      assert.equal(await asApp('{"field":"x"}'), 401);
    });
  });

  describe('generations', () => {
    const appCode = async (token: string) => {
      const answer = await post('/api/appuser/app', { 'app-token': token });
      return answer.body.code ?? answer.status;
    };

    it('refuses an app token of another generation, and takes one in its grace', async () => {
      const other = await host.createApp({
        tokenGeneration: 3,
        graceGenerations: [{ generation: 2, until: host.clock.now() + 3_600_000 }],
      });
      const token = (generation: number) =>
        host.deps.hostTokens.issueAppToken({ appId: other.id, generation });
      assert.equal(await appCode(await token(3)), 200);
      assert.equal(await appCode(await token(2)), 200);
      assert.equal(await appCode(await token(1)), 400);
      assert.equal(await appCode(await token(4)), 400);
      host.clock.advance(3_600_001);
      assert.equal(await appCode(await token(2)), 400);
    });

    it('refuses an older server secret within 3 s of a rotation', async () => {
      const secret = (generation: number) =>
        host.deps.hostTokens.issueServerSecret({ name: 'x', generation });
      const status = async (token: string) => (await post('/api/app/probe', { 'server-secret': token })).body;
      assert.deepEqual(await status(await secret(1)), { kind: 'server' });
      assert.ok(await host.deps.store.meta.compareAndSet(META.serverSecretGeneration, undefined, '2'));
      host.clock.advance(3000);
      assert.equal((await status(await secret(1))).code, 500);
      assert.deepEqual(await status(await secret(2)), { kind: 'server' });
    });
  });
});
