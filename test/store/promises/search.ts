import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Row } from '../../../server/store/engine.ts';
import { anId, anInvite, aRowId, aSignup, aUser, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

/** How often the event loop went round meanwhile. */
async function turnsDuring<T>(work: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  try {
    const result = await work();
    return { result, turns };
  } finally {
    clearImmediate(next);
  }
}

export function describeSearch(stage: () => Stage): void {
  it('finds users by handle and user name: whole, beginning or part, by handle', async () => {
    const { users } = stage().store;
    const appId = anId();
    await users.insertMany([
      aUser({ appId, handle: 'zoe@x.org', userName: 'adalina' }),
      aUser({ appId, handle: 'ada.lovelace@x.org' }),
      aUser({ appId, handle: 'ada@x.org' }),
      aUser({ appId, handle: 'ANON_ada' }),
      aUser({ appId, handle: 'Ada@x.org' }),
      aUser({ appId, handle: 'nevada@x.org', userName: 'bob' }),
      aUser({ appId: anId(), handle: 'ada@x.org' }),
    ]);
    const found = async (value: string, options = {}) =>
      (await users.search(appId, { value, limit: 10, ...options })).map(({ handle }) => handle);
    assert.deepEqual(await found('ada'), [
      'ANON_ada',
      'ada.lovelace@x.org',
      'ada@x.org',
      'nevada@x.org',
      'zoe@x.org',
    ]);
    assert.deepEqual(await found('ada', { hideAnonymous: true, limit: 2 }), [
      'ada.lovelace@x.org',
      'ada@x.org',
    ]);
    assert.deepEqual(await found('ada', { offset: 3 }), ['nevada@x.org', 'zoe@x.org']);
    assert.deepEqual(await found('ada.lovelace@x.org'), ['ada.lovelace@x.org']);
    assert.deepEqual(await found('ada.l'), ['ada.lovelace@x.org']);
    assert.deepEqual(await found('bob'), ['nevada@x.org']);
    assert.equal((await found('x')).length, 5);
    assert.deepEqual(await found('ANON_ada', { hideAnonymous: true }), []);
    assert.deepEqual(await found('nobody'), []);
  });

  it('puts whoever is called exactly so first, and the others behind', async () => {
    const { users, invites } = stage().store;
    const appId = anId();
    await users.insertMany([
      aUser({ appId, handle: 'a.smith@x.org', userName: 'smithson' }),
      aUser({ appId, handle: 'z@x.org', userName: 'smith' }),
      aUser({ appId, handle: 'b.smith@x.org' }),
      aUser({ appId, handle: 'c@x.org' }),
    ]);
    const found = async (value: string, options = {}) =>
      (await users.search(appId, { value, limit: 10, ...options })).map(({ handle }) => handle);
    assert.deepEqual(await found('smith'), ['z@x.org', 'a.smith@x.org', 'b.smith@x.org']);
    assert.deepEqual(await found('smith', { limit: 1 }), ['z@x.org']);
    assert.deepEqual(await found('smith', { offset: 1, limit: 1 }), ['a.smith@x.org']);
    const handle = 'me@x.org';
    await invites.insertMany([
      anInvite({ appId, handle: `aa.${handle}` }),
      anInvite({ appId, handle, senderHandle: 'b@x.org' }),
      anInvite({ appId, handle, senderHandle: 'a@x.org' }),
    ]);
    const invited = await invites.search(appId, { value: handle, limit: 5 });
    assert.deepEqual(
      invited.map((invite) => invite.handle),
      [handle, handle, `aa.${handle}`],
    );
  });

  it('lets others have their turn between a few hundred rows', async () => {
    const { users } = stage().store;
    const appId = anId();
    const crowd = Array.from({ length: 2_000 }, (_, n) => aUser({ appId, handle: `crowded.${n}@x.org` }));
    await users.insertMany(crowd);
    const searched = await turnsDuring(() => users.search(appId, { value: 'crowded.7@x.org', limit: 5 }));
    assert.equal(searched.result.length, 1);
    // 2,000 rows that begin alike and the newest 1,000, at most 200 at once.
    assert.ok(searched.turns >= 14, `${searched.turns} turns for a search`);
    const streamed = await turnsDuring(() => Array.fromAsync(users.stream(appId)));
    assert.equal(streamed.result.length, 2_000);
    assert.ok(streamed.turns >= 9, `${streamed.turns} turns for an export`);
  });

  it('finds beginnings over all users and parts among the newest 1,000', async () => {
    const { users } = stage().store;
    const appId = anId();
    const old = aUser({ appId, handle: 'oldest.person@x.org', userName: 'veteran' });
    const crowd = Array.from({ length: 1_000 }, (_, n) => aUser({ appId, createdAt: MADE_AT + 1 + n }));
    await users.insertMany([old, ...crowd]);
    const finds = async (value: string) => (await users.search(appId, { value, limit: 5 })).length === 1;
    assert.equal(await finds('old'), true);
    assert.equal(await finds('oldest'), true);
    assert.equal(await finds('oldest.person@'), true);
    assert.equal(await finds('vete'), true);
    assert.equal(await finds('person'), false);
    assert.equal(await finds('ol'), false);
    await users.replace({ ...old, userName: 'novice' });
    assert.equal(await finds('vete'), false);
    assert.equal(await finds('novi'), true);
    await users.remove(appId, crowd[0]?.id ?? '');
    assert.equal(await finds('person'), true);
  });

  it('finds signups and invites by handle', async () => {
    const { signups, invites } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId, handle: 'guest@x.org' });
    const handle = signup.handle;
    const pair = [anInvite({ appId, handle }), anInvite({ appId, handle, senderHandle: 'b@x.org' })];
    await signups.insertMany([signup, aSignup({ appId })]);
    await invites.insertMany([...pair, anInvite({ appId })]);
    for (const value of ['guest@x.org', 'gue', 'est@']) {
      assert.deepEqual(await signups.search(appId, { value, limit: 5 }), [signup]);
      assert.equal((await invites.search(appId, { value, limit: 5 })).length, 2);
    }
    assert.deepEqual(await signups.search(anId(), { value: 'guest', limit: 5 }), []);
  });

  it('keeps the hashed beginnings of the latest row only', async () => {
    const { engine } = stage();
    const row: Row = {
      id: aRowId(),
      appId: anId(),
      revision: 1,
      keys: { handle: anId() },
      lookups: {},
      prefixes: ['old', 'kept'],
      tags: {},
      createdAt: MADE_AT,
      dueAt: undefined,
      touchedAt: undefined,
      seenDay: undefined,
      doc: {},
    };
    await engine.insert('signups', row);
    const replaced = { ...row, revision: 2, prefixes: ['kept', 'new'], createdAt: MADE_AT + 1 };
    assert.equal(await engine.replace('signups', replaced), true);
    const found = async (prefix: string) =>
      (await engine.list('signups', { appId: row.appId, prefix }, { order: 'newest', limit: 9 })).length;
    assert.deepEqual([await found('old'), await found('kept'), await found('new')], [0, 1, 1]);
  });
}
