import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judgeCode, judgeInvites } from '../../../server/domain/attempts/code-attempts.ts';
import { admitCode } from '../../../server/domain/attempts/code-budget.ts';
import { endWaits } from '../../../server/domain/attempts/end-waits.ts';
import { judgePassword, judgeSecondFactor } from '../../../server/domain/attempts/password-attempts.ts';
import type { App } from '../../../server/model/app.ts';
import type { StoredCode, User } from '../../../server/model/user.ts';
import type { Deps } from '../../../server/ports/deps.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';
import { from, stranger } from '../../support/places.ts';

const WRONG = '0'.repeat(32);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of `PASSWORD`, as an old host stored it, at cost 4. */
const BCRYPT = '$2b$04$wQBv7Xfc5xzYM.cLfgDDB.CLkw6/iogxAK/ceJ6.1pVj3x7Y4gA0C';

describeOnBothStores('attempts', (host) => {
  async function account(settings: Partial<App> = {}) {
    const app = await host().createApp(settings);
    const user = await host().createUser(app);
    const compared: string[] = [];
    let gaveWay = 0;
    const deps: Deps = {
      ...host().deps,
      passwords: {
        ...host().deps.passwords,
        decoyHash: host().deps.passwords.decoyHash,
        waiting: 0,
        giveWay: () => void gaveWay++,
        needsRehash: (stored) => host().deps.passwords.needsRehash(stored),
        hash: (password) => host().deps.passwords.hash(password),
        matches: (password, stored) => {
          compared.push(stored);
          return host().deps.passwords.matches(password, stored);
        },
      },
    };
    const start = host().events.length;
    return {
      app,
      user,
      deps,
      hashes: () => compared.length,
      gaveWay: () => gaveWay,
      compared,
      guess: (password: string, who: User | undefined = user, handle = user.handle) =>
        judgePassword(deps, { app, user: who, handle, password }),
      unknown: (handle = 'nobody@example.com') =>
        judgePassword(deps, { app, user: undefined, handle, password: PASSWORD }),
      current: async () => (await host().deps.store.users.find(app.id, user.id)) as User,
      events: (name: string) =>
        host()
          .events.slice(start)
          .filter(({ event }) => event === name),
    };
  }
  const times = <T>(count: number, work: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index)));
  const inTurn = async <T>(count: number, work: () => Promise<T>): Promise<T[]> => {
    const answers: T[] = [];
    for (let index = 0; index < count; index++) answers.push(await work());
    return answers;
  };

  it('judges at most 5 of 500 simultaneous password guesses', async () => {
    const { guess, hashes } = await account();
    const answers = await times(500, () => guess(WRONG));
    assert.ok(hashes() <= 5, `${hashes()} were judged`);
    assert.ok(answers.every((right) => !right));
    assert.equal(await guess(PASSWORD), false, 'the right one waits as well');
  });

  it('lets others get ready for their hash while guesses at one account wait for each other', async () => {
    const { guess, gaveWay } = await account();
    await times(5, () => guess(PASSWORD));
    assert.equal(gaveWay(), 0, 'those who are judged at once wait for nobody');
    await times(8, () => guess(WRONG));
    assert.ok(gaveWay() >= 3, `${gaveWay()} of the 3 that had to wait`);
  });

  it('counts an unknown handle like a known one, at the same cost', async () => {
    const { user, deps, guess, unknown, compared, events } = await account();
    assert.deepEqual(await inTurn(6, () => guess(WRONG)), await inTurn(6, unknown));
    const judged = [user.passwordHash, deps.passwords.decoyHash];
    assert.deepEqual(
      compared,
      judged.flatMap((hash) => Array(5).fill(hash)),
      '5 of 6 each were judged',
    );
    const delayed = events('login_delayed');
    assert.deepEqual(
      delayed.map(({ waitSeconds, failures }) => ({ waitSeconds, failures })),
      [
        { waitSeconds: 1, failures: 5 },
        { waitSeconds: 1, failures: 5 },
      ],
    );
    assert.match(String(delayed[1]?.handleRef), /^[0-9a-f]{12}$/);
  });

  it('makes an account wait 1 s after the 5th wrong password, twice as long after each further one, 900 s at most', async () => {
    const { guess, hashes } = await account();
    await inTurn(5, () => guess(WRONG));
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      host().clock.advance(seconds * 1000 - 1);
      const before = hashes();
      assert.equal(await guess(PASSWORD), false);
      assert.equal(hashes(), before, `still waits a millisecond before ${seconds} s are over`);
      host().clock.advance(1);
      assert.equal(await guess(WRONG), false);
      assert.equal(hashes(), before + 1);
    }
  });

  it('forgives wrong passwords after a right one', async () => {
    const { guess, hashes } = await account();
    await inTurn(4, () => guess(WRONG));
    assert.equal(await guess(PASSWORD), true);
    await inTurn(4, () => guess(WRONG));
    assert.equal(await guess(PASSWORD), true);
    assert.equal(hashes(), 10);
  });

  it('lets many right passwords in at once', async () => {
    const { guess } = await account();
    assert.ok((await times(20, () => guess(PASSWORD))).every((right) => right));
  });

  it('refuses an account without a password at the cost of one hash', async () => {
    const { app, guess, hashes } = await account();
    const social = await host().createUser(app, { handle: 'bo@example.com', passwordHash: undefined });
    assert.equal(await guess(PASSWORD, social), false);
    assert.equal(hashes(), 1);
  });

  it('locks the account at maxLoginAttempts, once, until it is forgiven', async () => {
    const { user, deps, guess, current, events } = await account({ maxLoginAttempts: 3 });
    await inTurn(2, () => guess(WRONG));
    assert.equal((await current()).lockedAt, undefined);
    await inTurn(2, () => guess(WRONG));
    assert.equal((await current()).lockedAt, host().clock.now());
    assert.deepEqual(
      events('account_locked').map(({ userId, failures }) => [userId, failures]),
      [[user.id, 3]],
    );
    await endWaits(deps, { user, by: 'reset' });
    assert.equal((await current()).lockedAt, undefined);
    assert.equal(events('account_unlocked').length, 1);
  });

  it('ends the wait of a forgiven account', async () => {
    const { user, deps, guess, current } = await account();
    await inTurn(5, () => guess(WRONG));
    await endWaits(deps, { user, by: 'reset' });
    assert.equal(await guess(PASSWORD, await current()), true);
  });

  it('replaces an imported bcrypt hash at the first right password', async () => {
    const { app, deps, guess, current, events } = await account();
    const imported = await host().createUser(app, { handle: 'old@example.com', passwordHash: BCRYPT });
    const find = () => deps.store.users.find(app.id, imported.id);
    assert.equal(await guess(PASSWORD, imported, imported.handle), true);
    const renewed = (await find())?.passwordHash;
    assert.match(String(renewed), /^\$argon2id\$/);
    assert.equal(await guess(PASSWORD, await find(), imported.handle), true);
    assert.equal((await find())?.passwordHash, renewed, 'and only then');
    assert.deepEqual(
      events('password_rehashed').map(({ from }) => from),
      ['bcrypt'],
    );
    assert.equal((await current()).revision, 1);
  });

  it('knows the MD5 in upper case of an account made so before, and hashes it in lower case then', async () => {
    const { app, guess } = await account();
    const upper = PASSWORD.toUpperCase();
    const passwordHash = await host().deps.passwords.hash(upper);
    const before = await host().createUser(app, { handle: 'upper@example.com', passwordHash });
    const find = () => host().deps.store.users.find(app.id, before.id);
    assert.equal(await guess(PASSWORD, before, before.handle), false);
    assert.equal(await guess(upper, before, before.handle), true);
    assert.notEqual((await find())?.passwordHash, passwordHash);
    for (const either of [PASSWORD, upper])
      assert.equal(await guess(either, await find(), before.handle), true);
  });

  it('minds the case of what is no MD5, as old installations may have hashed', async () => {
    const { app, guess } = await account();
    const passwordHash = await host().deps.passwords.hash('Secret');
    const before = await host().createUser(app, { handle: 'clear@example.com', passwordHash });
    assert.equal(await guess('secret', before, before.handle), false);
    assert.equal(await guess('Secret', before, before.handle), true);
  });

  it('gives an attempt back that overload kept from being judged', async () => {
    const { deps, guess, hashes } = await account();
    await patched(deps.passwords, { matches: () => Promise.reject(new Error('overload')) }, async () => {
      for (let index = 0; index < 10; index++) await assert.rejects(guess(PASSWORD));
    });
    assert.equal(await guess(PASSWORD), true);
    assert.equal(hashes(), 1);
  });

  it('keeps failed second factors when the password is right again, up to 20 a day', async () => {
    const { app, user, deps, guess, events } = await account();
    let checked = 0;
    const factor = (verdict: 'right' | 'wrong' | 'replayed') => {
      const check = () => {
        checked++;
        return Promise.resolve(verdict);
      };
      return judgeSecondFactor(deps, { app, user, check, method: 'totp' });
    };
    assert.equal(await factor('right'), true);
    await inTurn(5, () => factor('wrong'));
    assert.equal(await guess(PASSWORD), true);
    assert.equal(await factor('right'), false, 'the account waits');
    assert.equal(checked, 6);
    for (let wrong = 5; wrong < 20; wrong++) {
      host().clock.advance(15 * MINUTE);
      await factor(wrong === 19 ? 'replayed' : 'wrong');
    }
    assert.equal(checked, 21);
    host().clock.advance(15 * MINUTE);
    assert.equal(await factor('right'), false, 'the budget of the day is used up');
    assert.equal(checked, 21);
    host().clock.advance(24 * HOUR);
    assert.equal(await factor('right'), true);
    assert.deepEqual([events('totp_replayed').length, events('login_failed').at(-1)?.reason], [1, 'budget']);
  });

  async function sentCode(lifeMs = HOUR) {
    const made = await account();
    const { app, user, deps } = made;
    const code = deps.codes.newCode();
    const stored = deps.codes.stored({
      purpose: 'reset',
      appId: app.id,
      subject: user.id,
      code,
      expiresAt: host().clock.now() + lifeMs,
    });
    const who = { userId: user.id, handle: user.handle };
    /** Another code, asked for from where the caller is. */
    const ask = async (purpose: 'reset' | 'sms' = 'reset') => {
      const made = { purpose, appId: app.id, subject: user.id, code: deps.codes.newCode() };
      const expiresAt = host().clock.now() + lifeMs;
      return { code: made.code, stored: deps.codes.stored({ ...made, expiresAt }) };
    };
    const judge = (tried: string, of: StoredCode | undefined = stored, subject = user.id) =>
      judgeCode(deps, { app, purpose: 'reset', subject, stored: of, code: tried, who });
    return { ...made, ask, code, wrong: code === '100000' ? '100001' : '100000', stored, judge };
  }

  it('judges at most 5 of 500 simultaneous guesses of a code', async () => {
    const { app, user, deps, stored, wrong } = await sentCode();
    let judged = 0;
    const codes = Object.assign(Object.create(deps.codes) as Deps['codes'], {
      matches: () => {
        judged++;
        return false;
      },
    });
    const input = {
      app,
      purpose: 'reset',
      subject: user.id,
      stored,
      code: wrong,
      who: { handle: '' },
    } as const;
    await times(500, () => judgeCode({ ...deps, codes }, input));
    assert.equal(judged, 5);
  });

  it('counts the tries at a mailed code by place, and keeps those of who asked for it', async () => {
    const { deps } = host();
    const { app, user, judge, ask, wrong } = await sentCode();
    const mine = await from('198.51.100.7', ask);
    const guess = (n: number, code = wrong) => from(stranger(n), () => judge(code, mine.stored));
    for (let n = 0; n < 40; n++) assert.equal(await guess(Math.floor(n / 8)), false);
    assert.equal(await guess(50, mine.code), false, 'strangers have 15 together');
    const asker = (code: string) => from('198.51.100.7', () => judge(code, mine.stored));
    for (let n = 0; n < 4; n++) await asker(wrong);
    assert.equal(await asker(mine.code), true, 'the asker has five of their own');
    await asker(wrong);
    assert.equal(await asker(mine.code), false, 'and no more');
    const sms = await from('198.51.100.7', () => ask('sms'));
    const who = { userId: user.id, handle: user.handle };
    const factor = (n: number, code: string) =>
      from(stranger(n), () =>
        judgeCode(deps, { app, purpose: 'sms', subject: user.id, stored: sms.stored, code, who }),
      );
    for (let n = 0; n < 5; n++) await factor(n, wrong);
    assert.equal(await factor(9, sms.code), false, 'a code by SMS has five in all');
  });

  it('judges at most 15 of 500 simultaneous guesses from as many places', async () => {
    const { app, user, deps, stored, wrong } = await sentCode();
    let judged = 0;
    const matches = () => {
      judged++;
      return false;
    };
    const codes = Object.assign(Object.create(deps.codes) as Deps['codes'], { matches });
    const input = {
      app,
      purpose: 'reset',
      subject: user.id,
      stored,
      code: wrong,
      who: { handle: '' },
    } as const;
    await times(500, (n) => from(stranger(n), () => judgeCode({ ...deps, codes }, input)));
    assert.equal(judged, 15);
  });

  it('counts nothing that cannot be the code', async () => {
    const { code, wrong, judge } = await sentCode();
    for (const other of ['', '1', '12345', '1234567', '9'.repeat(39), 'x'.repeat(1000)]) {
      for (let n = 0; n < 6; n++) assert.equal(await judge(other), false);
    }
    assert.equal(await judge(wrong), false);
    assert.equal(await judge(code), true);
  });

  it('never counts guesses at the code of a link', async () => {
    const { deps } = host();
    const { app, events } = await account();
    const code = deps.codes.newLinkCode();
    const expiresAt = host().clock.now() + HOUR;
    const stored = deps.codes.stored({ purpose: 'signup', appId: app.id, subject: 'row', code, expiresAt });
    const judge = (tried: string) =>
      judgeCode(deps, {
        app,
        purpose: 'signup',
        subject: 'row',
        stored,
        code: tried,
        who: { handle: '' },
        evenExpired: true,
        ofLink: true,
      });
    const guesses = Array.from({ length: 100 }, (_, n) => (n % 2 ? '123456' : deps.codes.newLinkCode()));
    for (const guess of guesses) assert.equal(await judge(guess), false);
    assert.deepEqual([...new Set(events('code_failed').map(({ reason }) => reason))], ['form']);
    const today = `spray/${app.id}/code/${Math.floor(host().clock.now() / (24 * HOUR))}`;
    assert.equal(await deps.store.counters.read(today, host().clock.now()), 0, 'no guess at all');
    assert.ok(
      (await times(50, () => judge(code))).every((right) => right),
      'a crowd of clicks as well',
    );
  });

  it('counts tries at invitations by handle and day, and voids none', async () => {
    const { deps } = host();
    const { app } = await account();
    const handle = `guest-${app.id}@example.com`;
    const invites = Array.from({ length: 3 }, (_, n) => {
      const code = String(200000 + n);
      const expiresAt = host().clock.now() + 30 * 24 * HOUR;
      const stored = { purpose: 'invite', appId: app.id, subject: `row${n}`, code, expiresAt } as const;
      return { id: `row${n}`, code: deps.codes.stored(stored) };
    });
    const judge = (code: string, n = 0) =>
      from(stranger(n), () => judgeInvites(deps, { app, handle, code, invites }));
    for (let n = 0; n < 4; n++) await judge('999999');
    assert.equal((await judge('200002'))?.id, 'row2', 'one try each, whatever their number');
    await judge('999999');
    assert.equal(await judge('200002'), undefined, 'five a place');
    assert.equal((await judge('200001', 1))?.id, 'row1');
    for (let n = 0; n < 15; n++) await judge('999999', n);
    assert.equal(await judge('200001', 20), undefined, 'fifteen a day');
    host().clock.advance(24 * HOUR);
    assert.equal((await judge('200001', 20))?.id, 'row1');
  });

  it('voids a code at the fifth wrong try, and says so once', async () => {
    const { code, wrong, judge, events } = await sentCode();
    await inTurn(4, () => judge(wrong));
    assert.equal(await judge(code), true, 'four leave it alive');
    await inTurn(2, () => judge(wrong));
    assert.equal(await judge(code), false);
    assert.equal(events('code_exhausted').length, 1);
    assert.deepEqual(
      events('code_failed').map(({ reason, triesLeft }) => `${reason} ${triesLeft}`),
      ['wrong 4', 'wrong 3', 'wrong 2', 'wrong 1', 'wrong 0', 'voided 0', 'voided 0'],
    );
  });

  it('takes a code until its last millisecond, for its subject only, and never an absent one', async () => {
    const { code, stored, judge } = await sentCode(10 * MINUTE);
    assert.equal(await judge(code, undefined), true);
    assert.equal(await judge(code, stored, 'somebody-else'), false);
    host().clock.advance(10 * MINUTE - 1);
    assert.equal(await judge(code), true);
    host().clock.advance(1);
    assert.equal(await judge(code), false);
  });

  it('sends 5 codes an hour and 10 a day for one handle and purpose', async () => {
    const { app, deps, events } = await account();
    const admit = (purpose: 'signup' | 'reset' = 'signup', subject = 'ada@example.com') =>
      admitCode(deps, { app, subject, purpose });
    const admitted = async () => (await inTurn(7, admit)).filter(Boolean).length;
    assert.equal(await admitted(), 5);
    assert.equal(await admit('reset'), true, 'another purpose has its own budget');
    assert.equal(await admit('signup', 'bo@example.com'), true, 'and another handle');
    host().clock.advance(HOUR);
    assert.equal(await admitted(), 5);
    host().clock.advance(HOUR);
    assert.equal(await admitted(), 0);
    host().clock.advance(22 * HOUR);
    assert.equal(await admitted(), 5);
    assert.deepEqual([...new Set(events('code_limited').map(({ window }) => window))], ['hour', 'day']);
  });

  it('suspects spraying at the 1,000th wrong code of an app and day, once', async () => {
    const { judge, wrong, stored, events } = await sentCode();
    const codes = Array.from({ length: 201 }, (_, index) => ({ ...stored, id: `spray-${index}` }));
    for (const code of codes) await times(5, () => judge(wrong, code));
    assert.deepEqual(
      events('spray_suspected').map(({ kind, count }) => [kind, count]),
      [['code', 1000]],
    );
  });
});
