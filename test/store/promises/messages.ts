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

  it('comes back when it is due again, with its tries, and is found by its id', async () => {
    const { messages } = stage().store;
    const message = aQueuedMessage();
    await messages.insert(message);
    const [taken] = await messages.takeDue({ now: MADE_AT, leaseUntil: MADE_AT + 400, limit: 5 });
    assert.ok(taken);
    const later = await messages.replace({ ...taken, tries: 3, dueAt: MADE_AT + 500 });
    assert.deepEqual(await messages.find(message.id), later);
    assert.equal(await messages.find(anId()), undefined);
    const take = (now: number) => messages.takeDue({ now, leaseUntil: now + 1, limit: 5 });
    assert.deepEqual(await take(MADE_AT + 499), []);
    assert.equal((await take(MADE_AT + 500))[0]?.tries, 3);
    await messages.remove(message.id);
  });

  it('is changed by one of two who read it, whoever leases it meanwhile', async () => {
    const { messages } = stage().store;
    const message = aQueuedMessage();
    await messages.insert(message);
    await messages.takeDue({ now: MADE_AT, leaseUntil: MADE_AT + 60_000, limit: 5 });
    const { content: _, ...emptied } = message;
    const withdrawn = await messages.replace({ ...emptied, state: 'withdrawn', dueAt: MADE_AT + 9e6 });
    assert.equal(withdrawn?.content, undefined);
    assert.equal(await messages.replace({ ...message, state: 'sent' }), undefined);
    assert.deepEqual(await messages.find(message.id), withdrawn);
    await messages.remove(message.id);
  });

  it('counts while it waits alone', async () => {
    const { messages } = stage().store;
    const appId = anId();
    const before = await messages.count();
    for (const state of ['waiting', 'sent', 'failed', 'withdrawn'] as const)
      await messages.insert(aQueuedMessage({ appId, state }));
    assert.equal((await messages.count()) - before, 1);
    await messages.removeAll(appId);
  });

  it('is found and removed by its recipient, in its app alone', async () => {
    const { messages } = stage().store;
    const [appId, other] = [anId(), anId()];
    const to = 'Bob@example.com';
    const waiting = aQueuedMessage({ appId, to });
    for (const row of [waiting, aQueuedMessage({ appId, to, state: 'sent' }), aQueuedMessage({ appId })])
      await messages.insert(row);
    await messages.insert(aQueuedMessage({ appId: other, to }));
    assert.deepEqual(await messages.listWaiting(appId, to), [waiting]);
    assert.equal(await messages.removeRecipient(appId, to), 2);
    assert.deepEqual(await messages.listWaiting(appId, to), []);
    assert.equal((await messages.listWaiting(other, to)).length, 1);
    assert.equal(await messages.removeAll(appId), 1);
    await messages.removeAll(other);
  });

  it('is listed newest first, page by page, by app and state', async () => {
    const { messages } = stage().store;
    const [appId, other] = [anId(), anId()];
    const states = ['waiting', 'sent', 'failed', 'withdrawn'] as const;
    const made: ReturnType<typeof aQueuedMessage>[] = [];
    for (let n = 0; n < 12; n++) {
      const at = { createdAt: MADE_AT + n, dueAt: MADE_AT + 9e9 };
      made.push(aQueuedMessage({ appId: n % 3 === 0 ? other : appId, state: states[n % 4], ...at }));
    }
    for (const message of made) await messages.insert(message);
    const filters = [
      { appId },
      { appId: other, state: 'failed' },
      { state: 'waiting' },
      { state: 'sent' },
      {},
    ] as const;
    for (const filter of filters) {
      const { appId: app, state }: { appId?: string; state?: string } = filter;
      const expected = made
        .filter((each) => (!app || each.appId === app) && (!state || each.state === state))
        .map(({ id }) => id)
        .reverse();
      const found: string[] = [];
      let after: Awaited<ReturnType<typeof messages.list>>['next'];
      do {
        const page = await messages.list(filter, { after, limit: 2 });
        assert.ok(page.rows.length <= 2);
        found.push(...page.rows.filter((row) => [appId, other].includes(row.appId)).map(({ id }) => id));
        after = page.next;
      } while (after);
      assert.deepEqual(found, expected, JSON.stringify(filter));
    }
    for (const app of [appId, other]) await messages.removeAll(app);
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
