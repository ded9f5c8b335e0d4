import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loginRoutes } from '../../../server/http/routes/appuser/login.ts';
import { signupRoutes } from '../../../server/http/routes/appuser/signup.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, assertRefused, assertTokens, assertTrue, atOnce } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD, type TestHost } from '../../support/host.ts';
import { codeOf } from '../../support/outbox.ts';
import { patched } from '../../support/patched.ts';

const HANDLE = 'new@example.com';
const HOUR = 3_600_000;
const field = (path: string, required = false) => ({
  id: path,
  path,
  fieldName: path.split('.').at(-1) ?? path,
  required,
  canEdit: true,
});

describeOnBothStores(
  'signup',
  (host: () => TestHost) => {
    async function stage(settings: Partial<App> = {}) {
      const app = await host().createApp(settings);
      const client = appClient(host(), app);
      const mails = async () => (await host().outbox()).filter((line) => line.appId === app.id);
      const lastCode = async () => {
        return codeOf((await mails()).findLast(({ code, link }) => code ?? link) ?? assert.fail());
      };
      return {
        app,
        client,
        mails,
        lastCode,
        signUp: (body: Record<string, unknown> = {}) =>
          client.post('signup', { handle: HANDLE, password: PASSWORD, ...body }),
        complete: async (code?: string | number, handle = HANDLE) =>
          client.post('completeSignup', { handle, code: code ?? (await lastCode()) }),
        logIn: (password = PASSWORD, handle = HANDLE) => client.post('login', { handle, password }),
        user: (handle = HANDLE) => host().deps.store.users.findByHandle(app.id, handle),
        row: (handle = HANDLE) => host().deps.store.signups.findByHandle(app.id, handle),
      };
    }

    it('mails a code in flow code; the code makes the user and logs in', async () => {
      const { signUp, mails, complete, user, row, logIn, lastCode } = await stage({ locales: ['EN', 'DE'] });
      assertTrue(await signUp({ handle: ' New@Example.com ', locale: 'de' }));
      assert.equal(await user(), undefined);
      assert.match(await lastCode(), /^\d{6}$/);
      assertRefused(await logIn(), 608);
      assertTokens(await complete());
      const made = await user();
      assert.deepEqual([made?.locale, made?.status, made?.lastLogin], ['DE', 'active', host().clock.now()]);
      assert.equal((await row())?.status, 'verified');
      assertTokens(await logIn());
      assert.deepEqual(
        (await mails()).map(({ message, to }) => [message, to]),
        [
          ['signUp', HANDLE],
          ['signUpSuccess', HANDLE],
        ],
      );
    });

    it('mails a link of 39 random digits in flow link; its code completes the JSON call as well', async () => {
      const { signUp, mails, complete, lastCode, row } = await stage({ signupFlow: 'link' });
      assertTrue(await signUp({ handle: 'a+b&c#d@example.com' }));
      const code = await lastCode();
      assert.match(code, /^\d{39}$/);
      const signup = await row('a+b&c#d@example.com');
      const link = `${host().deps.config.apiUrl}/confirm/${signup?.id}/${code}`;
      assert.equal((await mails())[0]?.link, link);
      assertTokens(await complete(undefined, 'a+b&c#d@example.com'));
    });

    it('makes the user at once in flow none, without a code in the answer', async () => {
      const { signUp, user, row, mails, logIn } = await stage({ signupFlow: 'none' });
      assertTokens(await signUp());
      assert.deepEqual([(await row())?.status, (await user())?.lastLogin], ['active', host().clock.now()]);
      assert.deepEqual(
        (await mails()).map(({ message }) => message),
        ['signUpSuccess'],
      );
      assertTokens(await logIn());
      assertRefused(await signUp(), 601);
    });

    it('sends codes to phone numbers by SMS in a phone app', async () => {
      const { signUp, mails, complete, user } = await stage({ handleType: 'phone' });
      assertTrue(await signUp({ handle: ' 1 555 123-4567' }));
      const sms = (await mails())[0];
      assert.deepEqual([sms?.channel, sms?.to], ['sms', '+15551234567']);
      assertTokens(await complete(sms?.code, '+1 (555) 1234567'));
      assert.ok(await user('+15551234567'));
    });

    it('keeps the configured metadata', async () => {
      const { signUp, complete, user } = await stage({ metaData: [field('user_data.name.first', true)] });
      assertTrue(await signUp({ metaData: '{"user_data":{"name":{"first":" Ada "}},"sub":"x"}' }));
      await complete();
      assert.deepEqual((await user())?.metaData, { user_data: { name: { first: 'Ada' } } });
    });

    it('reads Swift’s forms byte for byte', async () => {
      const fields = [field('user_data.name.first'), field('user_data.name.last')];
      const { client, user, lastCode } = await stage({ metaData: fields });
      const metaData = '{"user_data":{"name":{"first":"Åsa","last":"Öberg"}}}';
      const body = `handle=ada%2Bnews@example.com&password=${PASSWORD}&metaData=${metaData}&locale=EN`;
      assertTrue(await client.postRaw('/api/appuser/signup', body));
      const completion = `handle=ada%2Bnews@example.com&code=${await lastCode()}`;
      assertTokens(await client.postRaw('/api/appuser/completeSignup', completion));
      assert.deepEqual((await user('ada+news@example.com'))?.metaData, JSON.parse(metaData));
    });

    it('signs up in the first language of an app that has not the one asked for', async () => {
      const { signUp, complete, user, mails } = await stage({ locales: ['DE', 'PT', 'EN'] });
      assertTrue(await signUp({ locale: 'fr-CA' }));
      await complete();
      assert.equal((await user())?.locale, 'DE');
      assert.deepEqual(
        (await mails()).map(({ locale }) => locale),
        ['DE', 'DE'],
      );
      const brazil = await stage({ locales: ['DE', 'PT', 'EN'] });
      assertTrue(await brazil.signUp({ locale: 'pt_BR' }));
      await brazil.complete();
      assert.equal((await brazil.user())?.locale, 'PT');
    });

    const name = (first: unknown) => JSON.stringify({ user_data: { first } });
    const strict = { metaData: [field('user_data.first', true)] };
    const none = { signupFlow: 'none' } as const;
    const refusals: [about: string, app: Partial<App>, body: Record<string, unknown>, code: number][] = [
      ['no handle', {}, { handle: undefined }, 403],
      ['an empty password', {}, { password: '' }, 403],
      ['31 hex digits', {}, { password: PASSWORD.slice(1) }, 602],
      ['a password that is no hex', {}, { password: 'z'.repeat(32) }, 602],
      ['a common password', { refuseCommonPasswords: true }, {}, 602],
      ['an object as handle', {}, { handle: { $ne: '' } }, 602],
      ['a handle that is no address', {}, { handle: 'new@example' }, 602],
      ['an inactive app', { status: 'inactive', signupEnabled: false }, {}, 402],
      ['a migrated app', { status: 'migrated' }, {}, 413],
      ['an app without sign-up', { signupEnabled: false }, { locale: 'XX' }, 407],
      ['a registered handle', {}, { handle: 'ada@example.com', locale: 'XX' }, 601],
      ['metadata that are no JSON', strict, { metaData: '{' }, 604],
      ['metadata that are no text', strict, { metaData: name(5) }, 604],
      ['a missing required field', strict, {}, 604],
      ['metadata as an object', strict, { metaData: { user_data: {} } }, 602],
      ['an empty required field in flow none', { ...strict, ...none }, { metaData: name(' ') }, 602],
    ];
    for (const [about, settings, body, code] of refusals) {
      it(`refuses ${about} with ${code}, and stores and sends nothing`, async () => {
        const { app, signUp, row, mails } = await stage(settings);
        await host().createUser(app);
        assertRefused(await signUp(body), code);
        assert.deepEqual([await row(), await mails()], [undefined, []]);
        assert.equal((await host().deps.store.users.count(app.id)).total, 1);
      });
    }

    it('refuses sign-up and completion in a full app with 407', async () => {
      const { app, signUp, complete, lastCode } = await stage({ maxUsers: 1 });
      assertTrue(await signUp());
      const code = await lastCode();
      assertTrue(await signUp({ handle: 'first@example.com' }));
      assertTokens(await complete(undefined, 'first@example.com'));
      assertRefused(await complete(code), 407);
      assertRefused(await signUp({ handle: 'third@example.com' }), 407);
      await host().deps.store.apps.replace({ ...app, maxUsers: 2 });
      assertTokens(await complete(code), 'the code was not spent');
    });

    it('answers 500 while mail is refused, which costs none of the five codes of the hour', async () => {
      const { signUp, complete } = await stage();
      // Nobody else's mail is still under way, which the refusal would put off.
      await host().outbox();
      const { mailer } = host().deps;
      await patched(mailer, { send: () => Promise.reject(new Error('refused')) }, async () => {
        for (let tries = 0; tries < 6; tries++) assertRefused(await signUp(), 500);
      });
      assertTrue(await signUp());
      assertTokens(await complete());
    });

    it('takes a further sign-up with the same password as the same request: new code, metadata and locale', async () => {
      const { signUp, complete, lastCode, user, row, logIn, mails } = await stage({
        metaData: [field('coupon')],
        locales: ['EN', 'DE'],
      });
      await signUp({ metaData: '{"coupon":"old"}' });
      const [oldCode, oldRow] = [await lastCode(), await row()];
      await signUp({ metaData: '{"coupon":"new"}', locale: 'DE' });
      assertRefused(await complete(oldCode), 602);
      assertTokens(await complete());
      const made = await user();
      assert.deepEqual([made?.metaData, made?.locale], [{ coupon: 'new' }, 'DE']);
      assert.notEqual((await row())?.userId, oldRow?.userId);
      assertTokens(await logIn());
      assert.ok((await mails()).every(({ message }) => message !== 'setPassword'));
    });

    it('acts as if sent once 5 codes went out in an hour, and leaves the last one alive', async () => {
      const { signUp, mails, complete, logIn, user } = await stage({ metaData: [field('coupon')] });
      for (let asked = 0; asked < 7; asked++) assertTrue(await signUp({ metaData: `{"coupon":"${asked}"}` }));
      assert.equal((await mails()).length, 5);
      assertTokens(await complete());
      assert.deepEqual((await user())?.metaData, { coupon: '6' });
      assertTokens(await logIn(PASSWORD));
    });

    it('tells nobody but the owner in an app that hides accounts', async () => {
      const { app, signUp, mails, lastCode, complete } = await stage({ hideAccounts: true });
      await host().createUser(app, { handle: HANDLE });
      const [taken, free] = [await signUp(), await signUp({ handle: 'free@example.com' })];
      assertTrue(taken);
      assertTrue(free);
      assert.deepEqual(
        (await mails()).map(({ message, to }) => [message, to]),
        [
          ['alreadyRegistered', HANDLE],
          ['signUp', 'free@example.com'],
        ],
      );
      assertRefused(await complete(await lastCode(), HANDLE), 602);
    });

    it('takes the code as text or number, with blanks around it, and nothing else', async () => {
      const { signUp, complete, lastCode } = await stage();
      await signUp();
      const code = await lastCode();
      for (const bad of ['0x1e240', '1e5', '12345', `${code}0`, true, [code], '']) {
        assertRefused(await complete(bad as string), bad === '' ? 403 : 602);
      }
      assertTokens(await complete(` ${code} `));
      assertRefused(await complete(Number(code)), 601);
    });

    const wrongOf = (code: string) => (code === '100000' ? '100001' : '100000');
    it('judges at most 5 of 500 simultaneous guesses, and then not even the right code', async () => {
      const { signUp, complete, lastCode } = await stage();
      await signUp();
      const code = await lastCode();
      const failures = () =>
        host().events.filter(({ event, reason }) => event === 'code_failed' && reason === 'wrong');
      const before = failures().length;
      const { refusals } = await atOnce(500, () => complete(wrongOf(code)));
      assert.deepEqual(new Set(refusals.map(({ body }) => body.code)), new Set([602]));
      assert.equal(failures().length - before, 5);
      assertRefused(await complete(code), 602);
    });

    for (const signupFlow of ['code', 'link'] as const) {
      it(`lets one of 200 simultaneous uses of a ${signupFlow} through`, async () => {
        const { app, signUp, complete, lastCode } = await stage({ signupFlow });
        await signUp();
        const code = await lastCode();
        const { successes, refusals } = await atOnce(200, () => complete(code));
        assert.equal(successes.length, 1);
        // 601: used already; 602: not judged, because five others were being judged.
        assert.deepEqual(
          refusals.filter(({ body }) => body.code !== 601 && body.code !== 602).map(({ body }) => body),
          [],
        );
        assert.equal((await host().deps.store.users.count(app.id)).total, 1);
        assert.equal((await host().outbox()).filter((line) => line.appId === app.id).length, 2);
      });
    }

    it('gives a handle to one of 50 simultaneous sign-ups in flow none', async () => {
      const { signUp } = await stage(none);
      const { successes, refusals } = await atOnce(50, () => signUp());
      assert.equal(successes.length, 1);
      assert.deepEqual(new Set(refusals.map(({ body }) => body.code)), new Set([601]));
    });

    it('finishes with the same code what a crash interrupted after the user was stored', async () => {
      const { app, signUp, complete, user } = await stage();
      await signUp();
      const { users } = host().deps.store;
      const insertSettling = async (made: User) => {
        await users.insert(made);
        throw new Error('crash');
      };
      await patched(users, { insertSettling }, async () => assertRefused(await complete(), 500));
      const made = await user();
      assert.ok(made);
      assertTokens(await complete());
      assert.equal((await user())?.id, made.id);
      assert.equal((await host().deps.store.users.count(app.id)).total, 1);
    });

    it('keeps the code unspent while a required field is empty', async () => {
      const { app, signUp, complete, lastCode, user } = await stage();
      await signUp();
      const code = await lastCode();
      const required = await host().deps.store.apps.replace({ ...app, metaData: [field('coupon', true)] });
      for (let attempt = 0; attempt < 6; attempt++) assertRefused(await complete(code), 602);
      assert.equal(await user(), undefined);
      await host().deps.store.apps.replace({ ...app, revision: required?.revision ?? 0 });
      assertTokens(await complete(code));
    });

    it('takes a code until 48 hours after it was sent; then only who has it learns that it is late', async () => {
      const { signUp, complete, lastCode } = await stage();
      for (const [age, code] of [
        [48 * HOUR - 1, 200],
        [48 * HOUR, 411],
      ] as const) {
        const handle = `at${age}@example.com`;
        await signUp({ handle });
        const sent = await lastCode();
        host().clock.advance(age);
        if (code === 200) assertTokens(await complete(sent, handle));
        else {
          assertRefused(await complete(wrongOf(sent), handle), 602);
          assertRefused(await complete(sent, handle), 411);
        }
      }
    });

    const completions: [about: string, app: Partial<App>, body: Record<string, unknown>, code: number][] = [
      ['no handle', {}, { code: '123456' }, 403],
      ['no code', {}, { handle: HANDLE }, 403],
      ['a handle nobody signed up with', {}, { handle: HANDLE, code: '123456' }, 602],
      ['an inactive app', { status: 'inactive' }, { handle: HANDLE, code: '123456' }, 402],
      ['a migrated app', { status: 'migrated' }, { handle: HANDLE, code: '123456' }, 413],
      ['an app without sign-up', { signupEnabled: false }, { handle: HANDLE, code: '123456' }, 407],
    ];
    for (const [about, settings, body, code] of completions) {
      it(`refuses to complete with ${about}: ${code}`, async () => {
        assertRefused(await (await stage(settings)).client.post('completeSignup', body), code);
      });
    }

    it('never takes authority from the body', async () => {
      const { client, signUp, lastCode } = await stage();
      await signUp();
      const body = { handle: HANDLE, code: await lastCode(), owner: 'server', scope: 'server', appId: 'x' };
      const token = assertTokens(await client.post('completeSignup', body));
      assert.equal(await host().deps.hostTokens.verify(token, 'server'), undefined);
      assert.ok(await host().deps.hostTokens.verify(token, 'user'));
    });

    it('leaves no password or code in the log', async () => {
      const { signUp, complete, lastCode } = await stage();
      await signUp();
      const code = await lastCode();
      await complete(code);
      const log = JSON.stringify(host().lines);
      for (const secret of [PASSWORD, `"${code}"`]) assert.ok(!log.includes(secret));
    });
  },
  { routes: [...signupRoutes, ...loginRoutes] },
);
