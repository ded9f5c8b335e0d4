import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn } from '../support/mailbox.ts';
import { type ClientKind, type ShippedClient, sentPassword } from '../support/shipped-clients.ts';
import { stranger } from '../support/stranger.ts';
import { claimsOf, type MadeApp, type Stage, startStage } from './stage.ts';

const password = sentPassword('Under operation 1');

describe('running an app from the portal', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.stop());

  async function joined(kind: ClientKind, app: MadeApp, handle: string): Promise<ShippedClient> {
    const phone = stage.install(kind, app);
    assertTokens(await phone.post('signup', { handle, password }));
    return phone;
  }
  const atOnce = (name: string) => stage.makeApp(name, { signupFlow: 'none' });
  async function rowOf({ appId }: MadeApp, handle: string) {
    const [row] = await stage.portal('GET', `/api/app/searchUser?appId=${appId}&value=${handle}`);
    return row;
  }

  it('suspends a user, whose tokens end at once, and reinstates the user', async () => {
    const app = await atOnce('Suspended user');
    const { appId } = app;
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    const bo = await joined('swift', app, 'bo@example.com');
    const { _id: userId } = await rowOf(app, handle);
    await stage.portal('POST', '/api/app/user', { appId, userId, status: 'suspend' });
    assertRefused(await phone.get('getUser'), 404);
    assertRefused(await phone.post('setLocale', { locale: 'EN' }), 404);
    assertRefused(await phone.post('login', { handle, password }), 404);
    assert.equal((await bo.get('getUser')).status, 200);
    assert.equal((await rowOf(app, handle)).status, 'suspend');
    await stage.portal('POST', '/api/app/user', { appId, userId, status: 'active' });
    assertRefused(await phone.get('getUser'), 405);
    assertTokens(await phone.post('login', { handle, password }));
  });

  it('stops and reinstates a whole app in each of its states', async () => {
    const app = await atOnce('Stopped app');
    const other = await joined('kotlin', await atOnce('Running app'), 'ada@example.com');
    const handle = 'ada@example.com';
    const phone = await joined('kotlin', app, handle);
    const states = [
      ['inactive', 402],
      ['suspended', 402],
      ['blocked', 402],
      ['migrated', 413],
    ] as const;
    for (const [status, code] of states) {
      await stage.set(app, 'status', { status });
      const calls = [
        await phone.post('login', { handle, password }),
        await phone.post('signup', { handle: 'bo@example.com', password }),
        await phone.post('forgotPassword', { handle }),
        await phone.get('getUser'),
      ];
      for (const call of calls) assertRefused(call, code, status);
      const shown = await phone.get('getApplication');
      assert.deepEqual([shown.status, shown.body.status], [200, status]);
      assert.equal((await other.get('getUser')).status, 200, 'other apps run on');
    }
    await stage.set(app, 'status', { status: 'active' });
    assert.equal((await phone.get('getUser')).body.handle, handle);
    assertTokens(await phone.post('login', { handle, password }));
  });

  it('sets a password for a user, who is told by mail', async () => {
    const app = await atOnce('Reset by portal');
    const handle = 'ada@example.com';
    const phone = await joined('react', app, handle);
    const { _id: userId } = await rowOf(app, handle);
    const rawValue = 'Chosen by the team 7';
    const hashValue = sentPassword(rawValue);
    await stage.portal('POST', '/api/app/resetUserPassword', {
      appId: app.appId,
      userId,
      rawValue,
      hashValue,
    });
    assert.ok((await stage.mailTo(handle, /new password/)).text.includes(rawValue));
    assertRefused(await phone.get('getUser'), 405);
    assertRefused(await phone.post('login', { handle, password }), 600);
    assertTokens(await phone.post('login', { handle, password: hashValue }));
  });

  it('replaces the key of an app under the eyes of a verifier that never sees a failure', async () => {
    const app = await atOnce('Rotated key');
    const { appId } = app;
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    const verifier = await stranger(app.issuer);
    const issued: string[] = [];
    /**
     * A new log-in and every token issued before it verify, for one who has known the app for long and for a
     * newcomer.
     */
    async function everythingVerifies(): Promise<void> {
      const { body } = await phone.post('login', { handle, password });
      issued.push(body.jwt);
      const newcomer = await stranger(app.issuer);
      for (const jwt of issued) {
        for (const { verify } of [verifier, newcomer]) assert.equal((await verify(jwt)).email, handle);
      }
    }
    const rotate = (phase: string, force = false) =>
      stage.request('POST', '/api/app/rotateAppKey', {
        headers: { 'server-secret': stage.serverSecret },
        json: { appId, phase, force },
      });
    const statesOf = (body: { keys: { state: string }[] }) => body.keys.map(({ state }) => state).sort();

    await everythingVerifies();
    assert.deepEqual(statesOf((await rotate('prepare')).body), ['current', 'next']);
    await everythingVerifies();
    const early = await rotate('activate');
    assert.deepEqual([early.status, early.body.status], [400, 'Fails']);
    // What the two hours are for: every verifier looks at the key set again meanwhile.
    await verifier.refresh();
    assert.deepEqual(statesOf((await rotate('activate', true)).body), ['current', 'previous']);
    await everythingVerifies();
    const [before, after] = [issued[0], issued.at(-1)].map((jwt) => keyIdOf(String(jwt)));
    assert.notEqual(before, after);
    const tooEarly = await rotate('retire');
    assert.deepEqual([tooEarly.status, tooEarly.body.status], [400, 'Fails']);

    assert.deepEqual(statesOf((await rotate('retire', true)).body), ['current']);
    const old = issued.splice(0, 2);
    await everythingVerifies();
    await verifier.refresh();
    await everythingVerifies();
    for (const jwt of old) await assert.rejects(verifier.verify(jwt), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    const shown = await stage.portal('GET', `/api/app/appId/${appId}`);
    assert.notEqual(shown.appPublicKey, app.appPublicKey);
    const pem = await fetch(`${app.issuer}/public-key.pem`);
    assert.equal((await pem.text()).trim(), Buffer.from(shown.appPublicKey, 'base64').toString().trim());
  });

  it('replaces the app token while the shipped app still carries the old one', async () => {
    const app = await atOnce('Rotated token');
    const { appId } = app;
    const handle = 'ada@example.com';
    const shipped = await joined('react', app, handle);
    const { appToken } = await stage.portal('POST', '/api/app/rotateAppToken', { appId, graceHours: 1 });
    const updated = stage.install('react', { appToken });
    for (const phone of [shipped, updated]) assertTokens(await phone.post('login', { handle, password }));
    const last = await stage.portal('POST', '/api/app/rotateAppToken', { appId, graceHours: 0 });
    const form = { handle, password };
    assertRefused(await stage.install('swift', app).post('login', form), 400);
    assertTokens(await stage.install('swift', last).post('login', form));
    assert.equal((await shipped.get('getUser')).status, 200, 'users stay logged in');
  });

  it('gives a back end a super-user token, with which it sets the data of the application', async () => {
    const app = await atOnce('Back end');
    const { appId } = app;
    const phone = await joined('kotlin', app, 'ada@example.com');
    const json = { appId, name: 'billing', expiresInMinutes: 5 };
    const tokens = await stage.portal('POST', '/api/app/superUserToken', json);
    const claims = await (await stranger(app.issuer)).verify(tokens.jwt);
    assert.deepEqual(
      [claims.sub, claims.superUser, Number(claims.exp) - Number(claims.iat)],
      ['billing', true, 300],
    );
    const setAs = (accessToken = '') =>
      stage.request('POST', '/api/appuser/setAppData', {
        headers: { 'access-token': accessToken },
        json: { appData: { banner: 'Sale', tiers: [1, 2] } },
      });
    assert.equal((await setAs(phone.accessToken)).status, 400);
    assertTrue(await setAs(tokens['access-token']));
    assert.deepEqual((await phone.get('getApplication')).body.appData, { banner: 'Sale', tiers: [1, 2] });
    const asUser = { headers: { 'access-token': tokens['access-token'] } };
    assert.equal((await stage.request('GET', '/api/appuser/getUser', asUser)).status, 400);
    const ordinary = await phone.post('login', { handle: 'ada@example.com', password });
    assert.equal(claimsOf(ordinary.body.jwt).superUser, undefined);
  });

  it('sees signups, log and numbers, adds and removes users, and deletes the app with all of them', async () => {
    const app = await stage.makeApp('Overview');
    const { appId } = app;
    const phone = stage.install('swift', app);
    const handle = 'ada@example.com';
    assertTrue(await phone.post('signup', { handle, password }));
    const [pending] = await stage.portal('GET', `/api/app/searchSingUp?appId=${appId}&value=ada`);
    assert.deepEqual([pending.handle, pending.status, 'code' in pending], [handle, 'pending', false]);
    assertTokens(
      await phone.post('completeSignup', {
        handle,
        code: codeIn((await stage.mailTo(handle, /code for Overview/)).text),
      }),
    );
    await stage.portal('POST', '/api/app/addUser', { appId, handle: 'bo@example.com', password });
    assertTokens(await stage.install('swift', app).post('login', { handle: 'bo@example.com', password }));
    const { logs } = await stage.portal('GET', `/api/app/logs?appId=${appId}`);
    const actions = new Set(logs.map(({ action }: { action: string }) => action));
    for (const action of ['signup', 'completeSignup', 'addUser', 'login'])
      assert.ok(actions.has(action), action);
    assert.equal(JSON.stringify(logs).includes(password), false);
    await stage.portal('POST', '/api/app/removeUser', { appId, handle: 'bo@example.com' });
    assert.equal(await stage.portal('DELETE', `/api/app/${appId}`), true);
    assertRefused(await phone.post('login', { handle, password }), 401);
    assertRefused(await phone.get('getUser'), 401);
    assert.equal((await fetch(`${app.issuer}/.well-known/jwks.json`)).status, 404);
  });
});

function keyIdOf(jwt: string): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
}
