import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anId, aQueuedMessage, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

export function describeMessages(stage: () => Stage): void {
  it('gives each due message to one taker', async () => {
    const { store, another } = stage();
    const due = Array.from({ length: 40 }, (_, n) => aQueuedMessage({ dueAt: MADE_AT - n }));
    await Promise.all(due.map((message) => store.messages.insert(message)));
    await store.messages.insert(aQueuedMessage({ dueAt: MADE_AT + 1 }));
    const processes = [store, another(), another()];
    const input = { now: MADE_AT, leaseUntil: MADE_AT + 60_000, limit: 7 };
    const rounds = await Promise.all(
      Array.from({ length: 12 }, (_, n) => processes[n % 3]?.messages.takeDue(input)),
    );
    const taken = rounds.flatMap((messages) => messages ?? []).map(({ id }) => id);
    assert.deepEqual(taken.toSorted(), due.map(({ id }) => id).sort());
    assert.equal(await store.messages.count(), 41);
    await store.messages.removeAll('app');
    assert.equal(await store.messages.count(), 0);
  });

  it('answers a message as it was queued, leased until later, and again after the lease', async () => {
    const { messages } = stage().store;
    const message = aQueuedMessage();
    await messages.insert(message);
    const leaseUntil = MADE_AT + 60_000;
    const take = (now: number) => messages.takeDue({ now, leaseUntil: now + 60_000, limit: 5 });
    assert.deepEqual(await take(MADE_AT - 1), []);
    assert.deepEqual(await take(MADE_AT), [{ ...message, dueAt: leaseUntil }]);
    assert.deepEqual(await take(leaseUntil - 1), []);
    assert.equal((await take(leaseUntil)).length, 1);
    await messages.remove(message.id);
    assert.deepEqual(await take(leaseUntil * 2), []);
  });

  it('comes back after being postponed, with its tries', async () => {
    const { messages } = stage().store;
    const message = aQueuedMessage();
    await messages.insert(message);
    await messages.postpone(message.id, { tries: 3, dueAt: MADE_AT + 500 });
    await messages.postpone(anId(), { tries: 3, dueAt: MADE_AT });
    const take = (now: number) => messages.takeDue({ now, leaseUntil: now + 1, limit: 5 });
    assert.deepEqual(await take(MADE_AT + 499), []);
    assert.equal((await take(MADE_AT + 500))[0]?.tries, 3);
    await messages.remove(message.id);
  });

  it('is removed with its app', async () => {
    const { messages } = stage().store;
    const [gone, stays] = [anId(), anId()];
    for (const appId of [gone, gone, stays]) await messages.insert(aQueuedMessage({ appId }));
    assert.equal(await messages.removeAll(gone), 2);
    assert.equal(await messages.count(), 1);
    assert.equal(await messages.removeAll(stays), 1);
  });
}
