import assert from 'node:assert/strict';
import { it } from 'node:test';
import { signUp } from '../../../server/domain/joining/signup.ts';
import { completeSignup } from '../../../server/domain/joining/signup-completion.ts';
import { hashWish, storeWish } from '../../../server/domain/joining/signup-requests.ts';
import type { App } from '../../../server/model/app.ts';
import { isHostError } from '../../../server/model/errors.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { beforeNext } from '../../support/patched.ts';

const HANDLE = 'owner@example.com';
const [OWNERS, STRANGERS] = ['a'.repeat(32), 'b'.repeat(32)];

describeOnBothStores('the requests of a signup', (host) => {
  const ask = (app: App, md5: string) =>
    signUp(host().deps, { app, handle: HANDLE, password: { md5, field: 'password' } });
  const row = async (app: App) =>
    (await host().deps.store.signups.findByHandle(app.id, HANDLE)) ?? assert.fail();
  const user = (app: App) => host().deps.store.users.findByHandle(app.id, HANDLE);
  const lastCode = async (app: App) =>
    (await host().outbox()).findLast(({ appId, message }) => appId === app.id && message === 'signUp')
      ?.code ?? '';
  const complete = (app: App, code: string, password?: string) =>
    completeSignup(host().deps, { app, handle: HANDLE, code, password });
  const isTaken = (error: unknown) => isHostError(error, 'handle_taken');
  const opens = async (app: App, password: string) =>
    host().deps.passwords.matches(password, (await user(app))?.passwordHash ?? '');

  /** Does `work` once, right before the next user is stored. */
  async function beforeAccount(work: () => Promise<unknown>, run: () => Promise<unknown>): Promise<void> {
    const { users } = host().deps.store;
    let done = false;
    const meanwhile = async () => {
      done = true;
      await work();
    };
    await beforeNext(users, 'insertSettling', { meanwhile, work: run });
    assert.ok(done);
  }

  it('have salt and parameters in common, also those that come at once', async () => {
    const app = await host().createApp();
    const passwords = Array.from({ length: 5 }, (_, n) => String(n).repeat(32));
    await Promise.all(
      passwords.map(async (password) => {
        const wish = { app, handle: HANDLE, password, metaData: {}, locale: 'EN' };
        await storeWish(host().deps, { ...wish, passwordHash: await hashWish(host().deps, wish) });
      }),
    );
    const { requests = [], passwordHash, metaData } = await row(app);
    assert.deepEqual([requests.length, passwordHash, metaData], [5, undefined, {}]);
    const { areComparable } = host().deps.passwords;
    const [first] = requests;
    for (const request of requests) {
      assert.ok(areComparable(request.passwordHash ?? '', first?.passwordHash ?? ''));
    }
    assert.equal(new Set(requests.map((request) => request.passwordHash)).size, 5);
  });

  it('are one for one password, however many ask at once', async () => {
    const app = await host().createApp();
    await Promise.all(Array.from({ length: 8 }, () => ask(app, OWNERS)));
    assert.equal((await row(app)).requests, undefined);
  });

  it('that come while the account is being made change nothing of it, and their code opens nothing', async () => {
    const app = await host().createApp();
    await ask(app, OWNERS);
    const code = await lastCode(app);
    await beforeAccount(
      () => ask(app, STRANGERS),
      () => complete(app, code),
    );
    assert.equal(await opens(app, OWNERS), true);
    assert.equal((await row(app)).status, 'verified');
    await assert.rejects(complete(app, await lastCode(app), STRANGERS));
    assert.equal(await opens(app, OWNERS), true);
  });

  it('are chosen among once: whoever completes at the same time makes the same account', async () => {
    for (const [first, second, opened] of [
      [OWNERS, STRANGERS, OWNERS],
      [undefined, STRANGERS, undefined],
    ]) {
      const app = await host().createApp();
      await ask(app, OWNERS);
      await ask(app, STRANGERS);
      const code = await lastCode(app);
      let inner: unknown;
      let outer: unknown;
      await beforeAccount(
        async () => {
          inner = await complete(app, code, second).catch((error: unknown) => error);
        },
        async () => {
          outer = await complete(app, code, first).catch((error: unknown) => error);
        },
      );
      assert.deepEqual([isTaken(inner), isTaken(outer)], [false, true]);
      assert.equal(await opens(app, OWNERS), opened === OWNERS);
      assert.equal(await opens(app, STRANGERS), false);
    }
  });

  it('lose to a crash nothing that was chosen', async () => {
    const app = await host().createApp();
    await ask(app, OWNERS);
    await ask(app, STRANGERS);
    const code = await lastCode(app);
    await assert.rejects(
      beforeAccount(
        () => Promise.reject(new Error('crash')),
        () => complete(app, code, OWNERS),
      ),
      /crash/,
    );
    assert.equal(await user(app), undefined);
    await complete(app, code);
    assert.equal(await opens(app, OWNERS), true);
  });

  it('are asked for anew when one was chosen but nobody was made of it', async () => {
    const app = await host().createApp({ maxUsers: 1 });
    await ask(app, OWNERS);
    await ask(app, STRANGERS);
    await host().createUser(app, { handle: 'seated@example.com' });
    await host().deps.store.counters.set(`seats/${app.id}`, 1);
    await assert.rejects(complete(app, await lastCode(app)), (error) =>
      isHostError(error, 'signup_disabled'),
    );
    const roomier = await host().deps.store.apps.replace({ ...app, maxUsers: 2 });
    assert.ok(roomier);
    await ask(roomier, STRANGERS);
    await complete(roomier, await lastCode(app));
    assert.equal((await user(app))?.passwordHash, undefined, 'nobody may choose for the one who chose none');
  });
});
