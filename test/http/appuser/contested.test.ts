import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  atOnce,
  loggedIn,
  userClient,
} from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';

const HANDLE = 'owner@example.com';
const HOUR = 3_600_000;
const TYPED = 'the owner’s own password';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const OWNERS = md5(TYPED);
const STRANGERS = md5('what the stranger chose');
/** One password each. */
const password = (n: number) => md5(`somebody's password ${n}`);
const FIELDS = [
  { id: '1', path: 'user_data.name', fieldName: 'name', required: true, canEdit: true },
  { id: '2', path: 'user_data.role', fieldName: 'role', required: false, canEdit: false },
];
const metaData = (name: string, role = 'member') => JSON.stringify({ user_data: { name, role } });
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

describeOnBothStores('a contested signup', (host: () => TestHost) => {
  async function stage(settings: Partial<App> = {}) {
    const app = await host().createApp(settings);
    const client = appClient(host(), app);
    const mails = async (message?: string) =>
      (await host().outbox()).filter(
        (line) => line.appId === app.id && (!message || line.message === message),
      );
    const lastCode = async (message = 'signUp') => (await mails(message)).at(-1)?.code ?? '';
    return {
      app,
      client,
      mails,
      lastCode,
      signUp: (password: string, body: Record<string, unknown> = {}) =>
        client.post('signup', { handle: HANDLE, password, ...body }),
      complete: async (body: Record<string, unknown> = {}) =>
        client.post('completeSignup', { handle: HANDLE, code: await lastCode(), ...body }),
      logIn: (password: string) => client.post('login', { handle: HANDLE, password }),
      user: () => host().deps.store.users.findByHandle(app.id, HANDLE),
      row: () => host().deps.store.signups.findByHandle(app.id, HANDLE),
    };
  }

  it('never opens to a stranger who used up the messages before the owner came', async () => {
    const { signUp, complete, logIn, mails } = await stage();
    for (let n = 0; n < 5; n++) assertTrue(await signUp(STRANGERS));
    assertTrue(await signUp(OWNERS));
    assert.equal((await mails()).length, 5, 'nothing is sent to the owner');
    assertTokens(await complete());
    for (const tried of [STRANGERS, OWNERS]) assertRefused(await logIn(tried), 600);
  });

  it('never opens to a stranger who signs up right after the owner', async () => {
    const { signUp, complete, logIn } = await stage();
    assertTrue(await signUp(OWNERS));
    assertTrue(await signUp(STRANGERS));
    assertTokens(await complete());
    assertRefused(await logIn(STRANGERS), 600);
  });

  it('sends the owner a code to choose a password with at once, whatever was sent before', async () => {
    const { app, client, signUp, complete, lastCode, logIn, mails, user } = await stage();
    for (let n = 0; n < 6; n++) await client.post('forgotPassword', { handle: HANDLE });
    for (let n = 0; n < 10; n++) await signUp(password(n));
    const access = assertTokens(await complete());
    assert.equal((await user())?.passwordHash, undefined);
    assert.deepEqual(
      (await mails('setPassword')).map(({ to }) => to),
      [HANDLE],
    );
    const reset = { handle: HANDLE, password: OWNERS, code: await lastCode('setPassword') };
    assertTrue(await client.post('resetPassword', reset));
    assertTokens(await logIn(OWNERS));
    assertRefused(await userClient(host(), access).get('getUser'), 405, 'the reset ends what was open');
    assert.equal((await host().deps.store.users.count(app.id)).total, 1);
  });

  it('takes password, metadata and language of the request whose password the completer brings', async () => {
    for (const proof of [
      { password: OWNERS },
      { passwordText: TYPED },
      { password: OWNERS.toUpperCase(), passwordText: TYPED },
    ]) {
      const { signUp, complete, logIn, user, mails } = await stage({
        metaData: FIELDS,
        locales: ['EN', 'DE'],
      });
      await signUp(OWNERS, { metaData: metaData('Owner'), locale: 'DE' });
      await signUp(STRANGERS, { metaData: metaData('Stranger', 'admin'), locale: 'EN' });
      const claims = claimsOf((await complete(proof)).body.jwt);
      assert.deepEqual(claims.user_data, { name: 'Owner', role: 'member' });
      assert.equal((await user())?.locale, 'DE');
      assertTokens(await logIn(OWNERS));
      assertRefused(await logIn(STRANGERS), 600);
      assert.deepEqual(await mails('setPassword'), []);
    }
  });

  it('takes no stranger’s language when the completer brings no password', async () => {
    const { signUp, complete, user, mails } = await stage({ locales: ['EN', 'DE', 'JA'] });
    await signUp(OWNERS, { locale: 'DE' });
    await signUp(STRANGERS, { locale: 'JA' });
    assertTokens(await complete());
    assert.equal((await user())?.locale, 'EN');
    const [mail] = await mails('setPassword');
    assert.match(String(mail?.text), /password/);
    const agreed = await stage({ locales: ['EN', 'DE', 'JA'] });
    await agreed.signUp(OWNERS, { locale: 'DE' });
    await agreed.signUp(STRANGERS, { locale: 'DE' });
    assertTokens(await agreed.complete());
    assert.equal((await agreed.user())?.locale, 'DE');
  });

  it('refuses a password that is not the MD5 of the text, and spends nothing on it', async () => {
    const { signUp, complete, logIn } = await stage();
    await signUp(STRANGERS);
    await signUp(OWNERS);
    const answer = await complete({ password: STRANGERS, passwordText: TYPED });
    assert.deepEqual([answer.status, answer.body.code], [400, 602]);
    for (const bad of ['', 'x'.repeat(1025), 'é'.repeat(513), '\ud800', 5]) {
      const refused = await complete({ passwordText: bad });
      assert.deepEqual([refused.status, refused.body.code], [400, 602], String(bad).slice(0, 9));
    }
    const long = 'é'.repeat(512);
    await signUp(md5(long));
    assertTokens(await complete({ passwordText: long }));
    assertTokens(await logIn(md5(long)));
  });

  it('leaves no password in a log, typed or hashed', async () => {
    const { app, signUp, complete } = await stage();
    await signUp(STRANGERS);
    await signUp(OWNERS);
    await complete({ password: STRANGERS, passwordText: TYPED });
    await complete({ password: 'no MD5', passwordText: TYPED });
    assertTokens(await complete({ passwordText: TYPED }));
    await host().deps.activity.flush();
    const { rows } = await host().deps.store.activity.page(app.id, {}, { offset: 0, limit: 50 });
    const log = JSON.stringify([host().lines, rows]);
    for (const secret of [TYPED, OWNERS, STRANGERS]) assert.ok(!log.includes(secret));
  });

  it('ignores the password of who completes a signup that nobody contests', async () => {
    const { signUp, complete, logIn } = await stage();
    await signUp(OWNERS);
    await signUp(OWNERS);
    assertTokens(await complete({ password: STRANGERS }));
    assertTokens(await logIn(OWNERS));
  });

  it('keeps the five newest requests, and stays contested when none but one password is asked for', async () => {
    const { signUp, row, complete, logIn } = await stage();
    for (let n = 0; n < 6; n++) await signUp(password(n));
    assert.equal((await row())?.requests?.length, 5);
    await signUp(password(1));
    await signUp(password(6));
    assert.equal((await row())?.requests?.length, 5);
    // 0 and 2 were the oldest: 1 was asked for again.
    assertTokens(await complete({ password: password(1) }));
    assertTokens(await logIn(password(1)));

    const second = await stage();
    for (let n = 0; n < 6; n++) await second.signUp(password(n));
    assertTokens(await second.complete({ password: password(0) }));
    assertRefused(await second.logIn(password(0)), 600);
  });

  it('forgets a request after 48 hours, but not that it was contested', async () => {
    const { signUp, row, complete, logIn } = await stage();
    await signUp(OWNERS);
    host().clock.advance(47 * HOUR);
    await signUp(STRANGERS);
    host().clock.advance(2 * HOUR);
    assertTokens(await complete({ password: OWNERS }));
    for (const tried of [STRANGERS, OWNERS]) assertRefused(await logIn(tried), 600);

    const second = await stage();
    await second.signUp(STRANGERS);
    await second.signUp(password(0));
    host().clock.advance(48 * HOUR);
    await second.signUp(OWNERS);
    assert.equal((await second.row())?.requests, undefined, 'nothing of it lives any more');
    assertTokens(await second.complete());
    assertTokens(await second.logIn(OWNERS));
    assert.ok(await row());
  });

  it('hashes every request once, however many there are', async () => {
    const { signUp } = await stage();
    const { passwords } = host().deps;
    const { hash, matches } = passwords;
    let hashes = 0;
    const counted = {
      hash(...input: Parameters<typeof hash>) {
        hashes++;
        return hash(...input);
      },
      matches(...input: Parameters<typeof matches>) {
        hashes++;
        return matches(...input);
      },
    };
    await patched(passwords, counted, async () => {
      for (let n = 0; n < 12; n++) await signUp(password(n % 6));
    });
    assert.equal(hashes, 12);
  });

  it('knows the password of an imported request again', async () => {
    const { app, signUp, row, complete, logIn, lastCode } = await stage();
    await signUp(STRANGERS);
    const { hash } = await import('@node-rs/bcrypt');
    const imported = async () => {
      const { requests: _, ...waiting } = (await row()) ?? assert.fail();
      await host().deps.store.signups.replace({
        ...waiting,
        passwordHash: await hash(OWNERS, 4),
        metaData: {},
      });
    };
    await imported();
    await signUp(OWNERS);
    assert.equal((await row())?.requests, undefined, 'the same request');
    await imported();
    await signUp(STRANGERS);
    assert.equal((await row())?.requests?.length, 2);
    assertTokens(await complete({ password: OWNERS, code: await lastCode() }));
    assertTokens(await logIn(OWNERS));
    assert.ok(app);
  });

  it('makes tokens without the missing claims until the fields are set, each of them once', async () => {
    const { signUp, complete, user, client, lastCode, logIn } = await stage({ metaData: FIELDS });
    await signUp(STRANGERS, { metaData: metaData('Stranger', 'admin') });
    await signUp(OWNERS, { metaData: metaData('Owner') });
    const answer = await complete();
    const own = userClient(host(), assertTokens(answer));
    assert.equal(claimsOf(answer.body.jwt).user_data, undefined);
    assert.deepEqual((await user())?.metaData, {});
    const set = (value: unknown) => own.post('setUserMetadata', { metaData: JSON.stringify(value) });
    assertRefused(await set({ user_data: { role: 'member' } }), 604, 'a required one is missing');
    assertTrue(await set({ user_data: { name: 'Owner', role: 'member' } }));
    assertRefused(await set({ user_data: { role: 'admin' } }), 604, 'once');
    assertTrue(await set({ user_data: { name: 'Ada' } }));
    const code = await lastCode('setPassword');
    assertTrue(await client.post('resetPassword', { handle: HANDLE, password: OWNERS, code }));
    const { body } = await logIn(OWNERS);
    assert.deepEqual(claimsOf(body.jwt).user_data, { name: 'Ada', role: 'member' });
  });

  it('has no part in an account that its owner gets another way, not even when that is deleted', async () => {
    const ways: [way: string, join: (to: Awaited<ReturnType<typeof stage>>) => Promise<unknown>][] = [
      [
        'by invite',
        async ({ app, client, lastCode }) => {
          const sender = await host().createUser(app, { handle: 'sender@example.com' });
          assertTrue(await (await loggedIn(host(), app, sender)).post('invite', { handle: HANDLE }));
          const code = await lastCode('invite');
          assertTokens(await client.post('register', { handle: HANDLE, password: OWNERS, code }));
        },
      ],
      [
        'by the portal',
        async ({ app }) => {
          const json = { appId: app.id, handle: HANDLE, password: OWNERS };
          assert.equal((await host().portal('POST', '/api/app/addUser', { json })).status, 200);
        },
      ],
      [
        'at once, once the app wants no confirmation',
        async ({ app, signUp }) => {
          await host().deps.store.apps.replace({ ...app, signupFlow: 'none' });
          assertTokens(await signUp(OWNERS));
        },
      ],
    ];
    for (const [way, join] of ways) {
      const owner = await stage();
      const { app, signUp, complete, lastCode, logIn, client } = owner;
      await signUp(STRANGERS);
      await signUp(password(1));
      const code = await lastCode();
      await join(owner);
      assert.ok((await complete({ code })).status === 400, way);
      assertRefused(await logIn(STRANGERS), 600, way);
      const tokens = assertTokens(await logIn(OWNERS), way);
      const own = userClient(host(), tokens);
      assertTrue(await own.post('deleteAccount', { handle: HANDLE, password: OWNERS }));
      assertRefused(await complete({ code }), 602, way);
      assertRefused(await client.post('login', { handle: HANDLE, password: STRANGERS }), 600, way);
      assert.equal(await host().deps.store.users.findByHandle(app.id, HANDLE), undefined, way);
    }
  });

  it('says so at the end of every mail, in the reader’s language', async () => {
    const { signUp, complete, mails } = await stage({ locales: ['EN', 'DE'] });
    await signUp(STRANGERS, { locale: 'DE' });
    await signUp(OWNERS, { locale: 'DE' });
    await complete();
    const said = (await mails()).map(({ message, text }) => [
      message,
      /mehr als eine Anmeldung/.test(String(text)),
    ]);
    assert.deepEqual(said.sort(), [
      ['setPassword', true],
      ['signUp', false],
      ['signUp', true],
      ['signUpSuccess', true],
    ]);
  });

  it('makes one account of simultaneous completions, with what the winner asked for', async () => {
    for (let round = 0; round < 5; round++) {
      const { app, signUp, complete, lastCode, logIn, mails, user } = await stage();
      await signUp(OWNERS);
      await signUp(STRANGERS);
      const code = await lastCode();
      const proofs = [{ password: OWNERS }, {}, { password: STRANGERS }, {}];
      const { successes } = await atOnce(20, (n) => complete({ code, ...proofs[n % proofs.length] }));
      assert.equal(successes.length, 1);
      assert.equal((await host().deps.store.users.count(app.id)).total, 1);
      const open = (await user())?.passwordHash === undefined;
      // Who comes between the account and its code sends one too, as after a crash: the later one counts.
      const codes = (await mails('setPassword')).length;
      assert.ok(open ? codes === 1 || codes === 2 : codes === 0, `${codes} codes`);
      const logins = [await logIn(OWNERS), await logIn(STRANGERS)].filter(({ status }) => status === 200);
      assert.equal(logins.length, open ? 0 : 1);
    }
  });

  it('sends the code for the password when a crash came before it', async () => {
    const { signUp, complete, mails, lastCode, client } = await stage();
    await signUp(STRANGERS);
    await signUp(OWNERS);
    const { messages } = host().deps.store;
    await patched(messages, { insert: () => Promise.reject(new Error('crash')) }, async () =>
      assertRefused(await complete(), 500),
    );
    const { users } = host().deps.store;
    const made = (await users.findByHandle((await mails())[0]?.appId ?? '', HANDLE)) ?? assert.fail();
    await users.replace({ ...made, resetCode: undefined });
    assertRefused(await complete(), 601);
    const reset = { handle: HANDLE, password: OWNERS, code: await lastCode('setPassword') };
    assertTrue(await client.post('resetPassword', reset));
  });

  it('tells 60 log-ins an hour that it waits, and more that they are wrong', async () => {
    const { signUp, logIn, complete } = await stage();
    await signUp(STRANGERS);
    for (let poll = 0; poll < 60; poll++) assertRefused(await logIn(STRANGERS), 608);
    for (let poll = 0; poll < 10; poll++) assertRefused(await logIn(STRANGERS), 600);
    host().clock.advance(HOUR);
    for (let poll = 0; poll < 61; poll++) await logIn(OWNERS);
    await signUp(OWNERS);
    assertTokens(await complete({ password: OWNERS }));
    assertTokens(await logIn(OWNERS), 'no wrong passwords were counted');
  });
});
