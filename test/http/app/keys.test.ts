import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rotateServerSecret } from '../../../server/domain/tokens/server-secret.ts';
import type { App } from '../../../server/model/app.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { loadHostKey } from '../../../server/security/host-key.ts';
import { signJwt } from '../../../server/security/jwt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const HOUR_MS = 3_600_000;

describe('keys and tokens of an app', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const rotate = (app: App, phase: string, force?: boolean) =>
    host.portal('POST', '/api/app/rotateAppKey', { json: { appId: app.id, phase, force } });
  const states = (body: { keys: { state: string }[] }) => body.keys.map(({ state }) => state);
  const withToken = (token: string) =>
    host.request('GET', '/api/appuser/getApplication', { headers: { 'app-token': token } });
  const publishedKids = async (app: App): Promise<string[]> => {
    const { body } = await host.request('GET', `/apps/${app.id}/.well-known/jwks.json`);
    return body.keys.map(({ kid }: { kid: string }) => kid);
  };
  const part = (jwt: string, index: number) =>
    JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString());
  const logIn = async (app: App): Promise<string> => {
    const { body } = await host.request('POST', '/api/appuser/login', {
      headers: { 'app-token': app.appToken },
      json: { handle: 'ada@example.com', password: PASSWORD },
    });
    return body.jwt;
  };

  it('replaces a key pair in three steps, so that every token can be verified all the time', async () => {
    const app = await host.createApp();
    await host.createUser(app);
    const [old] = await publishedKids(app);
    const prepared = await rotate(app, 'prepare');
    assert.deepEqual(states(prepared.body), ['current', 'next']);
    assert.deepEqual(
      await rotate(app, 'prepare').then(({ body }) => body),
      prepared.body,
      'repeating prepares no second key',
    );
    const next = prepared.body.keys[1].kid;
    assert.deepEqual((await publishedKids(app)).sort(), [old, next].sort());
    assert.equal(part(await logIn(app), 0).kid, old);

    const early = await rotate(app, 'activate');
    assert.equal(early.status, 400);
    assert.match(early.body.message, /120 minutes/);
    host.clock.advance(2 * HOUR_MS);
    assert.deepEqual(states((await rotate(app, 'activate')).body), ['previous', 'current']);
    assert.equal(part(await logIn(app), 0).kid, next);
    assert.deepEqual((await publishedKids(app)).sort(), [old, next].sort());

    host.clock.advance(24 * HOUR_MS - 1);
    assert.equal((await rotate(app, 'retire')).status, 400);
    host.clock.advance(1);
    assert.deepEqual(states((await rotate(app, 'retire')).body), ['current']);
    assert.deepEqual(await publishedKids(app), [next]);
  });

  it('waits for tokens that were issued under a longer expiration', async () => {
    const app = await host.createApp({ userJwtExpirationHours: 100 });
    const json = { appId: app.id, setting: 'userJWTExpiration', userJWTExpiration: 1 };
    await host.portal('POST', '/api/app/updateAppSetting', { json });
    await rotate(app, 'prepare');
    await rotate(app, 'activate', true);
    host.clock.advance(99 * HOUR_MS);
    assert.equal((await rotate(app, 'retire')).status, 400);
    host.clock.advance(HOUR_MS);
    assert.equal((await rotate(app, 'retire')).status, 200);
  });

  it('hurries when forced, but not past a step that was left out', async () => {
    const app = await host.createApp();
    assert.equal((await rotate(app, 'activate', true)).status, 400);
    assert.equal((await rotate(app, 'retire', true)).status, 400);
    await rotate(app, 'prepare');
    assert.equal((await rotate(app, 'activate', true)).status, 200);
    assert.deepEqual(states((await rotate(app, 'retire', true)).body), ['current']);
    const event = host.events.findLast(({ event }) => event === 'app_key_rotated');
    assert.deepEqual([event?.phase, event?.force], ['retire', true]);
  });

  it('lets an old app token work until its grace ends', async () => {
    const app = await host.createApp();
    const { body } = await host.portal('POST', '/api/app/rotateAppToken', {
      json: { appId: app.id, graceHours: 2 },
    });
    assert.notEqual(body.appToken, app.appToken);
    assert.equal((await withToken(body.appToken)).status, 200);
    assert.equal((await withToken(app.appToken)).status, 200);
    host.clock.advance(2 * HOUR_MS);
    assert.equal((await withToken(app.appToken)).body.code, 400);
    assert.equal((await withToken(body.appToken)).status, 200);
  });

  it('ends every older app token at once with no grace', async () => {
    const app = await host.createApp();
    const rotateToken = async (graceHours: number) =>
      (await host.portal('POST', '/api/app/rotateAppToken', { json: { appId: app.id, graceHours } })).body
        .appToken;
    const second = await rotateToken(700);
    const third = await rotateToken(0);
    const answers = await Promise.all([app.appToken, second, third].map(withToken));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 200],
    );
  });

  it('issues a super-user JWT and the access token that sets application data', async () => {
    const app = await host.createApp();
    const json = { appId: app.id, name: 'billing', expiresInMinutes: 5 };
    const { body } = await host.portal('POST', '/api/app/superUserToken', { json });
    assert.deepEqual(Object.keys(body).sort(), ['access-token', 'jwt']);
    const { sub, superUser, iss, exp, iat, aud } = part(body.jwt, 1);
    assert.deepEqual([sub, superUser, exp - iat, aud], ['billing', true, 300, 'none']);
    const { body: discovery } = await host.request('GET', `/apps/${app.id}/.well-known/openid-configuration`);
    assert.equal(iss, discovery.issuer);
    assert.ok((await publishedKids(app)).includes(part(body.jwt, 0).kid));
    const set = (token: string) =>
      host.request('POST', '/api/appuser/setAppData', {
        headers: { 'access-token': token },
        json: { appData: { tier: 2 } },
      });
    assert.equal((await set(body['access-token'])).text, 'true');
    assert.deepEqual((await withToken(app.appToken)).body.appData, { tier: 2 });
    host.clock.advance(5 * 60_000);
    assert.equal((await set(body['access-token'])).status, 400);
    const { body: logs } = await host.portal(
      'GET',
      `/api/app/logs?appId=${app.id}&filterAction=superUserToken`,
    );
    assert.equal(logs.logs[0].value, JSON.stringify({ name: 'billing', expiresInMinutes: 5 }));
  });

  describe('a super-user token', () => {
    const json = { appData: { tier: 2 } };
    const set = async (token: string) => {
      const headers = { 'access-token': token };
      const { status, body } = await host.request('POST', '/api/appuser/setAppData', { headers, json });
      return status === 200 ? 200 : body.code;
    };
    const superUser = async (app: App): Promise<string> => {
      const { body } = await host.portal('POST', '/api/app/superUserToken', { json: { appId: app.id } });
      return body['access-token'];
    };
    const rotations: { what: string; rotate: (app: App) => Promise<unknown> }[] = [
      {
        what: "the app's token",
        rotate: (app) =>
          host.portal('POST', '/api/app/rotateAppToken', { json: { appId: app.id, graceHours: 700 } }),
      },
      {
        what: "the app's key",
        rotate: async (app) => {
          await rotate(app, 'prepare');
          await rotate(app, 'activate', true);
        },
      },
    ];
    for (const { what, rotate } of rotations) {
      it(`ends when ${what} is replaced; a new one works, and so does another app's`, async () => {
        const [app, other] = [await host.createApp(), await host.createApp()];
        const [old, others] = [await superUser(app), await superUser(other)];
        assert.equal(await set(old), 200);
        await rotate(app);
        assert.equal(await set(old), 405);
        assert.equal(await set(await superUser(app)), 200);
        assert.equal(await set(others), 200);
      });
    }

    it('ends when the server secret is replaced', async () => {
      const own = await startTestHost();
      const app = await own.createApp();
      const request = (token: string) =>
        own.request('POST', '/api/appuser/setAppData', { headers: { 'access-token': token }, json });
      const { body } = await own.portal('POST', '/api/app/superUserToken', { json: { appId: app.id } });
      assert.equal((await request(body['access-token'])).status, 200);
      const { token } = await rotateServerSecret(own.deps);
      own.clock.advance(3_001);
      assert.equal((await request(body['access-token'])).body.code, 405);
      const renewed = await own.request('POST', '/api/app/superUserToken', {
        headers: { 'server-secret': token },
        json: { appId: app.id },
      });
      assert.equal((await request(renewed.body['access-token'])).status, 200);
      await own.stop();
    });

    it('without a generation counts only while those of an adopted older installation do', async () => {
      const own = await startTestHost();
      const app = await own.createApp();
      const { privateKeyFile, publicKeyFile, passKey } = own.deps.config;
      const { privateKey } = loadHostKey({ privateKeyFile, publicKeyFile, passPhrase: passKey });
      const iat = Math.floor(own.clock.now() / 1000);
      const claims = { scope: 'superuser', appId: app.id, name: 'x', iat, exp: iat + 600, jti: 'old' };
      const old = await signJwt(claims, own.deps.hostTokens.kid, privateKey);
      const request = () =>
        own.request('POST', '/api/appuser/setAppData', { headers: { 'access-token': old }, json });
      assert.equal((await request()).body.code, 405);
      assert.ok(await own.deps.store.meta.compareAndSet(META.adoptedHostKey, undefined, 'yes'));
      own.clock.advance(3_001);
      assert.equal((await request()).status, 200);
      await own.stop();
    });
  });

  it('issues no super-user token for an app that does not run', async () => {
    const app = await host.createApp({ status: 'suspended' });
    assert.equal(
      (await host.portal('POST', '/api/app/superUserToken', { json: { appId: app.id } })).status,
      400,
    );
  });
});
