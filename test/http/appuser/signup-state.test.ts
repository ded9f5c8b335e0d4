import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { appClient, assertRefused, assertTokens, assertTrue } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';

const HANDLE = 'grace@example.com';
const WRONG = 'f'.repeat(32);
const HOUR = 3_600_000;

describeOnBothStores('whether a signup was completed', (host) => {
  async function stage(settings: Partial<App> = {}) {
    const app = await host().createApp(settings);
    const client = appClient(host(), app);
    const code = async () =>
      (await host().outbox()).findLast((line) => line.appId === app.id && line.message === 'signUp')?.code;
    return {
      app,
      client,
      ask: async (password = PASSWORD, handle = HANDLE) => {
        const { status, body, text } = await client.post('signupState', { handle, password });
        assert.equal(status, 200, text);
        assert.deepEqual(Object.keys(body), ['state']);
        return body.state;
      },
      signUp: async (password = PASSWORD) =>
        assertTrue(await client.post('signup', { handle: HANDLE, password })),
      complete: async () =>
        assertTokens(await client.post('completeSignup', { handle: HANDLE, code: await code() })),
      logIn: (password = PASSWORD) => client.post('login', { handle: HANDLE, password }),
    };
  }
  /** How many passwords are judged while `work` runs. */
  async function judged(work: () => Promise<unknown>): Promise<number> {
    const { passwords } = host().deps;
    let count = 0;
    const counting =
      <A extends unknown[], R>(own: (...input: A) => R) =>
      (...input: A) => {
        count++;
        return own(...input);
      };
    const { hash, matches } = passwords;
    const members = { hash: counting(hash.bind(passwords)), matches: counting(matches.bind(passwords)) };
    await patched(passwords, members, work);
    return count;
  }

  it('is told to who knows its password, and to nobody before', async () => {
    const { ask, signUp, complete, client } = await stage();
    assert.equal(await ask(), 'waiting', 'nobody has asked yet');
    await signUp();
    assert.equal(await ask(), 'waiting');
    await complete();
    assert.equal(await ask(), 'verified');
    const typed = await client.post('signupState', {
      handle: ' Grace@Example.com',
      passwordText: 'password',
    });
    assert.deepEqual(typed.body, { state: 'verified' });
    assert.equal(await ask(WRONG), 'waiting');
  });

  it('costs no hash and no guess while nobody can be told', async () => {
    const { app, ask, signUp, logIn } = await stage({ hideAccounts: true });
    await signUp();
    await host().createUser(app, { handle: 'old@example.com' });
    const before = host().events.length;
    const hashes = await judged(async () => {
      for (let n = 0; n < 50; n++) {
        for (const handle of [HANDLE, 'nobody@example.com', 'old@example.com'])
          assert.equal(await ask(WRONG, handle), 'waiting');
      }
    });
    assert.equal(hashes, 0);
    assert.deepEqual(
      host()
        .events.slice(before)
        .map(({ event }) => event),
      [],
    );
    assertRefused(await logIn(), 600);
  });

  it('counts a wrong password like a wrong log-in, and never locks a lock out', async () => {
    const one = await stage({ maxLoginAttempts: 4 });
    await one.signUp();
    await one.complete();
    for (let n = 0; n < 4; n++) assert.equal(await one.ask(WRONG), 'waiting');
    assertRefused(await one.logIn(), 404, 'locked');
    assert.equal(await judged(async () => assert.equal(await one.ask(), 'waiting')), 0);

    const other = await stage();
    await other.signUp();
    await other.complete();
    for (let n = 0; n < 5; n++) await other.ask(WRONG);
    assert.equal(await judged(async () => assert.equal(await other.ask(), 'waiting')), 0, 'waits');
    assertRefused(await other.logIn(), 600, 'so does a log-in');
  });

  it('says when the account has no password yet', async () => {
    const { ask, signUp, complete } = await stage();
    await signUp();
    await signUp(WRONG);
    assert.equal(await ask(), 'waiting');
    await complete();
    assert.equal(await ask(), 'setPassword');
  });

  it('is told no longer than a signup lives', async () => {
    const { ask, signUp, complete } = await stage();
    await signUp();
    host().clock.advance(47 * HOUR);
    await complete();
    host().clock.advance(47 * HOUR);
    assert.equal(await ask(), 'verified');
    host().clock.advance(HOUR);
    assert.equal(await judged(async () => assert.equal(await ask(), 'waiting')), 0);
  });

  it('is nothing an account says that may not log in, or is no more', async () => {
    const { app, ask, signUp, complete } = await stage();
    await signUp();
    await complete();
    const { users } = host().deps.store;
    const user = await users.findByHandle(app.id, HANDLE);
    assert.ok(user && (await users.replace({ ...user, status: 'suspend' })));
    assert.equal(await judged(async () => assert.equal(await ask(), 'waiting')), 0);
    await users.remove(app.id, user.id);
    assert.equal(await ask(), 'waiting');
  });
});
