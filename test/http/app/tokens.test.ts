import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { KEY_SET_HEADERS } from '../../../server/domain/tokens/published-keys.ts';
import { routes } from '../../../server/http/routes/index.ts';
import type { App } from '../../../server/model/app.ts';
import { signJwt } from '../../../server/security/jwt.ts';
import { appClient } from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

interface Told {
  rule: string;
  ok: boolean | 'unknown';
  detail: string;
  repair?: string;
}
const HOUR = 3600;
let host: TestHost;
before(async () => {
  host = await startTestHost({ routes, config: { apiUrl: 'https://auth.example.com' } });
});
after(() => host.stop());

const post = (route: string, json: unknown) => host.portal('POST', `/api/app/${route}`, { json });

/** A JWT as a log-in brings it. */
async function loggedIn(settings: Partial<App> = {}, metaData = {}): Promise<{ app: App; jwt: string }> {
  const app = await host.createApp({ userJwtAudience: ['my-audience'], ...settings });
  const user = await host.createUser(app, { metaData });
  const { body } = await appClient(host, app).post('login', { handle: user.handle, password: PASSWORD });
  return { app, jwt: body.jwt };
}
async function verify(
  { app, jwt }: { app: App; jwt: string },
  as: string,
  options?: Record<string, unknown>,
) {
  const { status, body } = await post('verifyToken', { appId: app.id, token: jwt, as, options });
  assert.equal(status, 200, JSON.stringify(body));
  const broken = body.rules.filter(({ ok }: Told) => ok === false);
  assert.equal(body.valid, broken.length === 0);
  for (const { repair } of broken) assert.ok(repair, 'each broken rule says what to do');
  return { body, broken: broken.map(({ rule }: Told) => rule) };
}
/** Signed by the key of the app, whatever it says. */
function forged(app: App, claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const key = app.keys[0] ?? assert.fail();
  const now = Math.floor(host.clock.now() / 1000);
  const iss = `https://auth.example.com/apps/${app.id}`;
  const all = { iss, sub: 'u', aud: 'my-audience', iat: now, nbf: now, exp: now + HOUR, ...claims };
  assert.deepEqual(header, {});
  return host.deps.appTokens.sign({ ...app, keys: [key] }, all);
}
async function judged(claims: Record<string, unknown>, as: string, options?: Record<string, unknown>) {
  const app = await host.createApp();
  return verify({ app, jwt: await forged(app, claims) }, as, options);
}

describe('a JWT of a log-in', () => {
  const TOLD: Record<string, Record<string, unknown>> = {
    generic: { audience: 'my-audience' },
    powersync: { instance: 'my-audience' },
    objectbox: { audience: 'my-audience' },
    couchbase: { clientId: 'my-audience' },
    ditto: { audience: 'my-audience' },
    'aws-api-gateway': { audience: ['other', 'my-audience'] },
    'aws-appsync': { clientId: 'my-audience' },
    convex: { audience: 'my-audience' },
    hasura: { audience: 'my-audience', claimsMap: true },
    supabase: { role: 'authenticated' },
    postgrest: { audience: 'my-audience', role: 'authenticated' },
    'firebase-custom-token': { audience: 'my-audience' },
  };
  for (const [as, options] of Object.entries(TOLD)) {
    it(`is taken by ${as} as it comes`, async () => {
      const path = { id: '1', path: 'role', fieldName: 'role', required: false, canEdit: false };
      const told = await loggedIn({ metaData: [path] }, { role: 'authenticated' });
      const { body, broken } = await verify(told, as, options);
      assert.deepEqual(broken, []);
      assert.deepEqual(
        body.rules.filter(({ ok }: Told) => ok !== true),
        [],
        'nothing is left open',
      );
      assert.equal(body.header.alg, 'RS256');
      assert.equal(body.claims.iss, `https://auth.example.com/apps/${told.app.id}`);
    });
  }

  it('may be taken where nobody says what is wanted, which is said', async () => {
    const { body } = await verify(await loggedIn(), 'generic');
    const { ok, repair } = body.rules.find(({ rule }: Told) => rule === 'audience');
    assert.deepEqual([body.valid, ok, typeof repair], [true, 'unknown', 'string']);
  });

  it('is not of another app, nor of a key that was retired', async () => {
    const keys = [await host.deps.keyPairs.newAppKey(host.clock.now())];
    const [one, other] = [await loggedIn(), await loggedIn({ keys })];
    const strange = await verify({ ...one, jwt: other.jwt }, 'generic');
    assert.deepEqual(strange.broken, ['key', 'signature', 'issuer']);
    await post('rotateAppKey', { appId: one.app.id, phase: 'prepare' });
    await post('rotateAppKey', { appId: one.app.id, phase: 'activate', force: true });
    assert.deepEqual((await verify(one, 'generic')).broken, []);
    await post('rotateAppKey', { appId: one.app.id, phase: 'retire', force: true });
    assert.deepEqual((await verify(one, 'generic')).broken, ['key', 'signature']);
  });

  it('is not one that was changed, or signed by somebody else', async () => {
    const { app, jwt } = await loggedIn();
    const [head, , mark] = jwt.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'admin' })).toString('base64url');
    const changed = await verify({ app, jwt: `${head}.${claims}.${mark}` }, 'generic');
    assert.ok(changed.broken.includes('signature'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = await signJwt({ sub: 'x' }, app.keys[0]?.kid ?? '', privateKey);
    assert.ok((await verify({ app, jwt: own }, 'generic')).broken.includes('signature'));
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const bare = await verify({ app, jwt: `${none}.${claims}.x` }, 'generic');
    assert.deepEqual(bare.broken.slice(0, 3), ['algorithm', 'key', 'signature']);
  });

  it('is over when its time is', async () => {
    const told = await loggedIn();
    host.clock.advance(24 * HOUR * 1000 + 1000);
    for (const as of ['generic', 'powersync', 'hasura', 'postgrest'])
      assert.deepEqual((await verify(told, as, { role: 'x' })).broken.includes('expiry'), true, as);
  });

  for (const token of ['x', 'a.b', 'a.b.c', 'eyJhIjoxfQ.W10.x', ' a.b.c', 'eyJhIjoxfQ.eyJhIjoxfQ.']) {
    it(`is no text such as ${token}`, async () => {
      const app = await host.createApp();
      const { body } = await post('verifyToken', { appId: app.id, token, as: 'generic' });
      assert.deepEqual([body.valid, body.header, body.claims], [false, {}, {}]);
      assert.deepEqual(
        body.rules.map(({ rule, ok }: Told) => [rule, ok]),
        [['form', false]],
      );
    });
  }
});

describe('what single verifiers refuse', () => {
  const now = () => Math.floor(host.clock.now() / 1000);
  const cases: [string, string, () => Record<string, unknown>, Record<string, unknown>, string[]][] = [
    [
      'powersync',
      'more than a day',
      () => ({ exp: now() + 24 * HOUR + 1 }),
      { instance: 'my-audience' },
      ['life'],
    ],
    ['powersync', 'another instance', () => ({}), { instance: 'https://x.powersync.com' }, ['audience']],
    ['powersync', 'no iat', () => ({ iat: undefined }), { instance: 'my-audience' }, ['issued-at']],
    ['generic', 'another audience', () => ({ aud: 'none' }), { audience: 'my-audience' }, ['audience']],
    ['generic', 'another issuer', () => ({}), { issuer: 'https://auth.example.com/apps/x/' }, ['issuer']],
    ['generic', 'a time to come', () => ({ nbf: now() + 60 }), {}, ['begun']],
    ['generic', 'nobody', () => ({ sub: '' }), {}, ['subject']],
    ['couchbase', 'a name with a slash', () => ({ sub: 'a/b' }), { clientId: 'my-audience' }, ['user-name']],
    ['aws-appsync', 'an old token', () => ({ iat: now() - 100 }), { iatTtl: 60_000 }, ['age']],
    ['aws-appsync', 'an old log-in', () => ({ auth_time: now() - 100 }), { authTtl: 60_000 }, ['age']],
    ['aws-appsync', 'another client', () => ({}), { clientId: 'x' }, ['audience']],
    ['hasura', 'claims without roles', () => ({ 'https://hasura.io/jwt/claims': {} }), {}, ['claims']],
    ['supabase', 'no role', () => ({}), {}, ['role']],
    ['supabase', 'another role', () => ({ role: 'admin' }), {}, ['role']],
    ['postgrest', 'another role', () => ({ who: 'x' }), { roleClaim: 'who', role: 'y' }, ['role']],
    ['postgrest', 'another audience', () => ({}), { audience: 'x' }, ['audience']],
    ['firebase-custom-token', 'a long id', () => ({ sub: 'x'.repeat(129) }), {}, ['uid']],
    ['firebase-custom-token', 'a reserved claim', () => ({ firebase: 1 }), {}, ['claims']],
    ['firebase-custom-token', 'large claims', () => ({ a: 'x'.repeat(1000) }), {}, ['claims']],
  ];
  for (const [as, about, claims, options, broken] of cases) {
    it(`${as}: ${about}`, async () => assert.deepEqual((await judged(claims(), as, options)).broken, broken));
  }

  it('Hasura takes claims under their own name, and PostgREST the anonymous role', async () => {
    const roles = { 'x-hasura-allowed-roles': ['user', 'editor'], 'x-hasura-default-role': 'user' };
    const { body } = await judged({ 'https://hasura.io/jwt/claims': roles }, 'hasura');
    assert.equal(body.rules.find(({ rule }: Told) => rule === 'claims').ok, true);
    const anonymous = await judged({}, 'postgrest');
    assert.equal(anonymous.body.rules.find(({ rule }: Told) => rule === 'role').ok, 'unknown');
  });

  it('PowerSync advises an hour', async () => {
    const { body } = await judged({ exp: now() + 2 * HOUR }, 'powersync', { instance: 'my-audience' });
    const { ok, repair } = body.rules.find(({ rule }: Told) => rule === 'life');
    assert.deepEqual([ok, /userJWTExpiration/.test(repair)], [true, true]);
  });

  it('AWS and Supabase want https', async () => {
    const plain = await startTestHost({ routes, config: { apiUrl: 'http://localhost:3000' } });
    try {
      const app = await plain.createApp();
      const user = await plain.createUser(app);
      const { body } = await appClient(plain, app).post('login', { handle: user.handle, password: PASSWORD });
      for (const [as, told] of [
        ['aws-api-gateway', false],
        ['aws-appsync', false],
        ['supabase', false],
        ['powersync', 'unknown'],
      ]) {
        const json = { appId: app.id, token: body.jwt, as };
        const answer = await plain.portal('POST', '/api/app/verifyToken', { json });
        const found = answer.body.rules.find(({ rule }: Told) => rule === 'https' || rule === 'reachable');
        assert.equal(found.ok, told, String(as));
      }
    } finally {
      await plain.stop();
    }
  });
});

describe('what verifyToken is told', () => {
  it('is refused where it is none', async () => {
    const { app, jwt } = await loggedIn();
    for (const [change, because] of [
      [{ as: 'nobody' }, { reason: 'unknown_value', field: 'as' }],
      [{ as: undefined }, { reason: 'missing', field: 'as' }],
      [{ token: 'x'.repeat(8193) }, { reason: 'too_long', field: 'token' }],
      [{ token: 7 }, { reason: 'wrong_type', field: 'token' }],
      [{ options: { instence: 'x' } }, { reason: 'unknown_value', field: 'options' }],
      [{ options: { audience: 7 } }, { reason: 'wrong_type', field: 'options' }],
      [{ options: 'x' }, { reason: 'wrong_type', field: 'options' }],
    ] as const) {
      const { status, body } = await post('verifyToken', {
        appId: app.id,
        token: jwt,
        as: 'generic',
        ...change,
      });
      const { reason, field } = body;
      assert.deepEqual(
        [status, body.status, { reason, field }],
        [400, 'Fails', because],
        JSON.stringify(change).slice(0, 80),
      );
    }
  });

  it('is judged by the key set as it is answered', async () => {
    const app = await host.createApp();
    const { headers } = await host.request('GET', `/apps/${app.id}/.well-known/jwks.json`);
    for (const [name, value] of Object.entries(KEY_SET_HEADERS)) assert.equal(headers[name], value);
  });
});

describe('a sample token', () => {
  it('is what the next log-in brings, but for its times and number', async () => {
    const { app, jwt } = await loggedIn({ userNamesEnabled: true });
    const user = await host.deps.store.users.findByHandle(app.id, 'ada@example.com');
    const { body } = await post('sampleToken', { appId: app.id, userId: user?.id });
    const [header, claims] = jwt
      .split('.')
      .map((part, n) => n < 2 && JSON.parse(Buffer.from(part, 'base64url').toString()));
    assert.deepEqual(body.header, header);
    assert.deepEqual({ ...body.claims, jti: '' }, { ...claims, jti: '' });
    assert.equal(body.bytes, jwt.length);
    assert.equal(JSON.stringify(body).includes('signature'), false);
  });

  it('shows every field of the app where no user is named', async () => {
    const field = (path: string) => ({ id: path, path, fieldName: path, required: true, canEdit: true });
    const app = await host.createApp({
      metaData: [field('team.name'), field('level')],
      userIdFormat: 'handle',
    });
    const { status, body } = await post('sampleToken', { appId: app.id });
    assert.equal(status, 200);
    assert.deepEqual([body.claims.team, body.claims.level], [{ name: 'sample' }, 'sample']);
    assert.match(body.claims.sub, /^[^@]+_[^@]+$/);
  });

  it('is of a user of that app', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    const user = await host.createUser(other);
    const { status, body } = await post('sampleToken', { appId: app.id, userId: user.id });
    assert.deepEqual([status, body.status, body.message], [400, 'Fails', 'user not found']);
  });
});
