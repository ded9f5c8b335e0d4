import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loginRoutes } from '../../../server/http/routes/appuser/login.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, assertRefused, assertTokens } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type Answer, PASSWORD, type TestHost } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';

const WRONG = '0'.repeat(32);
const REQUIRED = { id: 'f', path: 'user_data.name', fieldName: 'name', required: true, canEdit: true };

/** Claims of a JWT that nobody has to verify here. */
function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** An answer without what differs between any two: request id, date. */
function comparable({ status, headers, text }: Answer) {
  const { 'x-request-id': _id, date: _date, ...rest } = headers;
  return { status, rest, text };
}

describeOnBothStores(
  'login',
  (host: () => TestHost) => {
    async function stage(settings: Partial<App> = {}, userSettings: Partial<User> = {}) {
      const app = await host().createApp(settings);
      const user = await host().createUser(app, userSettings);
      const client = appClient(host(), app);
      const logIn = (handle: string = user.handle, password: string = PASSWORD) =>
        client.post('login', { handle, password });
      return { app, user, client, logIn };
    }

    it('answers a right password with a user JWT and an access token', async () => {
      const { app, user, logIn } = await stage();
      const answer = await logIn(' ADA@example.com ');
      const token = await host().deps.hostTokens.verify(assertTokens(answer), 'user');
      assert.deepEqual([token?.userId, token?.handle, token?.appId], [user.id, user.handle, app.id]);
      assert.equal(claimsOf(answer.body.jwt).sub, user.uid);
      const stored = await host().deps.store.users.find(app.id, user.id);
      assert.equal(stored?.lastLogin, host().clock.now());
      assert.ok(!host().lines.some((line) => JSON.stringify(line).includes(PASSWORD)));
    });

    it('answers an unknown handle exactly like a wrong password, and hashes once for each', async () => {
      const { logIn } = await stage();
      const { passwords } = host().deps;
      const judge = passwords.matches;
      let hashes = 0;
      const counting = (password: string, stored: string) => {
        hashes++;
        return judge.call(passwords, password, stored);
      };
      await patched(passwords, { matches: counting }, async () => {
        for (let attempt = 0; attempt < 6; attempt++) {
          const wrong = await logIn('ada@example.com', WRONG);
          const unknown = await logIn('nobody@example.com', WRONG);
          assertRefused(wrong, 600);
          assert.deepEqual(comparable(wrong), comparable(unknown));
        }
        assert.equal(hashes, 10, 'the sixth of either was not judged');
      });
    });

    const refusals: [about: string, app: Partial<App>, user: Partial<User>, body: object, code: number][] = [
      ['a missing handle', {}, {}, { password: PASSWORD }, 403],
      ['an empty password', {}, {}, { handle: 'ada@example.com', password: '' }, 403],
      ['an object as handle', {}, {}, { handle: { $gt: '' }, password: PASSWORD }, 602],
      ['a list as password', {}, {}, { handle: 'ada@example.com', password: [PASSWORD] }, 602],
      ['a user name while they are off', {}, {}, { handle: 'ada', password: PASSWORD }, 606],
      [
        'a user name in a suspended app while they are off',
        { status: 'inactive' },
        {},
        { handle: 'ada', password: PASSWORD },
        606,
      ],
      ['an inactive app', { status: 'inactive' }, {}, {}, 402],
      ['a suspended app', { status: 'suspended' }, {}, {}, 402],
      ['a blocked app', { status: 'blocked' }, {}, {}, 402],
      ['a migrated app', { status: 'migrated' }, {}, {}, 413],
      ['a pending user, whatever the password', {}, { status: 'pending' }, { password: WRONG }, 608],
      ['a suspended user, whatever the password', {}, { status: 'suspend' }, { password: WRONG }, 404],
      ['a locked user', {}, { lockedAt: 1 }, {}, 404],
      ['a wrong password', {}, {}, { password: WRONG }, 600],
      ['an anonymous user', {}, { handle: 'ANON_1', passwordHash: undefined }, { handle: 'ANON_1@x' }, 600],
      ['an empty required field', { metaData: [REQUIRED] }, {}, {}, 604],
      [
        'a wrong password in an app that hides accounts',
        { hideAccounts: true },
        { status: 'suspend' },
        { password: WRONG },
        600,
      ],
      [
        'a suspended user with the password in an app that hides accounts',
        { hideAccounts: true },
        { status: 'suspend' },
        {},
        404,
      ],
    ];
    for (const [about, settings, userSettings, body, code] of refusals) {
      it(`refuses ${about} with ${code}`, async () => {
        const { client, user } = await stage(settings, userSettings);
        const whole = about.startsWith('a missing')
          ? body
          : { handle: user.handle, password: PASSWORD, ...body };
        assertRefused(await client.post('login', { ...whole }), code);
      });
    }

    it('refuses other credentials with 400 and an app that is gone with 401', async () => {
      const { app, client } = await stage();
      const json = { handle: 'ada@example.com', password: PASSWORD };
      assertRefused(await host().request('POST', '/api/appuser/login', { json }), 400);
      assertRefused(await host().portal('POST', '/api/appuser/login', { json }), 400);
      await host().deps.store.apps.remove(app.id);
      assertRefused(await client.post('login', json), 401);
    });

    it('tells a handle whose sign-up waits with 608, but not in an app that hides accounts', async () => {
      for (const [hideAccounts, signupFlow, code] of [
        [false, 'code', 608],
        [true, 'code', 600],
        [false, 'none', 600],
      ] as const) {
        const { app, logIn } = await stage({ hideAccounts, signupFlow });
        const { codes, clock, store } = host().deps;
        const now = clock.now();
        await store.signups.insert({
          id: codes.newRowId(now),
          appId: app.id,
          revision: 1,
          handle: 'new@example.com',
          status: 'pending',
          kind: 'code',
          userId: codes.newRowId(now),
          uid: codes.newId(),
          metaData: {},
          locale: 'EN',
          signupProvider: '',
          createdAt: now,
          updatedAt: now,
        });
        assertRefused(await logIn('new@example.com'), code);
      }
    });

    it('finds a user name, but a handle first', async () => {
      const { app, logIn } = await stage({ userNamesEnabled: true }, { userName: 'ada' });
      assertTokens(await logIn(' Ada '));
      await host().createUser(app, { handle: 'bo@example.com', password: WRONG, userName: 'bo1' });
      assertTokens(await logIn('bo1', WRONG));
      assertRefused(await logIn('nobody'), 600);
    });

    it('locks after maxLoginAttempts wrong passwords: 600 until then, 404 from then on', async () => {
      const { logIn } = await stage({ maxLoginAttempts: 3 });
      const codes: number[] = [];
      for (let attempt = 0; attempt < 4; attempt++)
        codes.push((await logIn('ada@example.com', WRONG)).body.code);
      assert.deepEqual(codes, [600, 600, 600, 404]);
      assertRefused(await logIn(), 404);
    });

    it('answers a login token when TOTP is due, and sends no tokens', async () => {
      const totp = { twoFactorTotp: true, totpSecret: 'A'.repeat(32) };
      const { app, user, logIn } = await stage({ twoFactorVerification: 'google' }, totp);
      const { status, body } = await logIn();
      assert.deepEqual([status, Object.keys(body)], [200, ['login-token']]);
      const token = await host().deps.hostTokens.verify(body['login-token'], 'login');
      assert.deepEqual([token?.userId, token?.appId, token?.factor], [user.id, app.id, 'totp']);
      assert.equal((await host().deps.store.users.find(app.id, user.id))?.lastLogin, undefined);
      assert.equal(host().events.at(-1)?.event, 'login_challenged');
    });

    it('sends an SMS when the phone is due; a refused SMS is 500', async () => {
      const phone = { twoFactorPhone: true, phone: '+15551234567', phoneVerified: true };
      const { logIn } = await stage({ twoFactorVerification: 'phone' }, phone);
      assert.deepEqual(Object.keys((await logIn()).body), ['login-token']);
      const sms = (await host().outbox()).at(-1);
      assert.deepEqual([sms?.channel, sms?.to, sms?.code?.length], ['sms', '+15551234567', 6]);
      const { texter } = host().deps;
      await patched(texter, { send: () => Promise.reject(new Error('provider away')) }, async () =>
        assertRefused(await logIn(), 500),
      );
    });

    it('takes React’s dead access token for its app alone', async () => {
      const { app, user } = await stage();
      const old = await host().accessToken(app, user);
      await host().deps.store.users.replace({ ...user, epoch: user.epoch + 1 });
      const headers = { 'access-token': old, accept: 'application/json' };
      const json = { handle: 'ada@example.com', password: PASSWORD };
      assertTokens(await host().request('POST', '/api/appuser/login', { headers, json }));
      host().clock.advance(31 * 24 * 3_600_000);
      assertTokens(await host().request('POST', '/api/appuser/login', { headers, json }));
    });

    it('takes Kotlin’s doubled slash and Swift’s form', async () => {
      const { client } = await stage({}, { handle: 'ada+news@example.com' });
      const form = `handle=ada%2Bnews@example.com&password=${PASSWORD}`;
      assertTokens(await client.postRaw('//api/appuser/login', form));
    });
  },
  { routes: loginRoutes },
);

describeOnBothStores(
  'loginAnonymous',
  (host: () => TestHost) => {
    const stage = async (settings: Partial<App> = {}) => {
      const app = await host().createApp({ anonymousLoginEnabled: true, ...settings });
      const client = appClient(host(), app);
      return { app, client, logIn: (handle: unknown) => client.post('loginAnonymous', { handle }) };
    };

    it('makes the user at the first call and finds it at the next', async () => {
      const { app, logIn } = await stage();
      const [first, second] = [await logIn('ANON_4f1c'), await logIn('ANON_4f1c')];
      assert.equal(claimsOf(first.body.jwt).sub, claimsOf(second.body.jwt).sub);
      const user = await host().deps.store.users.findByHandle(app.id, 'ANON_4f1c');
      assert.deepEqual([user?.status, user?.locale, user?.lastLogin], ['active', 'EN', host().clock.now()]);
      assert.equal(claimsOf(first.body.jwt).email, undefined);
    });

    it('takes nothing but the handle and the language from the body', async () => {
      const { app, client } = await stage({ locales: ['EN', 'DE'] });
      const more = {
        metaData: '{"sub":"x"}',
        password: PASSWORD,
        locale: 'de-AT',
        owner: 'server',
        scope: 'server',
      };
      const answer = await client.post('loginAnonymous', { handle: 'ANON_1', ...more });
      const token = await host().deps.hostTokens.verify(assertTokens(answer), 'user');
      assert.equal(token?.appId, app.id);
      const user = await host().deps.store.users.findByHandle(app.id, 'ANON_1');
      assert.deepEqual([user?.metaData, user?.passwordHash, user?.locale], [{}, undefined, 'DE']);
    });

    it('makes one user of 50 first calls at once, and lets all in', async () => {
      const { app, logIn } = await stage();
      const answers = await Promise.all(Array.from({ length: 50 }, () => logIn('ANON_race')));
      for (const answer of answers) assertTokens(answer);
      assert.equal((await host().deps.store.users.count(app.id)).total, 1);
    });

    it('keeps Swift’s raw plus', async () => {
      const { app, client } = await stage();
      const body = 'handle=ANON_4f1c+77';
      for (let call = 0; call < 2; call++)
        assertTokens(await client.postRaw('/api/appuser/loginAnonymous', body));
      assert.ok(await host().deps.store.users.findByHandle(app.id, 'ANON_4f1c+77'));
      assert.equal((await host().deps.store.users.count(app.id)).total, 1);
    });

    it('fills required fields in', async () => {
      const { logIn } = await stage({ metaData: [REQUIRED] });
      assert.deepEqual(claimsOf((await logIn('ANON_1')).body.jwt).user_data, { name: 'ANON_name' });
    });

    const refusals: [about: string, handle: unknown, app: Partial<App>, code: number][] = [
      ['a missing handle', undefined, {}, 600],
      [
        'an app without anonymous log-in',
        'ANON_1',
        { anonymousLoginEnabled: false, status: 'inactive' },
        414,
      ],
      ['an inactive app', 'ANON_1', { status: 'inactive' }, 402],
      ['a migrated app', 'ANON_1', { status: 'migrated' }, 413],
      ['a list', ['ANON_1'], {}, 602],
    ];
    for (const [about, handle, settings, code] of refusals) {
      it(`refuses ${about} with ${code}`, async () => {
        const { logIn } = await stage(settings);
        assertRefused(await logIn(handle), code);
      });
    }

    it('refuses with 600 what no device may make up, also where nobody may log in so, and blames the handle', async () => {
      const spellings = [
        'anon_1',
        'x',
        'ANON_',
        '_ANON_1',
        '=ANON_1',
        '=1+1&ANON_1',
        'ANON_=1',
        'ANON_a,b',
        'ANON_a;b',
      ];
      const invisible = [
        'ANON_a\nb',
        'ANON_\u0000',
        'ANON_a\tb',
        'ANON_\u200bx',
        'ANON_é',
        'ANON_Ａ',
        'ANON_1\n',
      ];
      for (const settings of [{}, { anonymousLoginEnabled: false }]) {
        const { app, logIn } = await stage(settings);
        for (const handle of [...spellings, ...invisible, `ANON_${'x'.repeat(124)}`]) {
          const { status, body } = await logIn(handle);
          const { code, reason, field } = body;
          const wanted = [400, 600, 'invalid_handle', 'handle'];
          assert.deepEqual([status, code, reason, field], wanted, JSON.stringify(handle));
        }
        assert.equal((await host().deps.store.users.count(app.id)).total, 0);
      }
    });

    it('takes letters, digits and . _ + - after the mark, 128 characters in all', async () => {
      const { logIn } = await stage();
      for (const handle of ['ANON_a', 'ANON_ANON_', 'ANON_4F1C-77aB.x_y+z', `ANON_${'9'.repeat(123)}`]) {
        assertTokens(await logIn(handle), handle);
      }
    });

    it('lets users of before go on, whatever their handle', async () => {
      const { app, logIn } = await stage();
      for (const handle of ['=ANON_1', 'ios/ANON_1', 'ANON_a b', 'ANON_é']) {
        const { id } = await host().createUser(app, { handle, passwordHash: undefined });
        const token = await host().deps.hostTokens.verify(assertTokens(await logIn(handle), handle), 'user');
        assert.equal(token?.userId, id, handle);
      }
      assert.equal((await host().deps.store.users.count(app.id)).total, 4);
    });

    it('refuses a suspended user with 404, one who has a password with 600, and a full app with 414', async () => {
      const { app, logIn } = await stage({ maxUsers: 1 });
      await host().createUser(app, { handle: 'ANON_bad', passwordHash: undefined, status: 'suspend' });
      await host().createUser(app, { handle: 'ANON_password' });
      assertRefused(await logIn('ANON_bad'), 404);
      assertRefused(await logIn('ANON_password'), 600);
      assertTokens(await logIn('ANON_1'));
      assertRefused(await logIn('ANON_2'), 414);
    });
  },
  { routes: loginRoutes },
);
