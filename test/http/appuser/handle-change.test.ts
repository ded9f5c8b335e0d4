import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  atOnce,
  type Client,
  loggedIn,
  userClient,
} from '../../support/appuser-client.ts';
import { otherCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { beforeNext, patched } from '../../support/patched.ts';

const MINUTE = 60_000;
const WRONG = 'f'.repeat(32);
const OLD = 'ada@example.com';
const NEW = 'countess@example.org';

interface Stage {
  app: App;
  user: User;
  token: string;
  client: Client;
}

describeOnBothStores('a handle that is changed', (host) => {
  async function stage(settings: Partial<App> = {}, person: Partial<User> = {}): Promise<Stage> {
    const app = await host().createApp(settings);
    const user = await host().createUser(app, { handle: OLD, ...person });
    const token = await host().accessToken(app, user);
    return { app, user, token, client: userClient(host(), token) };
  }
  const ask = ({ client }: Stage, handle = NEW, password: string | undefined = PASSWORD) =>
    client.post('setHandle', { handle, password });
  const verify = ({ client }: Stage, code: string | undefined) => client.post('verifyHandle', { code });
  const sent = async ({ app }: Stage, message: string) =>
    (await host().outbox()).filter((line) => line.appId === app.id && line.message === message);
  const code = async (one: Stage) => String((await sent(one, 'changeHandle')).at(-1)?.code);
  const stored = async ({ app, user }: Stage) => {
    const found = await host().deps.store.users.find(app.id, user.id);
    assert.ok(found);
    return found;
  };
  const logIn = ({ app }: Stage, handle: string, password = PASSWORD) =>
    appClient(host(), app).post('login', { handle, password });
  const claims = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const failing = () => Promise.reject(new Error('out of order'));

  it('counts once its code was right; both mailboxes are written to', async () => {
    const one = await stage();
    const other = await host().accessToken(one.app, one.user);
    assertTrue(await ask(one, ' Countess@Example.org '));
    assert.equal((await stored(one)).handle, OLD);
    const [mail] = await sent(one, 'changeHandle');
    assert.equal(mail?.to, NEW);
    assert.deepEqual(await sent(one, 'handleChanged'), [], 'not before it is done');
    host().clock.advance(MINUTE);
    const answer = await verify(one, mail?.code);
    const fresh = assertTokens(answer);
    for (const token of [one.token, other])
      assertRefused(await userClient(host(), token).get('getUser'), 405);
    const { body } = await userClient(host(), fresh).get('getUser');
    assert.deepEqual([body.handle, body.uid], [NEW, one.user.uid]);
    const [jwt, token] = [claims(answer.body.jwt), claims(fresh)];
    assert.deepEqual([jwt.sub, jwt.email, token.handle], [one.user.uid, NEW, NEW]);
    assert.equal(token.auth_time, claims(one.token).auth_time, 'no fresh proof');
    assert.equal(jwt.auth_time, token.auth_time);
    assert.deepEqual(
      (await sent(one, 'handleChanged')).map(({ to }) => to),
      [OLD],
    );
    assertRefused(await logIn(one, OLD), 600);
    assertTokens(await logIn(one, NEW));
    assertRefused(await verify({ ...one, client: userClient(host(), fresh) }, mail?.code), 602);
  });

  it('asks for the password, and counts a wrong one like others of who is logged in', async () => {
    const one = await stage();
    assertRefused(await ask(one, NEW, ''), 403);
    assertRefused(await one.client.post('setHandle', { handle: NEW }), 403);
    assertTrue(await one.client.post('setHandle', { handle: NEW, passwordText: 'password' }));
    for (let n = 0; n < 5; n++) assertRefused(await ask(one, NEW, WRONG), 600);
    assertRefused(await ask(one), 600, 'waits');
    const { newPassword } = { newPassword: WRONG };
    assertRefused(
      await one.client.post('changePassword', { password: PASSWORD, newPassword }),
      602,
      'waits too',
    );
    assertTokens(await logIn(one, OLD), 'a log-in has a counter of its own');
  });

  it('is refused where it is the sub, is none, is taken, or one’s own', async () => {
    for (const userIdFormat of ['handle', 'raw'] as const) {
      const fixed = await stage({ userIdFormat });
      const { status, body } = await ask(fixed, NEW, WRONG);
      assert.deepEqual([status, body.code, body.reason, body.field], [400, 602, 'fixed_handle', 'handle']);
    }
    const one = await stage();
    await host().createUser(one.app, { handle: 'taken@example.com' });
    const { body } = await ask(one, 'no address');
    assert.deepEqual([body.code, body.reason, body.field], [602, 'invalid_handle', 'handle']);
    assertRefused(await ask(one, 'Taken@example.com'), 601);
    assertRefused(await ask(one, 'taken@example.com', WRONG), 600, 'a stolen token alone asks for nobody');
    assertRefused(await ask(one, OLD), 601);
    assert.deepEqual(await sent(one, 'changeHandle'), []);
  });

  it('tells nobody who is there in an app that hides accounts', async () => {
    const one = await stage({ hideAccounts: true });
    await host().createUser(one.app, { handle: 'taken@example.com' });
    assertRefused(await ask(one, OLD), 601, 'whose own it is knows');
    const free = await ask(one, NEW);
    const taken = await ask(one, 'taken@example.com');
    for (const answer of [free, taken]) assertTrue(answer);
    assert.deepEqual(
      (await sent(one, 'alreadyRegistered')).map(({ to }) => to),
      ['taken@example.com'],
    );
    assert.deepEqual(
      (await sent(one, 'changeHandle')).map(({ to }) => to),
      [NEW],
    );
    assertRefused(await verify(one, await code(one)), 602, 'the one asked for before waits no longer');
    assert.equal((await stored(one)).handle, OLD);
    const required = { id: 'f', path: 'name', fieldName: 'name', required: true, canEdit: true };
    const lacking = await stage({ hideAccounts: true, metaData: [required] });
    await host().createUser(lacking.app, { handle: 'taken@example.com' });
    for (const handle of [NEW, 'taken@example.com']) assertRefused(await ask(lacking, handle), 604, handle);
  });

  it('costs an app that hides accounts the same writes whether it is taken or not', async () => {
    const { users, messages, counters } = host().deps.store;
    const writesOf = async (handle: string) => {
      const one = await stage({ hideAccounts: true });
      await host().createUser(one.app, { handle: 'taken@example.com' });
      await one.client.get('getUser');
      let writes = 0;
      const counting = <T extends object>(store: T, names: (keyof T)[]) =>
        Object.fromEntries(
          names.map((name) => [
            name,
            (...input: unknown[]) => {
              writes++;
              return (store[name] as (...input: unknown[]) => unknown).apply(store, input);
            },
          ]),
        );
      await patched(users, counting({ ...users }, ['replace']), () =>
        patched(messages, counting({ ...messages }, ['insert', 'remove']), () =>
          patched(
            counters,
            counting({ ...counters }, ['increment', 'decrement', 'attempt', 'release']),
            async () => assertTrue(await ask(one, handle)),
          ),
        ),
      );
      return writes;
    };
    assert.equal(await writesOf('taken@example.com'), await writesOf(NEW));
  });

  it('is voided by five wrong codes, by the next one, and after RESET_CODE_MINUTES', async () => {
    const one = await stage();
    await ask(one);
    const first = await code(one);
    for (let n = 0; n < 5; n++) assertRefused(await verify(one, otherCode(first)), 602);
    assertRefused(await verify(one, first), 602);
    await ask(one);
    const second = await code(one);
    await ask(one, 'else@example.com');
    assertRefused(await verify(one, second), 602);
    host().clock.advance(host().deps.config.resetCodeMinutes * MINUTE);
    const late = { ...one, client: await loggedIn(host(), one.app, one.user) };
    assertRefused(await verify(late, await code(one)), 602);
    assert.equal((await stored(one)).handle, OLD);
  });

  it('is voided by another password, as every code is', async () => {
    const one = await stage();
    await ask(one);
    const first = await code(one);
    assertTrue(await one.client.post('changePassword', { password: PASSWORD, newPassword: WRONG }));
    const fresh = assertTokens(await logIn(one, OLD, WRONG));
    assertRefused(await verify({ ...one, client: userClient(host(), fresh) }, first), 602);
    assert.equal((await stored(one)).pendingHandle, undefined);
  });

  it('is answered as if sent over the budget, and what waited then waits no longer', async () => {
    const one = await stage();
    for (let n = 0; n < 5; n++) assertTrue(await ask(one, `name${n}@example.com`));
    const last = await code(one);
    assertTrue(await ask(one, 'sixth@example.com'));
    assert.equal((await sent(one, 'changeHandle')).length, 5);
    assertRefused(await verify(one, last), 602);
    const other = await stage();
    for (let n = 0; n < 5; n++) assertTrue(await ask(other, NEW));
    assertTrue(await ask(other, NEW));
    assertTokens(await verify(other, await code(other)), 'the same one goes on waiting');
  });

  it('goes to one of two who want it, and to nobody once somebody joined with it', async () => {
    const one = await stage();
    const rival = await host().createUser(one.app, { handle: 'rival@example.com' });
    const two = { ...one, user: rival, client: await loggedIn(host(), one.app, rival) };
    await ask(one);
    const codes = [await code(one)];
    await ask(two);
    codes.push(await code(two));
    const { successes, refusals } = await atOnce(2, (index) => verify(index === 0 ? one : two, codes[index]));
    assert.deepEqual([successes.length, refusals.length], [1, 1]);
    for (const refusal of refusals) assertRefused(refusal, 601);

    const late = await stage();
    await ask(late);
    await host().createUser(late.app, { handle: NEW });
    assertRefused(await verify(late, await code(late)), 601);
    assert.equal((await stored(late)).handle, OLD);
  });

  it('uses its code up once', async () => {
    const one = await stage();
    await ask(one);
    const right = await code(one);
    const { successes, refusals } = await atOnce(20, () => verify(one, right));
    assert.equal(successes.length, 1);
    for (const refusal of refusals) assert.ok([405, 602].includes(refusal.body.code), refusal.text);
  });

  it('leaves nothing that was sent to the former handle good for anything', async () => {
    const one = await stage({ twoFactorVerification: 'phone' });
    const open = appClient(host(), one.app);
    assertTrue(await open.post('forgotPassword', { handle: OLD }));
    const reset = (await sent(one, 'resetPassword')).at(-1)?.code;
    await one.client.post('setPhone', { phone: '+15551230000' });
    await ask(one);
    assertTokens(await verify(one, await code(one)));
    for (const handle of [OLD, NEW])
      assertRefused(await open.post('resetPassword', { handle, password: WRONG, code: reset }), 602, handle);
    const { resetCode, phoneCode, pendingPhone, pendingHandle, handleCode } = await stored(one);
    assert.deepEqual(
      { resetCode, phoneCode, pendingPhone, pendingHandle, handleCode },
      {
        resetCode: undefined,
        phoneCode: undefined,
        pendingPhone: undefined,
        pendingHandle: undefined,
        handleCode: undefined,
      },
    );
  });

  it('lets no code out to the former handle that was asked for just before', async () => {
    const one = await stage();
    await ask(one);
    const right = await code(one);
    const { users } = host().deps.store;
    const answer = await beforeNext(users, 'replace', {
      meanwhile: async () => assertTokens(await verify(one, right)),
      work: () => appClient(host(), one.app).post('forgotPassword', { handle: OLD }),
    });
    assertTrue(answer);
    assert.deepEqual(await sent(one, 'resetPassword'), []);
    const { handle, resetCode } = await stored(one);
    assert.deepEqual([handle, resetCode], [NEW, undefined]);
  });

  it('opens nothing to who signs up with the former handle, or had begun to', async () => {
    const app = await host().createApp();
    const open = appClient(host(), app);
    assertTrue(await open.post('signup', { handle: OLD, password: PASSWORD }));
    const first = (await host().outbox()).findLast((line) => line.appId === app.id)?.code;
    const token = assertTokens(await open.post('completeSignup', { handle: OLD, code: first }));
    const one = { app, user: { id: claims(token).userId } as User, token, client: userClient(host(), token) };
    assertTrue(await open.post('signup', { handle: NEW, password: WRONG }));
    const strangers = (await host().outbox()).findLast((line) => line.appId === app.id)?.code;
    await ask(one);
    assertTokens(await verify(one, await code(one)));
    assertRefused(await open.post('completeSignup', { handle: NEW, code: strangers }), 602);
    assertRefused(await open.post('completeSignup', { handle: OLD, code: first }), 602);
    // The former handle is free for somebody else, who is somebody else.
    assertTrue(await open.post('signup', { handle: OLD, password: WRONG }));
    const second = (await host().outbox()).findLast((line) => line.appId === app.id)?.code;
    const stranger = assertTokens(await open.post('completeSignup', { handle: OLD, code: second }));
    assert.notEqual(claims(stranger).userId, claims(token).userId);
    assertTokens(await logIn(one, NEW));
  });

  it('gives no account away for a signup that a crash left half done', async () => {
    const one = await stage();
    const { signups } = host().deps.store;
    const open = appClient(host(), one.app);
    assertTrue(await open.post('signup', { handle: 'half@example.com', password: PASSWORD }));
    const half = (await host().outbox()).findLast((line) => line.appId === one.app.id)?.code;
    const signup = await signups.findByHandle(one.app.id, 'half@example.com');
    assert.ok(signup);
    const moved = { id: signup.userId, uid: signup.uid, handle: 'moved@example.com' };
    await host().createUser(one.app, { ...moved, subject: signup.uid });
    assertRefused(await open.post('completeSignup', { handle: 'half@example.com', code: half }), 601);
  });

  it('makes an ordinary user of an anonymous one, who then chooses a password', async () => {
    const app = await host().createApp({ anonymousLoginEnabled: true });
    const open = appClient(host(), app);
    const token = assertTokens(await open.post('loginAnonymous', { handle: 'ANON_device' }));
    const one = { app, user: { id: claims(token).userId } as User, token, client: userClient(host(), token) };
    assertTrue(await one.client.post('setHandle', { handle: NEW }));
    const fresh = assertTokens(await verify(one, await code(one)));
    assert.deepEqual(await sent(one, 'handleChanged'), []);
    assert.deepEqual(await host().deps.store.users.count(app.id), { total: 1, anonymous: 0 });
    assert.equal((await userClient(host(), fresh).get('getUser')).body.hasPassword, false);
    assertTrue(await open.post('forgotPassword', { handle: NEW }));
    const reset = (await sent(one, 'resetPassword')).at(-1)?.code;
    assertTrue(await open.post('resetPassword', { handle: NEW, password: WRONG, code: reset }));
    assertTokens(await logIn(one, NEW, WRONG));
    const again = assertTokens(await open.post('loginAnonymous', { handle: 'ANON_device' }));
    assert.notEqual(claims(again).userId, claims(token).userId, 'the device is somebody else now');
  });

  it('is a number in an app of numbers', async () => {
    const app = await host().createApp({ handleType: 'phone' });
    const user = await host().createUser(app, { handle: '+14155550100' });
    const one = { app, user, token: '', client: await loggedIn(host(), app, user) };
    assertTrue(await ask(one, '+1 415 555 0101'));
    const [sms] = await sent(one, 'changeHandle');
    assert.deepEqual([sms?.channel, sms?.to], ['sms', '+14155550101']);
    assertTokens(await verify(one, sms?.code));
    assert.equal((await stored(one)).handle, '+14155550101');
    assert.deepEqual(
      (await sent(one, 'handleChanged')).map(({ to }) => to),
      ['+14155550100'],
    );
  });

  it('is not changed by who was logged out meanwhile', async () => {
    const one = await stage();
    await ask(one);
    const right = await code(one);
    await one.client.get('getUser');
    const { users } = host().deps.store;
    const answer = await beforeNext(users, 'replace', {
      meanwhile: async () =>
        assertTrue(await (await loggedIn(host(), one.app, one.user)).post('logout', { everywhere: true })),
      work: () => verify(one, right),
    });
    assertRefused(answer, 405);
    assert.equal((await stored(one)).handle, OLD);
  });

  it('is changed whole or not at all when a step fails', async () => {
    const { deps } = host();
    const before = await stage();
    await ask(before);
    await before.client.get('getUser');
    const right = await code(before);
    const failed = await patched(deps.store.users, { replace: failing }, () => verify(before, right));
    assert.equal(failed.body.code, 500);
    assert.equal((await before.client.get('getUser')).body.handle, OLD);
    assertTokens(await verify(before, right), 'the code still counts');

    const late = await stage();
    await ask(late);
    const last = await code(late);
    assert.equal((await patched(deps.appTokens, { sign: failing }, () => verify(late, last))).body.code, 500);
    assert.equal((await stored(late)).handle, NEW);
    assertTokens(await logIn(late, NEW), 'a log-in goes on');
  });
});
