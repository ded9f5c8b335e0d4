import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endWaits } from '../../../server/domain/attempts/end-waits.ts';
import { judgePassword } from '../../../server/domain/attempts/password-attempts.ts';
import { rememberNetwork } from '../../../server/domain/users/known-networks.ts';
import { currentUser } from '../../../server/domain/users/session.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import type { CounterStore } from '../../../server/ports/store/counters.ts';
import { appClient } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { from, stranger } from '../../support/places.ts';
import { until } from '../../support/until.ts';

const WRONG = '0'.repeat(32);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HOME = '198.51.100.7';
/** Six sources with five guesses each use up what an account has in a day. */
const WHOLE = 30;

describeOnBothStores('waits', (host) => {
  async function account(settings: Partial<App> = {}, known?: Partial<User>) {
    const { deps } = host();
    const app = await host().createApp(settings);
    const user = await host().createUser(app, known);
    let hashes = 0;
    const passwords = Object.assign(Object.create(deps.passwords) as typeof deps.passwords, {
      matches: (password: string, stored: string) => {
        hashes++;
        return deps.passwords.matches(password, stored);
      },
    });
    const current = async () => (await deps.store.users.find(app.id, user.id)) as User;
    return {
      app,
      user,
      current,
      hashes: () => hashes,
      guess: async (address: string, password = WRONG, token?: string) => {
        const input = { app, user: await current(), handle: user.handle, password };
        return from(address, () => judgePassword({ ...deps, passwords }, input), token);
      },
      /** Many at once; a database that has too much to do refuses some. */
      storm: (count: number, addressOf: (n: number) => string) =>
        Promise.all(
          Array.from({ length: count }, (_, n) => {
            const input = { app, user, handle: user.handle, password: WRONG };
            return from(addressOf(n), () => judgePassword({ ...deps, passwords }, input)).catch(() => false);
          }),
        ),
      comesFrom: async (address: string) => {
        const whom = await current();
        return from(address, () => rememberNetwork(deps, whom));
      },
    };
  }
  type Account = Awaited<ReturnType<typeof account>>;
  async function strangersGuess({ guess }: Account, times = WHOLE): Promise<void> {
    for (let n = 0; n < times; n++) assert.equal(await guess(stranger(Math.floor(n / 5))), false);
  }
  it('let the owner in while a stranger waits, and leave the stranger waiting', async () => {
    const { guess, hashes } = await account();
    for (let n = 0; n < 6; n++) await guess(stranger(1));
    assert.equal(hashes(), 5);
    assert.equal(await guess(HOME, PASSWORD), true);
    assert.equal(await guess(stranger(1), PASSWORD), false, 'a right password forgives its own place only');
    assert.equal(hashes(), 6);
  });

  it('hold the account as a whole after six sources, for half an hour at most', async () => {
    const owner = await account();
    await strangersGuess(owner, WHOLE - 1);
    assert.equal(await owner.guess(HOME, PASSWORD), true, 'not yet');
    await owner.guess(stranger(100));
    const before = owner.hashes();
    assert.equal(await owner.guess(HOME, PASSWORD), false);
    assert.equal(owner.hashes(), before, 'unjudged');
    host().clock.advance(1_000);
    assert.equal(await owner.guess(HOME, PASSWORD), true, 'the first wait is one second');
    assert.equal(await owner.guess(HOME, PASSWORD), true, 'and nobody else waits for a right one');
    let longest = 0;
    for (let n = 0; n < 20; n++) {
      assert.equal(await owner.guess(stranger(200 + n)), false);
      const waitedFrom = host().clock.now();
      while (!(await owner.guess(HOME, PASSWORD))) host().clock.advance(MINUTE);
      longest = Math.max(longest, host().clock.now() - waitedFrom);
    }
    assert.equal(longest, 30 * MINUTE);
  });

  it('judge fewer than 100 guesses a day from unknown places', async () => {
    const { guess, hashes } = await account();
    for (let minute = 0; minute < 24 * 60; minute += 5) {
      for (let n = 0; n < 4; n++) await guess(stranger(minute * 4 + n));
      host().clock.advance(5 * MINUTE);
    }
    assert.ok(hashes() < 100, `${hashes()} were judged`);
    assert.ok(hashes() > WHOLE);
  });

  it('forget within a day what was no attack', async () => {
    const owner = await account();
    for (let day = 0; day < 4; day++) {
      await strangersGuess(owner, 10);
      assert.equal(await owner.guess(HOME, PASSWORD), true);
      host().clock.advance(DAY / 2);
    }
  });

  it('do not hold where the user is known, nor with a token of theirs', async () => {
    const owner = await account();
    const { app, user, guess } = owner;
    await owner.comesFrom(HOME);
    await owner.comesFrom('2001:db8:7:1::5');
    const token = await host().accessToken(app, user);
    await strangersGuess(owner);
    assert.equal(await guess('192.0.2.1', PASSWORD), false, 'an unknown place waits');
    assert.equal(await guess('198.51.100.200', PASSWORD), true, 'the same /24');
    assert.equal(await guess('2001:db8:7:ffff::1', PASSWORD), true, 'the same /48');
    assert.equal(await guess('192.0.2.1', PASSWORD, token), true, 'a token');
    host().clock.advance(31 * DAY);
    await strangersGuess(owner);
    assert.equal(await guess('192.0.2.1', PASSWORD, token), true, 'an expired token');
    assert.equal(await guess(HOME, PASSWORD), false, 'a network is known for 30 days');
  });

  it('hold for tokens of others, tokens that were ended and made up ones', async () => {
    const owner = await account();
    const { app, user, guess } = owner;
    const other = await host().createUser(app, { handle: 'bo@example.com' });
    const neighbour = await account();
    const tokens = {
      other: await host().accessToken(app, other),
      neighbour: await host().accessToken(neighbour.app, neighbour.user),
      old: await host().accessToken(app, { ...user, epoch: 7 }),
      madeUp: 'x.y.z',
    };
    await strangersGuess(owner);
    for (const [name, token] of Object.entries(tokens)) {
      assert.equal(await guess('192.0.2.1', PASSWORD, token), false, name);
    }
  });

  it('give known networks and tokens one further budget together', async () => {
    const owner = await account();
    const { app, user, guess, hashes } = owner;
    await owner.comesFrom(HOME);
    const token = await host().accessToken(app, user);
    for (let n = 0; n < WHOLE; n++) {
      if (n % 2 === 0) await guess(`198.51.100.${n}`);
      else await guess(stranger(n), WRONG, token);
    }
    assert.equal(hashes(), WHOLE);
    assert.equal(await guess('198.51.100.250', PASSWORD), false);
    assert.equal(await guess(stranger(100), PASSWORD, token), false);
    assert.equal(await guess(stranger(101), PASSWORD), true, 'others have their own');
  });

  it('count the /64s of one /48 together, except for who is known there', async () => {
    const owner = await account();
    const { guess, hashes } = owner;
    for (let n = 0; n < 20; n++) await guess(`2001:db8:1:${n.toString(16)}::1`);
    assert.equal(hashes(), 5);
    assert.equal(await guess('2001:db8:2:1::1', PASSWORD), true, 'another customer');
    assert.equal(await guess('2001:db8:1:aaaa::1', PASSWORD), false);
    await owner.comesFrom('2001:db8:1:bbbb::1');
    assert.equal(await guess('2001:db8:1:bbbb::1', PASSWORD), true);
  });

  it('judge at most 5 of 500 simultaneous guesses from one address and 30 from as many', async () => {
    const one = await account();
    await one.storm(500, () => stranger(1));
    assert.ok(one.hashes() <= 5, `${one.hashes()} were judged`);
    const many = await account();
    await many.storm(500, stranger);
    assert.ok(many.hashes() <= WHOLE, `${many.hashes()} were judged`);
  });

  it('let the owner in from an unknown place while a crowd guesses from elsewhere', async () => {
    const owner = await account();
    const storm = owner.storm(200, (n) => stranger(n % 4));
    const answers = await Promise.all([1, 2, 3].map(() => owner.guess(HOME, PASSWORD)));
    await storm;
    assert.deepEqual(answers, [true, true, true]);
  });

  it('end with one write, wherever the guesses came from', async () => {
    const owner = await account({ maxLoginAttempts: 35 });
    await strangersGuess(owner);
    assert.equal(await owner.guess(HOME, PASSWORD), false);
    await endWaits(host().deps, { user: owner.user, by: 'portal' });
    assert.equal(await owner.guess(HOME, PASSWORD), true);
    assert.equal(await owner.guess(stranger(0), PASSWORD), true);
  });

  it('lock by failures in a row over all places', async () => {
    const { guess, current } = await account({ maxLoginAttempts: 4 });
    for (let n = 0; n < 3; n++) await guess(stranger(n));
    assert.equal(await guess(HOME, PASSWORD), true);
    for (let n = 0; n < 3; n++) await guess(stranger(10 + n));
    assert.equal((await current()).lockedAt, undefined, 'a right password ends the row');
    await guess(stranger(20));
    assert.notEqual((await current()).lockedAt, undefined);
  });

  it('write as often for a handle nobody has', async () => {
    const { deps } = host();
    const { app, user } = await account({ maxLoginAttempts: 100 });
    let writes: string[] = [];
    const counters = Object.fromEntries(
      Object.entries(deps.store.counters).map(([name, method]) => [
        name,
        (...args: unknown[]) => {
          if (name !== 'read') writes.push(name);
          return (method as (...args: unknown[]) => unknown)(...args);
        },
      ]),
    ) as unknown as CounterStore;
    const counted = { ...deps, store: { ...deps.store, counters } };
    async function writesOf(account: User | undefined, address: string) {
      writes = [];
      const input = { app, user: account, handle: 'nobody@example.com', password: WRONG };
      await from(address, () => judgePassword(counted, input));
      return writes;
    }
    for (const address of [stranger(1), '2001:db8::1']) {
      assert.deepEqual(await writesOf(undefined, address), await writesOf(user, address));
    }
  });

  it('remember eight networks, the latest first, and write once a day', async () => {
    const { comesFrom, current } = await account();
    const names = async () => ((await current()).networks ?? []).map(({ network }) => network);
    await comesFrom(HOME);
    const [home] = await names();
    for (let n = 0; n < 10; n++) await comesFrom(stranger(n));
    assert.equal((await names()).length, 8);
    assert.ok((await names()).includes(String(home)), 'a day on the road does not drive out the first');
    const { revision } = await current();
    await comesFrom(HOME);
    assert.equal((await current()).revision, revision);
    host().clock.advance(DAY);
    await comesFrom(HOME);
    assert.deepEqual([(await names()).length, (await names())[0]], [8, home]);
    assert.match(String(home), /^[0-9a-f]{16}$/, 'never an address');
  });

  it('learn a network from the first authenticated request of a day, beside the answer', async () => {
    const { deps } = host();
    const { app, user, current } = await account();
    let writes = 0;
    const users = {
      ...deps.store.users,
      // A request that read the row before the write ended may try once more; its older revision is refused.
      note: async (record: User) => {
        const written = await deps.store.users.note(record);
        if (written) writes++;
        return written;
      },
    };
    const counting = { ...deps, store: { ...deps.store, users } };
    const session = {
      userId: user.id,
      handle: user.handle,
      epoch: 0,
      jti: undefined,
      sid: undefined,
      number: 0,
    };
    const caller = { kind: 'user', app, session: { ...session, authTime: 0, expiresAt: undefined } } as const;
    const calls = (address: string) =>
      from(address, () => Promise.all(Array.from({ length: 20 }, () => currentUser(counting, caller))));
    const known = async () => (await current()).networks?.length ?? 0;
    await calls(HOME);
    await until('the first network is noted', async () => (await known()) === 1 && writes > 0);
    for (let n = 0; n < 5; n++) await calls(stranger(n));
    assert.equal(writes, 1, 'of all requests of a day');
    host().clock.advance(DAY);
    await calls(stranger(1));
    await until('the second is noted', async () => (await known()) === 2 && writes > 1);
    assert.equal(writes, 2);
  });

  it('know where somebody joined, from the very row', async () => {
    const { users } = host().deps.store;
    const open = await host().createApp({ signupFlow: 'none', anonymousLoginEnabled: true });
    const byCode = await host().createApp({ signupFlow: 'code' });
    const signup = { handle: 'joins@example.com', password: PASSWORD, metaData: '{}' };
    await appClient(host(), open).post('signup', signup);
    await appClient(host(), open).post('loginAnonymous', { handle: 'ANON_joins' });
    await appClient(host(), byCode).post('signup', signup);
    const mail = (await host().outbox()).findLast(({ appId, code }) => appId === byCode.id && code);
    await appClient(host(), byCode).post('completeSignup', { handle: signup.handle, code: mail?.code });
    for (const [app, handle] of [
      [open, signup.handle],
      [open, 'ANON_joins'],
      [byCode, signup.handle],
    ] as const) {
      const { revision, networks } = (await users.findByHandle(app.id, handle)) as User;
      assert.deepEqual({ handle, revision, known: networks?.length }, { handle, revision: 1, known: 1 });
    }
  });
});
