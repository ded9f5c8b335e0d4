import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { split } from '../support/because.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { type Answer, PASSWORD, type TestHost } from '../support/host.ts';
import { provoke, SCENARIOS, UNREACHABLE } from './appuser-scenarios.ts';
import { closeOutside, elsewhere, openOutside, play, type Stage, stageOf, World } from './appuser-stage.ts';
import { assertSuccess } from './appuser-success.ts';
import { assertCode, type ContractRoute, type Parameter, ROUTES, routeKey } from './table.ts';

const USER_ROUTES = ROUTES.filter(({ path }) => path.startsWith('/api/appuser/'));
const CODES_AS_PAGES: Record<number, number> = { 402: 400, 407: 400, 411: 410, 413: 400, 602: 400 };
const MONTH = 31 * 86_400_000;

/**
 * What a caller without the credential the route needs is told, where it is not 403 (contract §3.5, "Checks
 * in order").
 */
const NOBODY: Record<string, number> = {
  login: 400,
  loginAnonymous: 400,
  signup: 400,
  signupState: 400,
  socialSignup: 400,
  changePassword: 602,
  getUser: 602,
  getApplication: 602,
  setPhone: 602,
  verifyPhone: 602,
  setTwoFactorGoogleVerification: 602,
  setTwoFactorPhoneVerification: 602,
};
/** The header, or parameter, that a route wants its credential in. */
const WANTED: Record<ContractRoute['credential'], string | undefined> = {
  none: undefined,
  app: 'app-token',
  'app|user': 'app-token',
  user: 'access-token',
  superuser: 'access-token',
  query: 'appToken',
  server: 'server-secret',
};
/** What a missing parameter is told, where it is not 403; undefined: it may be missing. */
const MISSING: Record<string, number | undefined> = {
  loginAnonymous: 600,
  changePassword: 602,
  setUserMetadata: 602,
  setTwoFactorGoogleVerification: 602,
  setTwoFactorPhoneVerification: 602,
};
/** Additions whose own section lists no codes. */
const isUnlisted = ({ addition, errors }: ContractRoute) => addition && errors.length === 0;
const nameOf = ({ path }: ContractRoute) => path.slice('/api/appuser/'.length);

/**
 * What another app of the same settings answers to the very call of a client of the first (contract §8 S1,
 * S2): the code, or what has come about in that app alone. Tokens of users who are not its own are dead in
 * every case.
 */
const ELSEWHERE: Record<string, number | ((host: TestHost, other: App, answer: Answer) => Promise<void>)> = {
  login: 600,
  loginComplete: 600,
  completeSignup: 602,
  socialLogin: 603,
  register: 602,
  forgotPassword: 603,
  resetPassword: 602,
  loginAnonymous: madeIn,
  socialSignup: madeIn,
  async signup(host, other, { text }) {
    assert.equal(text, 'true');
    assert.equal(
      (await host.deps.store.signups.findByHandle(other.id, 'new@example.com'))?.status,
      'pending',
    );
  },
  async signupState(_host, _other, { text }) {
    assert.equal(text, '{"state":"waiting"}');
  },
  async getApplication(_host, other, { body }) {
    assert.equal(body.name, other.name);
  },
  async setAppData(host, other, { text }) {
    assert.equal(text, 'true');
    assert.deepEqual((await host.deps.store.apps.read(other.id))?.appData, { theme: 'red' });
  },
};

/** Its own user, under an id of that app. */
async function madeIn(host: TestHost, other: App, { status, body, text }: Answer): Promise<void> {
  assert.equal(status, 200, text);
  const token = await host.deps.hostTokens.verify(body['access-token'], 'user');
  assert.equal(token?.appId, other.id);
  assert.ok(await host.deps.store.users.find(other.id, token?.userId ?? ''));
  assert.deepEqual((await host.deps.store.users.count(other.id)).total, 1);
}

/** Values that are not of the type the table gives. */
function mistyped({ type }: Parameter): unknown[] {
  if (type === 'string|number') return [['123456'], { code: '123456' }, true];
  if (type === 'boolean|string' || type === 'boolean') return [['true'], { $ne: false }, 7];
  if (type === 'object') return [[1], 'text', 7, true];
  return [7, true, ['a'], { $gt: '' }];
}

const outside = await openOutside();
after(() => closeOutside(outside));
const config = {
  appleIssuer: outside.apple.issuer,
  appleJwksUrl: outside.apple.jwksUrl,
  googleIssuer: outside.google.issuer,
  googleJwksUrl: outside.google.jwksUrl,
  sendGridUrl: outside.mail.url,
  twilioUrl: outside.sms.url,
};

describeOnBothStores(
  'every route of /api/appuser',
  (host) => {
    const world = new World(host, outside);
    const provoked = new Set<string>();

    /**
     * The refusal of the contract, whole; remembers that it was seen. Refused links are pages once the domain
     * has judged (design §13).
     */
    function refused(
      route: ContractRoute,
      answer: Answer,
      code: number,
      about: string,
      because?: Record<string, unknown> | null,
    ): void {
      const page = CODES_AS_PAGES[code];
      if (routeKey(route) === 'GET /api/appuser/completeSignup' && page && answer.body === undefined) {
        const type = answer.headers['content-type'];
        assert.deepEqual([about, answer.status, type], [about, page, 'text/html; charset=utf-8']);
      } else {
        assertCode(answer, code, about);
        // What is to blame (additions §1.1); null: nothing.
        if (because !== undefined) assert.deepEqual(split(answer.body).because ?? null, because, about);
      }
      provoked.add(`${routeKey(route)} ${code}`);
    }

    for (const route of USER_ROUTES) {
      const name = nameOf(route);
      const nobody = NOBODY[name] ?? 403;
      const wanted = WANTED[route.credential];
      const byUser = route.credential === 'user';
      const byApp = route.credential === 'app' || route.credential === 'app|user';

      describe(routeKey(route), () => {
        it('answers exactly what the contract says', async () => {
          const stage = await stageOf(world, route);
          assertSuccess(stage, await play(world, stage));
        });

        it('refuses a credential that is missing, of the wrong kind, malformed or of the wrong scope', async () => {
          const stage = await stageOf(world, route);
          const wrong: Record<string, Record<string, string>> = {
            none: {},
            empty: { 'app-token': '' },
            server: { 'server-secret': host().serverSecret },
          };
          for (const [about, headers] of Object.entries(wrong)) {
            if (route.credential === 'query' && about !== 'server') continue;
            const { appToken: _, ...input } = stage.input;
            const answer = await play(world, stage, { headers, input });
            if (isUnlisted(route)) assert.equal(answer.status, 400, about);
            else {
              const reason = about === 'server' ? 'wrong_credential' : 'no_credential';
              refused(route, answer, nobody, about, { reason, wanted });
            }
          }
          const accessToken = await host().accessToken(stage.app, stage.user);
          const bad = [...malformed(stage.app.appToken), accessToken, host().serverSecret];
          for (const token of bad) {
            const query = route.credential === 'query';
            const change = query
              ? { input: { ...stage.input, appToken: token } }
              : { headers: { 'app-token': token, 'access-token': accessToken } };
            const valid = token === accessToken || token === host().serverSecret;
            const because = valid ? { reason: 'wrong_credential', wanted } : null;
            refused(route, await play(world, stage, change), 400, `app token ${token.slice(0, 9)}`, because);
          }
          const kotlin = name === 'resetPassword' ? [] : [stage.app.appToken];
          for (const token of [...malformed(accessToken), ...kotlin, host().serverSecret]) {
            if (route.credential === 'query') break;
            const headers = { 'access-token': token };
            const valid = token === stage.app.appToken || token === host().serverSecret;
            const because = valid ? { reason: 'wrong_credential', wanted } : null;
            const answer = await play(world, stage, { headers });
            refused(route, answer, 405, `access token ${token.slice(0, 9)}`, because);
          }
          if (byUser || route.credential === 'superuser') {
            const answer = await play(world, stage, { headers: { 'app-token': stage.app.appToken } });
            if (isUnlisted(route)) assert.equal(answer.status, 400);
            else {
              const because = { reason: 'wrong_credential', wanted };
              refused(route, answer, nobody, 'an app token is not a user', because);
            }
          }
        });

        if (byUser) {
          it('refuses an access token that is expired or revoked', async () => {
            const ended = await stageOf(world, route);
            await world.post(ended.app, 'logout', {}, ended.headers['access-token']);
            refused(route, await play(world, ended), 405, 'revoked');
            const old = await stageOf(world, route);
            host().clock.advance(MONTH);
            refused(route, await play(world, old), 405, 'expired');
          });
        }
        if (byUser) {
          it('refuses the token of a user who is deleted, like any dead one', async () => {
            const removed = await stageOf(world, route);
            await host().deps.store.users.remove(removed.app.id, removed.user.id);
            refused(route, await play(world, removed), 405, 'removed');
            const left = await stageOf(world, route);
            const proof = { handle: left.user.handle, password: PASSWORD };
            const token = left.headers['access-token'];
            assert.equal((await world.post(left.app, 'deleteAccount', proof, token)).text, 'true');
            refused(route, await play(world, left), 405, 'left');
            // Somebody else under the same handle is another user.
            await host().createUser(left.app, { handle: left.user.handle });
            refused(route, await play(world, left), 405, 'replaced');
          });
        }
        if (byApp) {
          it('takes an access token for its app, also an expired or revoked one (C9)', async () => {
            for (const end of ['live', 'revoked', 'expired']) {
              const other = await stageOf(world, route);
              const token = await host().accessToken(other.app, other.user);
              if (end === 'revoked') await world.post(other.app, 'logout', {}, token);
              if (end === 'expired') host().clock.advance(MONTH);
              const stage = end === 'expired' ? await stageOf(world, route) : other;
              const old = end === 'expired' ? await expiredToken(stage) : token;
              assertSuccess(stage, await play(world, stage, { headers: { 'access-token': old } }));
            }
          });
        }
        if (byApp || route.credential === 'query') {
          it('refuses a rotated app token', async () => {
            const stage = await stageOf(world, route);
            const json = { appId: stage.app.id, graceHours: 0 };
            assert.equal((await host().portal('POST', '/api/app/rotateAppToken', { json })).status, 200);
            refused(route, await play(world, stage), 400, 'rotated');
          });
        }

        it('answers 401 once the app is gone', async () => {
          const stage = await stageOf(world, route);
          assert.equal((await host().portal('DELETE', `/api/app/${stage.app.id}`)).text, 'true');
          refused(route, await play(world, stage), 401, 'gone');
        });

        it('knows nothing of another app', async () => {
          const stage = await stageOf(world, route);
          const { app: other, ...call } = await elsewhere(world, stage);
          const { store } = host().deps;
          const rowsOf = async () => [
            await store.apps.read(stage.app.id),
            // Its visit of the day may be noted only now.
            { ...(await store.users.find(stage.app.id, stage.user.id)), lastSeenDay: undefined },
            await store.users.count(stage.app.id),
            await store.signups.findByHandle(stage.app.id, 'new@example.com'),
            await store.invites.listByHandle(stage.app.id, 'bo@example.com'),
          ];
          const before = await rowsOf();
          const answer = await play(world, stage, call);
          const told = byUser ? 405 : ELSEWHERE[name];
          assert.notEqual(told, undefined, 'the table says what is told elsewhere');
          if (typeof told === 'number') refused(route, answer, told, 'elsewhere');
          else await told?.(host(), other, answer);
          assert.deepEqual(await rowsOf(), before);
          // The app it belongs to still takes the call as it is.
          if (typeof told === 'number') assertSuccess(stage, await play(world, stage));
        });

        if (route.params.length > 0) {
          it('refuses parameters that are missing, empty, of the wrong type or too long', async () => {
            const stage = await stageOf(world, route);
            for (const parameter of route.params) {
              if (parameter.name === 'appToken') continue;
              await refuseWithout(stage, parameter);
              await refuseMistyped(stage, parameter);
            }
          });
        }

        it('answers 402 or 413 while the app does not run', async () => {
          const statuses = { inactive: 402, suspended: 402, blocked: 402, migrated: 413 };
          for (const [status, code] of Object.entries(statuses)) {
            const stage = await stageOf(world, route);
            const json = { appId: stage.app.id, setting: 'status', status };
            const set = await host().portal('POST', '/api/app/updateAppSetting', { json });
            assert.equal(set.status, 200, set.text);
            const answer = await play(world, stage);
            if (name === 'getApplication')
              assert.deepEqual([answer.status, answer.body.status], [200, status]);
            else refused(route, answer, code, status);
          }
        });

        if (byUser || /^(login|loginComplete|loginAnonymous|socialLogin)$/.test(name)) {
          it('answers 404 for a user that is not active', async () => {
            for (const status of ['suspend', 'pending'] as const) {
              const stage = await stageOf(world, route);
              const { users } = host().deps.store;
              const user = await users.find(stage.app.id, stage.user.id);
              assert.ok(user && (await users.replace({ ...user, status })));
              const code = name === 'login' && status === 'pending' ? 608 : 404;
              refused(route, await play(world, stage), code, status);
            }
          });
        }
      });
    }

    async function expiredToken(stage: Stage): Promise<string> {
      host().clock.advance(-MONTH);
      const token = await host().accessToken(stage.app, stage.user);
      host().clock.advance(MONTH);
      return token;
    }

    async function refuseWithout({ route, ...stage }: Stage, { name, required }: Parameter): Promise<void> {
      const key = nameOf(route);
      // `senderUserId`: the caller's own id stands in (contract C3).
      if (!required || name === 'senderUserId') return;
      const { [name]: _, ...rest } = stage.input;
      for (const input of [rest, { ...rest, [name]: '' }]) {
        const answer = await play(world, { route, ...stage }, { input });
        const because = { reason: 'missing', field: name };
        refused(route, answer, MISSING[key] ?? 403, `without ${name}`, because);
      }
    }

    async function refuseMistyped(stage: Stage, parameter: Parameter): Promise<void> {
      const { route, input } = stage;
      const { name } = parameter;
      if (parameter.in === 'query') {
        const query = `${new URLSearchParams(input as Record<string, string>)}&${name}=again`;
        const answer = await host().request(route.method, `${route.path}?${query}`, {
          headers: stage.headers,
        });
        return refused(route, answer, 602, `${name} twice`, { reason: 'wrong_type', field: name });
      }
      for (const value of mistyped(parameter)) {
        const answer = await play(world, stage, { input: { ...input, [name]: value } });
        const because = { reason: 'wrong_type', field: name };
        refused(route, answer, 602, `${name}: ${JSON.stringify(value)}`, because);
      }
      // With handle and password there, the token does not matter.
      if (!parameter.type.startsWith('string') || (nameOf(route) === 'deleteAccount' && name === 'token'))
        return;
      const long =
        name === 'metaData'
          ? JSON.stringify({ user_data: { name: { first: LONG } }, invite_data: { team: LONG } })
          : LONG;
      const { status, body } = await play(world, stage, { input: { ...input, [name]: long } });
      assert.equal(status, 400, `${name} too long`);
      assert.ok([...route.errors, 602].includes(body.code), `${name} too long: ${body.code}`);
    }

    describe('refusals with a story', () => {
      for (const [title, scenarios] of Map.groupBy(SCENARIOS, ({ key, code }) => `${key} answers ${code}`)) {
        it(title, async () => {
          for (const scenario of scenarios) {
            const { key, code, before: _, ...settings } = scenario;
            const route = USER_ROUTES.find((each) => routeKey(each) === key);
            assert.ok(route);
            assert.ok(route.errors.includes(code), 'the contract lists it');
            // A log-in blames nothing but the form of a made-up handle (additions §1.1).
            const form = key.endsWith('/loginAnonymous') && { reason: 'invalid_handle', field: 'handle' };
            const because = code === 600 ? form || null : undefined;
            refused(route, await provoke(world, scenario), code, JSON.stringify(settings), because);
          }
        });
      }
    });

    it('provoked every code that the contract lists', () => {
      const listed = USER_ROUTES.flatMap((route) => route.errors.map((code) => `${routeKey(route)} ${code}`));
      const left = listed.filter((each) => !provoked.has(each) && !UNREACHABLE[each]);
      assert.deepEqual(left, []);
    });
  },
  { config },
);

const LONG = 'a'.repeat(5000);

/** Texts that look like a token: none, shortened, with another signature, with another algorithm. */
function malformed(token: string): string[] {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const altered = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  return ['x', 'x.y.z', `${header}.${claims}`, `${header}.${claims}.${altered}`, `${none}.${claims}.`];
}
