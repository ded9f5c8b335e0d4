import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aJob, anId, MADE_AT } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

export function describeJobs(stage: () => Stage): void {
  it('gives each job that is due to one taker, and none that ended', async () => {
    const { store, another } = stage();
    const appId = anId();
    const due = Array.from({ length: 20 }, (_, n) => aJob({ appId, dueAt: MADE_AT - n }));
    for (const job of due) await store.jobs.insert(job);
    const { dueAt: _, ...ended } = aJob({ appId, state: 'done', endedAt: MADE_AT });
    await store.jobs.insert(ended);
    await store.jobs.insert(aJob({ appId, dueAt: MADE_AT + 1 }));
    const processes = [store, another(), another()];
    const input = { now: MADE_AT, leaseUntil: MADE_AT + 60_000, limit: 3 };
    const rounds = await Promise.all(
      Array.from({ length: 12 }, (_, n) => processes[n % 3]?.jobs.takeDue(input)),
    );
    const taken = rounds.flatMap((jobs) => jobs ?? []).filter((job) => job.appId === appId);
    assert.deepEqual(taken.map(({ id }) => id).sort(), due.map(({ id }) => id).sort());
    assert.ok(taken.every(({ dueAt, revision }) => dueAt === MADE_AT + 60_000 && revision === 1));
    assert.deepEqual(await store.jobs.find(ended.id), ended);
    await store.jobs.removeAll(appId);
  });

  it('lets one of two who work on the same step go on', async () => {
    const { store, another } = stage();
    const job = aJob();
    await store.jobs.insert(job);
    const step = { ...job, state: 'running', read: 5, progress: { after: [1, 'a'] } } as const;
    const written = await Promise.all([store.jobs.replace(step), another().jobs.replace(step)]);
    assert.equal(written.filter((one) => one !== undefined).length, 1);
    assert.deepEqual(await store.jobs.find(job.id), { ...step, revision: 2 });
    await store.jobs.removeAll(job.appId);
  });

  it('lists the jobs of an app by key, newest first', async () => {
    const { jobs } = stage().store;
    const appId = anId();
    const made = Array.from({ length: 5 }, (_, n) => aJob({ appId, createdAt: MADE_AT + n }));
    for (const job of made) await jobs.insert(job);
    await jobs.insert(aJob({ appId: anId() }));
    const first = await jobs.list(appId, { limit: 2 });
    assert.deepEqual(first.rows, [made[4], made[3]]);
    await jobs.insert(aJob({ appId, createdAt: MADE_AT + 9 }));
    const second = await jobs.list(appId, { after: first.next, limit: 3 });
    assert.deepEqual(second, { rows: [made[2], made[1], made[0]] });
    await jobs.removeAll(appId);
  });

  it('removes what ended before, and everything of an app', async () => {
    const { jobs } = stage().store;
    const [appId, other] = [anId(), anId()];
    const old = aJob({ appId, state: 'failed', endedAt: MADE_AT - 1 });
    const young = aJob({ appId, state: 'done', endedAt: MADE_AT });
    const open = aJob({ appId: other, createdAt: 1 });
    for (const job of [old, young, open]) await jobs.insert(job);
    assert.equal(await jobs.removeEnded(MADE_AT), 1);
    assert.equal(await jobs.find(old.id), undefined);
    assert.equal(await jobs.removeAll(appId), 1);
    const left = await Array.fromAsync(jobs.stream());
    assert.deepEqual(
      left.filter((job) => [appId, other].includes(job.appId)),
      [open],
    );
    assert.equal(await jobs.removeAll(other), 1);
  });
}
