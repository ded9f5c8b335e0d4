import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isHostError } from '../../../server/model/errors.ts';
import type { User } from '../../../server/model/user.ts';
import { aCode, anId, aSignup, aUser, MADE_AT } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

/** A user with every optional field. */
function aFullUser(overrides: Partial<User> = {}): User {
  return aUser({
    userName: 'ada',
    loginProvider: 'apple',
    socialUserId: 'subject',
    phone: '+4915112345678',
    phoneVerified: true,
    pendingPhone: '+4915112345679',
    phoneCode: aCode({ boundTo: '+4915112345679' }),
    smsCode: aCode({ boundTo: 'jti' }),
    resetCode: aCode(),
    twoFactorTotp: true,
    totpSecret: 'JBSWY3DPEHPK3PXP',
    totpLastStep: 59_000_000,
    recoveryCodes: ['a', 'b'],
    metaData: { name: { first: 'Ada' }, 'odd.$name': 'é\u{1f600}"\\' },
    revokedTokens: [{ jti: 'jti', expiresAt: MADE_AT }],
    lockedAt: MADE_AT,
    lastLogin: MADE_AT,
    ...overrides,
  });
}

export function describeUsers(stage: () => Stage): void {
  it('answers a user exactly as it was inserted, by each of its names', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aFullUser({ appId });
    await users.insert(user);
    assert.deepEqual(await users.find(appId, user.id), user);
    assert.deepEqual(await users.findByHandle(appId, user.handle), user);
    assert.deepEqual(await users.findByUserName(appId, 'ada'), user);
    assert.deepEqual(await users.findBySocialId(appId, 'apple', 'subject'), user);
    assert.deepEqual(await users.findByVerifiedPhone(appId, '+4915112345678'), [user]);
  });

  it('answers a user of whom it may remember as this process wrote them last', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aUser({ appId });
    const lately = () => users.findLately(appId, user.id);
    assert.equal(await lately(), undefined);
    await users.insert(user);
    const first = await lately();
    assert.deepEqual(first, user);
    assert.equal(await lately(), first, 'the same object while nothing changed');
    const replaced = await users.replace({ ...user, status: 'suspend' });
    assert.deepEqual(await lately(), replaced);
    assert.equal(await users.recordLogin(replaced ?? user, MADE_AT + 1), true);
    assert.equal((await lately())?.lastLogin, MADE_AT + 1);
    await users.recordVisits([{ appId, userId: user.id, day: 20_000 }]);
    assert.equal((await lately())?.lastSeenDay, 20_000);
    assert.equal(await users.findLately(anId(), user.id), undefined);
    await users.remove(appId, user.id);
    assert.equal(await lately(), undefined);
  });

  it('answers undefined for what it does not know and keeps apps apart', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aFullUser({ appId });
    await users.insert(user);
    for (const other of [anId(), '', 'host']) {
      assert.equal(await users.find(other, user.id), undefined);
      assert.equal(await users.findByHandle(other, user.handle), undefined);
      assert.equal(await users.findByUserName(other, 'ada'), undefined);
      assert.deepEqual(await users.findByVerifiedPhone(other, '+4915112345678'), []);
      assert.equal(await users.remove(other, user.id), false);
      assert.equal(await users.recordLogin({ ...user, appId: other }, MADE_AT), false);
    }
    assert.equal(await users.findBySocialId(appId, 'google', 'subject'), undefined);
    assert.equal(await users.findByHandle(appId, `-${user.id}`), undefined);
    assert.deepEqual(await users.findByVerifiedPhone(appId, '+4915112345679'), []);
  });

  it('does not mistake text of a query language for a query', async () => {
    const { users } = stage().store;
    const appId = anId();
    await users.insert(aUser({ appId }));
    for (const text of ["' OR 1=1 --", '{"$gt":""}', '%', '$where', '\u0000']) {
      assert.equal(await users.findByHandle(appId, text), undefined);
      assert.equal(await users.find(appId, text), undefined);
      assert.deepEqual(await users.search(appId, { value: text, limit: 10 }), []);
    }
  });

  it('gives a contested handle to one of two racing inserts', async () => {
    const { users } = stage().store;
    const appId = anId();
    const rivals = [aUser({ appId, handle: 'ada@x.org' }), aUser({ appId, handle: 'ada@x.org' })];
    const settled = await Promise.allSettled(rivals.map((user) => users.insert(user)));
    assert.deepEqual(refusals(settled), ['handle_taken']);
    assert.equal((await users.count(appId)).total, 1);
  });

  it('gives a contested subject to one of two racing inserts, and to one user of each app', async () => {
    const { users } = stage().store;
    const appId = anId();
    const rivals = [aUser({ appId, subject: 'a_b_c.io' }), aUser({ appId, subject: 'a_b_c.io' })];
    const settled = await Promise.allSettled(rivals.map((user) => users.insert(user)));
    assert.deepEqual(refusals(settled), ['handle_taken']);
    const winner = await users.findBySubject(appId, 'a_b_c.io');
    assert.ok(rivals.some((rival) => winner?.id === rival.id));
    const another = aUser({ appId });
    await users.insert(another);
    await assert.rejects(users.replace({ ...another, subject: 'a_b_c.io' }), { error: 'handle_taken' });
    await assert.rejects(users.insertMany([aUser({ appId, subject: 'x' }), aUser({ appId, subject: 'x' })]), {
      error: 'handle_taken',
    });
    const elsewhere = aUser({ appId: anId(), subject: 'a_b_c.io' });
    await users.insert(elsewhere);
    assert.deepEqual(await users.findBySubject(elsewhere.appId, 'a_b_c.io'), elsewhere);
    assert.equal(await users.remove(appId, winner?.id ?? ''), true);
    assert.equal(await users.findBySubject(appId, 'a_b_c.io'), undefined);
    await users.insert(aUser({ appId, subject: 'a_b_c.io' }));
  });

  it('holds any number of users whose subject is not recorded, and finds them by that', async () => {
    const { users } = stage().store;
    const appId = anId();
    const people = Array.from({ length: 450 }, (_, n) =>
      aUser({ appId, ...(n % 3 === 0 && { subject: `s${n}` }) }),
    );
    await users.insertMany([...people, aUser({ appId: anId() })]);
    const listed = async () => (await Array.fromAsync(users.streamWithoutSubject(appId))).map(({ id }) => id);
    const without = people.filter(({ subject }) => subject === undefined);
    assert.deepEqual(await listed(), without.map(({ id }) => id).sort());
    for (const user of without.slice(1)) await users.replace({ ...user, subject: `s${user.id}` });
    assert.deepEqual(await listed(), [without[0]?.id]);
    assert.equal((await users.findBySubject(appId, `s${without[1]?.id}`))?.id, without[1]?.id);
  });

  it('inserts of many those who meet nobody, and tells which', async () => {
    const { users } = stage().store;
    const appId = anId();
    const [known, social] = [aUser({ appId }), aFullUser({ appId })];
    await users.insertMany([known, social]);
    const many = Array.from({ length: 650 }, () => aUser({ appId }));
    const meeting: [at: number, user: User][] = [
      [0, aUser({ appId, handle: known.handle })],
      [230, { ...known }],
      [649, aUser({ appId, loginProvider: 'apple', socialUserId: 'subject' })],
      [300, aUser({ appId, handle: many[299]?.handle ?? '' })],
    ];
    for (const [at, user] of meeting) many[at] = user;
    const inserted = await users.insertNew(many);
    const left = inserted.flatMap((was, at) => (was ? [] : [at]));
    assert.deepEqual(left, [0, 230, 300, 649]);
    assert.equal(await users.size(appId), 2 + 650 - 4);
    assert.deepEqual(await users.find(appId, many[500]?.id ?? ''), many[500]);
    assert.deepEqual(await users.findByHandle(appId, known.handle), known);
    const listed = await users.list(
      appId,
      { search: { by: 'any', values: [many[648]?.handle ?? ''] } },
      {
        sort: 'created',
        limit: 5,
      },
    );
    assert.deepEqual(
      listed.rows.map(({ id }) => id),
      [many[648]?.id],
    );
    assert.deepEqual(await users.insertNew(many.slice(0, 3)), [false, false, false]);
  });

  it('names what is taken: handle, id, user name, social id, phone', async () => {
    const { users } = stage().store;
    const appId = anId();
    const first = aFullUser({ appId });
    await users.insert(first);
    const conflicts: [Partial<User>, string][] = [
      [{ handle: first.handle }, 'handle_taken'],
      [{ id: first.id }, 'handle_taken'],
      [{ id: first.id, handle: first.handle }, 'handle_taken'],
      [{ userName: 'ada' }, 'user_name_taken'],
      [{ loginProvider: 'apple', socialUserId: 'subject' }, 'handle_taken'],
      [{ phone: first.phone, phoneVerified: true }, 'phone_taken'],
    ];
    for (const [overrides, error] of conflicts) {
      await assert.rejects(users.insert(aUser({ appId, ...overrides })), { error });
    }
    await users.insert(aUser({ appId, phone: first.phone, phoneVerified: false }));
    await users.insert(aFullUser({ appId: anId() }));
  });

  it('does not let a refused insert spoil the ones that arrived with it', async () => {
    const { users } = stage().store;
    const appId = anId();
    const taken = aUser({ appId });
    await users.insert(taken);
    const crowd = Array.from({ length: 50 }, (_, n) =>
      aUser({ appId, ...(n % 5 === 0 && { handle: taken.handle }) }),
    );
    const settled = await Promise.allSettled(crowd.map((user) => users.insert(user)));
    assert.equal(refusals(settled).length, 10);
    assert.equal((await users.count(appId)).total, 41);
  });

  it('replaces only what nobody else changed meanwhile', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aUser({ appId });
    await users.insert(user);
    const rivals = Array.from({ length: 20 }, (_, epoch) => users.replace({ ...user, epoch }));
    const winners = (await Promise.all(rivals)).filter((winner) => winner !== undefined);
    assert.equal(winners.length, 1);
    assert.equal(winners[0]?.revision, 2);
    assert.deepEqual(await users.find(appId, user.id), winners[0]);
    await users.remove(appId, user.id);
    assert.equal(await users.replace({ ...user, revision: 2 }), undefined);
  });

  it('forgets old names when a user is replaced and refuses taken ones', async () => {
    const { users } = stage().store;
    const appId = anId();
    const other = aFullUser({ appId });
    const user = aUser({ appId, userName: 'bob' });
    await users.insertMany([other, user]);
    const renamed = await users.replace({ ...user, userName: 'carol', handle: 'carol@x.org' });
    assert.ok(renamed);
    assert.equal(await users.findByUserName(appId, 'bob'), undefined);
    assert.equal(await users.findByHandle(appId, user.handle), undefined);
    assert.deepEqual(await users.findByUserName(appId, 'carol'), renamed);
    assert.deepEqual(await users.search(appId, { value: 'bob', limit: 9 }), []);
    assert.deepEqual(await users.search(appId, { value: 'carol', limit: 9 }), [renamed]);

    const refused = (overrides: Partial<User>) => users.replace({ ...renamed, ...overrides });
    await assert.rejects(refused({ userName: 'ada' }), { error: 'user_name_taken' });
    await assert.rejects(refused({ handle: other.handle }), { error: 'handle_taken' });
    await assert.rejects(refused({ phone: other.phone, phoneVerified: true }), { error: 'phone_taken' });
    assert.deepEqual(await users.find(appId, user.id), renamed);
  });

  it('records a log-in without moving the revision, and replace leaves it alone', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aUser({ appId });
    await users.insert(user);
    assert.equal(await users.recordLogin(user, MADE_AT + 5), true);
    assert.deepEqual(await users.find(appId, user.id), { ...user, lastLogin: MADE_AT + 5 });
    await users.replace({ ...user, locale: 'DE' });
    assert.equal((await users.find(appId, user.id))?.lastLogin, MADE_AT + 5);
    assert.equal(await users.recordLogin({ ...user, id: anId() }, MADE_AT), false);
  });

  it('records no log-in of a user who was written since, and stores where they were with it', async () => {
    const { users } = stage().store;
    const user = aUser({ appId: anId() });
    await users.insert(user);
    const networks = [{ network: 'here', day: 20_000 }];
    assert.equal(await users.recordLogin(user, MADE_AT + 1, { ...user, networks }), true);
    const stored = await users.find(user.appId, user.id);
    assert.deepEqual(stored, { ...user, networks, lastLogin: MADE_AT + 1, revision: 2 });
    assert.equal(await users.recordLogin(user, MADE_AT + 2), false);
    assert.equal(await users.recordLogin(user, MADE_AT + 2, { ...user, networks: [] }), false);
    assert.deepEqual(await users.find(user.appId, user.id), stored);
    assert.deepEqual(await users.findByHandle(user.appId, user.handle), stored);
  });

  it('sees with a log-in who was not seen that day, unless another moved the day meanwhile', async () => {
    const { users } = stage().store;
    const user = aUser({ appId: anId() });
    await users.insert(user);
    const day = 20_000;
    const networks = [{ network: 'here', day }];
    assert.equal(await users.recordLogin(user, MADE_AT + 1, undefined, day), true);
    assert.equal(await users.recordLogin(user, MADE_AT + 2, undefined, day), false);
    assert.equal(await users.recordLogin(user, MADE_AT + 2, { ...user, networks }, day), false);
    const seen = { ...user, lastLogin: MADE_AT + 1, lastSeenDay: day };
    assert.deepEqual(await users.find(user.appId, user.id), seen);
    assert.equal(await users.recordLogin(seen, MADE_AT + 3, { ...seen, networks }, day + 1), true);
    const later = { ...seen, networks, lastLogin: MADE_AT + 3, lastSeenDay: day + 1, revision: 2 };
    assert.deepEqual(await users.find(user.appId, user.id), later);
    const visits = [{ appId: user.appId, userId: user.id, day: day + 1 }];
    assert.deepEqual(await users.recordVisits(visits), []);
  });

  it('stores a user with the signup that they become, and of a refused one nothing', async () => {
    const { users, signups } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId, handle: 'ada@x.org' });
    await signups.insert(signup);
    const settled = { ...signup, status: 'verified' as const };
    const user = aUser({ appId, handle: 'ada@x.org' });
    assert.deepEqual(await users.insertSettling(user, settled), { ...settled, revision: 2 });
    assert.deepEqual(await users.find(appId, user.id), user);
    assert.deepEqual(await signups.find(appId, signup.id), { ...settled, revision: 2 });

    const rival = users.insertSettling(aUser({ appId, handle: 'ada@x.org' }), { ...settled, revision: 2 });
    await assert.rejects(rival, { error: 'handle_taken' });
    assert.equal((await signups.find(appId, signup.id))?.revision, 2);
  });

  it('stores a user whose signup was changed meanwhile, and leaves that alone', async () => {
    const { users, signups } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId });
    await signups.insert(signup);
    await signups.replace({ ...signup, locale: 'DE' });
    const user = aUser({ appId });
    assert.equal(await users.insertSettling(user, { ...signup, status: 'verified' }), undefined);
    assert.deepEqual(await users.find(appId, user.id), user);
    assert.equal((await signups.find(appId, signup.id))?.status, 'pending');
  });

  it('notes what nobody is found by at the revision it was read at, and not over what came between', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aUser({ appId, userName: 'ada' });
    await users.insert(user);
    await users.recordLogin(user, MADE_AT + 5);
    const networks = [{ network: 'home', day: 20_400 }];
    const noted = await users.note({ ...user, networks });
    assert.deepEqual(noted, { ...user, networks, revision: 2 });
    assert.deepEqual(await users.find(appId, user.id), { ...noted, lastLogin: MADE_AT + 5 });
    assert.equal(await users.note({ ...user, networks: [] }), undefined);
    assert.ok(await users.replace({ ...user, networks, revision: 2 }));
    assert.equal((await users.findByUserName(appId, 'ada'))?.revision, 3);
    assert.equal(await users.note(aUser({ appId })), undefined);
  });

  it('records the first visit of a day once, without moving the revision, and never back', async () => {
    const { store, another } = stage();
    const { users } = store;
    const appId = anId();
    const [fresh, known] = [aUser({ appId }), aUser({ appId, lastSeenDay: 20_400 })];
    await users.insertMany([fresh, known]);
    assert.deepEqual(await users.find(appId, known.id), known);
    const visits = [fresh, known].map(({ id }) => ({ appId, userId: id, day: 20_454 }));
    const gone = { appId, userId: anId(), day: 20_454 };
    const told = await Promise.all(
      [users, another().users, users].map((each) => each.recordVisits([...visits, gone])),
    );
    assert.deepEqual(
      new Map(told.flat().map(({ userId, lastSeenDay }) => [userId, lastSeenDay])),
      new Map([
        [fresh.id, undefined],
        [known.id, 20_400],
      ]),
    );
    assert.equal(told.flat().length, 2);
    assert.deepEqual(await users.find(appId, fresh.id), { ...fresh, lastSeenDay: 20_454 });
    assert.deepEqual(await users.recordVisits(visits.map((visit) => ({ ...visit, day: 20_453 }))), []);
    await users.replace({ ...fresh, locale: 'DE' });
    assert.equal((await users.find(appId, fresh.id))?.lastSeenDay, 20_454);
    assert.deepEqual(await users.recordVisits([]), []);
  });

  it('pages newest first, by id within one moment, with the total', async () => {
    const { users } = stage().store;
    const appId = anId();
    const people = Array.from({ length: 7 }, (_, n) =>
      aUser({
        appId,
        id: `${n}`.repeat(24),
        createdAt: MADE_AT + (n >> 1),
        ...(n === 3 && { handle: 'ANON_3' }),
      }),
    );
    await users.insertMany(people);
    const ids = async (request: { offset: number; limit: number; hideAnonymous?: boolean }) => {
      const { rows, total } = await users.page(appId, request);
      return [rows.map(({ id }) => id[0]).join(''), total];
    };
    assert.deepEqual(await ids({ offset: 0, limit: 3 }), ['654', 7]);
    assert.deepEqual(await ids({ offset: 3, limit: 10 }), ['3210', 7]);
    assert.deepEqual(await ids({ offset: 7, limit: 10 }), ['', 7]);
    assert.deepEqual(await ids({ offset: 0, limit: 10, hideAnonymous: true }), ['654210', 6]);
    assert.deepEqual(await users.count(appId), { total: 7, anonymous: 1 });
    assert.equal(await users.size(appId), 7);
  });

  it('streams every user once and removes them all', async () => {
    const { users } = stage().store;
    const appId = anId();
    const people = Array.from({ length: 450 }, () => aUser({ appId }));
    const neighbour = aUser({ appId: anId() });
    await users.insertMany([...people, neighbour]);
    const streamed = (await Array.fromAsync(users.stream(appId))).map(({ id }) => id);
    assert.deepEqual(streamed, people.map(({ id }) => id).sort());
    assert.equal(await users.removeAll(appId), 450);
    assert.deepEqual(await users.count(appId), { total: 0, anonymous: 0 });
    assert.deepEqual(await users.search(appId, { value: 'example', limit: 9 }), []);
    assert.ok(await users.find(neighbour.appId, neighbour.id));
  });

  it('stops an import at the first conflict', async () => {
    const { users } = stage().store;
    const appId = anId();
    const people = Array.from({ length: 10 }, (_, n) => aUser({ appId, ...(n > 6 && { userName: 'same' }) }));
    await assert.rejects(users.insertMany(people), (error) => isHostError(error, 'user_name_taken'));
  });

  it('is removed once', async () => {
    const { users } = stage().store;
    const appId = anId();
    const user = aUser({ appId });
    await users.insert(user);
    const removed = await Promise.all([users.remove(appId, user.id), users.remove(appId, user.id)]);
    assert.deepEqual(removed.sort(), [false, true]);
    assert.equal(await users.findByHandle(appId, user.handle), undefined);
    await users.insert(aUser({ appId, handle: user.handle }));
  });
}
