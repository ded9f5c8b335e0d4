import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anId, aSignup, MADE_AT } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

export function describeSignups(stage: () => Stage): void {
  it('answers a signup exactly as it was inserted', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId, metaData: { a: { b: 'c' } } });
    await signups.insert(signup);
    assert.deepEqual(await signups.find(appId, signup.id), signup);
    assert.deepEqual(await signups.findByHandle(appId, signup.handle), signup);
    assert.equal(await signups.find(anId(), signup.id), undefined);
    assert.equal(await signups.findByHandle(anId(), signup.handle), undefined);
  });

  it('answers what was asked for in a contested one, however often it changes', async () => {
    const { signups } = stage().store;
    const requests = ['a', 'b'].map((text, n) => ({
      passwordHash: text,
      metaData: { role: text },
      locale: 'DE',
      askedAt: MADE_AT + n,
    }));
    const signup = aSignup({ appId: anId(), passwordHash: undefined, requests });
    await signups.insert(signup);
    assert.deepEqual((await signups.findByHandle(signup.appId, signup.handle))?.requests, requests);
    const decided = await signups.replace({ ...signup, passwordHash: 'b', requests: undefined });
    assert.ok(decided);
    const stored = await signups.find(signup.appId, signup.id);
    assert.deepEqual([stored?.passwordHash, stored && 'requests' in stored], ['b', false]);
    assert.equal(await signups.replace({ ...signup, requests }), undefined, 'at a revision that is over');
  });

  it('is found by its link without an app, and is one over all apps', async () => {
    const { signups } = stage().store;
    const signup = aSignup({ appId: anId() });
    await signups.insertMany([aSignup({ appId: anId() }), signup]);
    assert.deepEqual(await signups.findByLink(signup.id), signup);
    const renewed = await signups.replace({ ...signup, locale: 'DE' });
    assert.deepEqual(await signups.findByLink(signup.id), renewed);
    const same = signups.insert(aSignup({ id: signup.id, appId: anId() }));
    await assert.rejects(same, { error: 'handle_taken' });
    assert.equal(await signups.findByLink(aSignup().id), undefined);
    await signups.remove(signup.appId, signup.id);
    assert.equal(await signups.findByLink(signup.id), undefined);
  });

  it('tells when a link leads to the row of another', async () => {
    const { store, engine, events } = stage();
    const [mine, other] = [aSignup({ appId: anId() }), aSignup({ appId: anId() })];
    await store.signups.insertMany([mine, other]);
    const row = await engine.findWhole('signups', mine.appId, mine.id);
    const target = await engine.findWhole('signups', other.appId, other.id);
    assert.ok(row && target);
    await store.signups.remove(other.appId, other.id);
    const keys = { ...row.keys, link: target.keys.link ?? '' };
    await engine.replace('signups', { ...row, revision: 2, keys });
    await assert.rejects(store.signups.findByLink(other.id), { name: 'TamperError' });
    assert.equal(events.at(-1)?.event, 'tamper_detected');
  });

  it('keeps one row per handle', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const rivals = Array.from({ length: 20 }, () => signups.insert(aSignup({ appId, handle: 'a@x.org' })));
    const refused = refusals(await Promise.allSettled(rivals));
    assert.deepEqual(refused, Array(19).fill('handle_taken'));
  });

  it('lets one of many simultaneous completions through', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId });
    await signups.insert(signup);
    const completions = Array.from({ length: 50 }, () =>
      signups.replace({ ...signup, status: 'verified', code: undefined }),
    );
    const done = (await Promise.all(completions)).filter((completed) => completed !== undefined);
    assert.equal(done.length, 1);
    const stored = await signups.find(appId, signup.id);
    assert.equal(stored?.status, 'verified');
    assert.equal(stored?.revision, 2);
    assert.equal(stored && 'code' in stored, false);
  });

  it('replaces the whole row, age included', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const old = aSignup({ appId });
    const between = aSignup({ appId, createdAt: MADE_AT + 1 });
    await signups.insertMany([old, between]);
    const again = await signups.replace({ ...old, passwordHash: 'new', createdAt: MADE_AT + 2 });
    assert.deepEqual(await signups.page(appId, { offset: 0, limit: 5 }), {
      rows: [again, between],
      total: 2,
    });
    assert.deepEqual(await signups.search(appId, { value: old.handle, limit: 5 }), [again]);
  });

  it('is removed only at the revision that was asked for', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const signup = aSignup({ appId });
    await signups.insert(signup);
    await signups.replace(signup);
    assert.equal(await signups.remove(appId, signup.id, 1), false);
    assert.equal(await signups.remove(anId(), signup.id, 2), false);
    assert.equal(await signups.remove(appId, signup.id, 2), true);
    assert.equal(await signups.remove(appId, signup.id), false);
  });

  it('is removed by its handle, and with the app', async () => {
    const { signups } = stage().store;
    const appId = anId();
    const crowd = Array.from({ length: 5 }, () => aSignup({ appId }));
    await signups.insertMany(crowd);
    assert.equal(await signups.removeByHandle(appId, crowd[0]?.handle ?? ''), true);
    assert.equal(await signups.removeByHandle(appId, crowd[0]?.handle ?? ''), false);
    assert.equal((await Array.fromAsync(signups.stream(appId))).length, 4);
    assert.equal(await signups.removeAll(appId), 4);
    assert.deepEqual(await signups.page(appId, { offset: 0, limit: 5 }), { rows: [], total: 0 });
  });
  it('is removed when it waits and its code is out of date for so long, over all apps', async () => {
    const { signups } = stage().store;
    const [first, second] = [anId(), anId()];
    const code = (expiresAt: number) => ({ id: anId(), digest: 'd', expiresAt });
    const [waiting, renewed, done, uncoded] = [
      aSignup({ appId: first, status: 'pending', code: code(MADE_AT) }),
      aSignup({ appId: first, status: 'pending', code: code(MADE_AT) }),
      aSignup({ appId: second, status: 'verified', code: code(MADE_AT) }),
      aSignup({ appId: second, status: 'pending', code: undefined, updatedAt: MADE_AT }),
    ];
    await signups.insertMany([waiting, renewed, done, uncoded]);
    await signups.replace({ ...renewed, code: code(MADE_AT + 1) });
    assert.equal(await signups.removeExpired(MADE_AT, 10), 0);
    assert.equal(await signups.removeExpired(MADE_AT + 1, 1), 1);
    assert.equal(await signups.removeExpired(MADE_AT + 1, 10), 1);
    const left = [
      ...(await Array.fromAsync(signups.stream(first))),
      ...(await Array.fromAsync(signups.stream(second))),
    ];
    assert.deepEqual(
      left.map(({ id }) => id),
      [renewed.id, done.id],
    );
  });
}
