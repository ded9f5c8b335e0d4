import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createUser } from '../../../server/domain/joining/create-user.ts';
import { recountSeats, releaseSeat, requireFreeSeat, seatLimit } from '../../../server/domain/users/seats.ts';
import type { App } from '../../../server/model/app.ts';
import { HostError, isHostError } from '../../../server/model/errors.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { anApp, anId, aRowId } from '../../support/records.ts';

const refusalsOf = (settled: PromiseSettledResult<unknown>[]) =>
  settled.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    if (result.reason instanceof HostError) return [result.reason.error];
    throw result.reason;
  });

describeOnBothStores('creating a user', (host) => {
  const create = async (app: App, handle: string, ids = { userId: aRowId(), uid: anId() }) => {
    const { user } = await createUser(host().deps, {
      app,
      ids,
      handle,
      locale: 'EN',
      metaData: {},
      loginProvider: '',
      via: 'test',
      full: 'signup_disabled',
    });
    return user;
  };
  const count = async (app: App) => (await host().deps.store.users.count(app.id)).total;

  it('gives a handle to one of many, whatever the ids', async () => {
    const app = await host().createApp();
    const settled = await Promise.allSettled(
      Array.from({ length: 50 }, () => create(app, 'ada@example.com')),
    );
    assert.equal(await count(app), 1);
    assert.deepEqual(refusalsOf(settled), Array(49).fill('handle_taken'));
  });

  it('counts the password of the one it made', async () => {
    const { deps } = host();
    const app = await host().createApp();
    const passwordHash = deps.passwords.decoyHash;
    const input = { app, handle: 'ada@example.com', passwordHash, locale: 'EN', metaData: {} };
    await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        createUser(deps, {
          ...input,
          ids: { userId: aRowId(), uid: anId() },
          loginProvider: '',
          via: 'test',
          full: 'signup_disabled',
        }),
      ),
    );
    const key = `password-kind/${app.id}/${deps.passwords.kindOf(passwordHash)}`;
    assert.equal(await deps.store.counters.read(key, deps.clock.now()), 1);
  });

  it('counts the users of a full app once before it refuses, with sign-up as with the seat itself', async () => {
    const app = await host().createApp({ maxUsers: 1 });
    await create(app, 'ada@example.com');
    const { store } = host().deps;
    let counted = 0;
    // Of these calls alone: the sweeper counts as well.
    const users: typeof store.users = {
      ...store.users,
      size(appId) {
        counted++;
        return store.users.size(appId);
      },
      count(appId) {
        counted += 2;
        return store.users.count(appId);
      },
    };
    const deps = { ...host().deps, store: { ...store, users } };
    const input = { app, ids: { userId: aRowId(), uid: anId() }, handle: 'bo@example.com', locale: 'EN' };
    for (const refused of [
      () => requireFreeSeat(deps, app, 'signup_disabled'),
      () =>
        createUser(deps, { ...input, metaData: {}, loginProvider: '', via: 'test', full: 'signup_disabled' }),
    ]) {
      counted = 0;
      await assert.rejects(refused(), (error) => isHostError(error, 'signup_disabled'));
      assert.equal(counted, 1);
    }
  });

  it('answers the same user when it is repeated with the same ids', async () => {
    const app = await host().createApp({ maxUsers: 2 });
    const ids = { userId: aRowId(), uid: anId() };
    const users = await Promise.all(Array.from({ length: 20 }, () => create(app, 'ada@example.com', ids)));
    assert.deepEqual(new Set(users.map(({ uid }) => uid)), new Set([ids.uid]));
    await create(app, 'bo@example.com');
    await assert.rejects(create(app, 'cy@example.com'), HostError);
  });

  it('never makes more users than the app may have', async () => {
    const app = await host().createApp({ maxUsers: 7 });
    const joining = Array.from({ length: 30 }, (_, index) => create(app, `u${index}@example.com`));
    assert.deepEqual(refusalsOf(await Promise.allSettled(joining)), Array(23).fill('signup_disabled'));
    assert.equal(await count(app), 7);
  });

  it('finds seats again that a crash left taken, and gives those of the deleted back', async () => {
    const app = await host().createApp({ maxUsers: 2 });
    const ada = await create(app, 'ada@example.com');
    await host().deps.store.counters.set(`seats/${app.id}`, 2);
    await create(app, 'bo@example.com');
    await host().deps.store.users.remove(app.id, ada.id);
    await releaseSeat(host().deps, app);
    await create(app, 'cy@example.com');
    await assert.rejects(create(app, 'di@example.com'), HostError);
  });

  it('counts what an import brought', async () => {
    const app = await host().createApp({ maxUsers: 2 });
    await host().createUser(app, { handle: 'old1@example.com' });
    await host().createUser(app, { handle: 'old2@example.com' });
    await recountSeats(host().deps, app);
    await assert.rejects(create(app, 'new@example.com'), HostError);
  });

  it('keeps subjects apart in the user id format handle', async () => {
    const app = await host().createApp({ userIdFormat: 'handle' });
    const same = ['a_b@x.example', 'a@b_x.example'];
    const settled = await Promise.allSettled(same.map((handle) => create(app, handle)));
    assert.deepEqual(refusalsOf(settled), ['handle_taken']);
    for (const handle of ['p_q@x.example', 'other_b@x.example']) await create(app, handle);
    await assert.rejects(create(app, 'p@q_x.example'), (error) => isHostError(error, 'handle_taken'));
  });

  it('allows a development app 50 users, or fewer', () => {
    const limits = [
      anApp({ type: 'development', maxUsers: 0 }),
      anApp({ type: 'development', maxUsers: 10 }),
      anApp({ type: 'development', maxUsers: 1000 }),
      anApp({ type: 'commercial', maxUsers: 1000 }),
      anApp({ type: 'commercial', maxUsers: 0 }),
    ].map(seatLimit);
    assert.deepEqual(limits, [50, 10, 50, 1000, undefined]);
  });
});
