import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildConfig } from '../../../server/config/load.ts';
import { beginJob, stopJob } from '../../../server/domain/jobs/job.ts';
import { type JobRunner, type JobWork, startJobs } from '../../../server/domain/jobs/runner.ts';
import { createLogger } from '../../../server/log/logger.ts';
import { HostError } from '../../../server/model/errors.ts';
import { isEnded, type Job } from '../../../server/model/job.ts';
import { buildDeps, type Wired } from '../../../server/wiring.ts';
import { FakeClock } from '../../support/clock.ts';
import { makeDataDir } from '../../support/host.ts';
import { until as untilSo } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('jobs', () => {
  let deps: Wired;
  let clock: FakeClock;
  let dataDir: string;
  let runners: JobRunner[];
  let events: { event?: string; state?: string; name?: string }[];
  /** What was done, in order. */
  let done: number[];

  beforeEach(async () => {
    const made = makeDataDir();
    dataDir = made.dataDir;
    const config = {
      ...buildConfig(made.settings, { production: false }),
      database: { kind: 'sqlite', file: ':memory:' } as const,
    };
    events = [];
    const log = createLogger('info', { write: (line: string) => void events.push(JSON.parse(line)) });
    clock = new FakeClock();
    deps = await buildDeps(config, log, { clock });
    runners = [];
    done = [];
  });
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
    await deps.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function start(work: JobWork, folder = 'here'): JobRunner {
    const runner = startJobs(deps, { bulk: work, import: work }, () => folder);
    runners.push(runner);
    return runner;
  }
  /** Of a process that does nothing any more once it waits. */
  function still() {
    const pause = (_: number, stop?: AbortSignal) =>
      new Promise<void>((resolve) => {
        stop?.addEventListener('abort', () => resolve());
      });
    return { now: () => clock.now(), pause };
  }
  async function begin(more: { folder?: string } = {}): Promise<Job> {
    const job = await beginJob(deps, { appId: 'app', kind: 'bulk', task: {}, total: 5, ...more });
    for (const runner of runners) runner.wake();
    return job;
  }
  const read = async (job: Job) => (await deps.store.jobs.find(job.id)) as Job;
  async function until(job: Job, holds: (job: Job) => boolean): Promise<Job> {
    let now = await read(job);
    const isSo = async () => {
      now = await read(job);
      return holds(now);
    };
    await untilSo(`the job gets there, which began at ${JSON.stringify(now)}`, isSo, { everyMs: 25 });
    return now;
  }
  /** Counts from `at` up to 5, one a step. */
  const count: JobWork = async ({ progress, read: counted, report }) => {
    const at = Number(progress.at ?? 0);
    done.push(at);
    const job = { progress: { at: at + 1 }, read: counted + 1, report: { ...report, done: at + 1 } };
    return at === 4 ? { job, next: 'done' } : { job };
  };

  it('are worked off in steps, told of, and kept', async () => {
    start(count);
    const job = await begin();
    const last = await until(job, isEnded);
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
    const { state, read: counted, total, report, dueAt, endedAt } = last;
    assert.deepEqual([state, counted, total, report], ['done', 5, 5, { done: 5 }]);
    assert.deepEqual([dueAt, endedAt], [undefined, clock.now()]);
    const told = events.filter(({ event }) => event?.startsWith('job_'));
    assert.deepEqual(
      told.map(({ event, state: end }) => [event, end]),
      [
        ['job_started', undefined],
        ['job_ended', 'done'],
      ],
    );
  });

  it('are never done twice, however many processes look for them', async () => {
    for (let n = 0; n < 4; n++) start(count);
    const jobs = await Promise.all(Array.from({ length: 6 }, () => begin()));
    for (const job of jobs) await until(job, isEnded);
    assert.equal(done.length, 30);
    assert.equal(events.filter(({ event }) => event === 'job_ended').length, 6);
  });

  it('go on in another process where one was killed, when its lease is over', async () => {
    const job = await begin();
    const never = new Promise<never>(() => {});
    const dying = { ...deps, clock: still() };
    const stuck: JobWork = (at) => (at.read === 2 ? never : count(at));
    startJobs(dying, { bulk: stuck, import: stuck }, () => 'here');
    await until(job, (now) => now.read === 2);
    start(count).wake();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(done, [0, 1], 'the step belongs to the one that has it');
    clock.advance(MINUTE_MS);
    await until(job, isEnded);
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
  });

  it('are let go at an orderly stop, and go on at once with the next start', async () => {
    const job = await begin();
    let stopped: Promise<void> | undefined;
    const first: JobRunner = start(async (at) => {
      if (at.read === 2) stopped ??= first.stop();
      return count(at);
    });
    await until(job, (now) => now.read === 3);
    await stopped;
    assert.deepEqual(done, [0, 1, 2]);
    start(count);
    await until(job, isEnded);
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
  });

  it('go on when their time has come', async () => {
    const hourly: JobWork = async (at) => {
      const step = await count(at);
      return step.next ? step : { ...step, next: clock.now() + 60 * MINUTE_MS };
    };
    const runner = start(hourly);
    const job = await begin();
    for (const hour of [1, 2, 3, 4]) {
      await until(job, (now) => now.read === hour && now.dueAt === clock.now() + 60 * MINUTE_MS);
      assert.equal((await read(job)).state, 'running');
      clock.advance(60 * MINUTE_MS);
      runner.wake();
    }
    await until(job, isEnded);
  });

  it('end when they are stopped, once', async () => {
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: JobWork = async (at) => {
      begun.resolve();
      await mayEnd.promise;
      return count(at);
    };
    const runner = start(slow);
    const job = await begin();
    await begun.promise;
    assert.equal((await read(job)).state, 'running');
    assert.equal(await stopJob(deps, { job: job.id }), true);
    assert.equal(await stopJob(deps, { job: job.id }), true);
    mayEnd.resolve();
    await until(job, () => done.length > 0);
    await runner.stop();
    const { state, read: counted, dueAt } = await read(job);
    assert.deepEqual([state, counted, dueAt, done], ['stopped', 0, undefined, [0]]);
    assert.equal(events.filter(({ event }) => event === 'job_ended').length, 1);
    await assert.rejects(stopJob(deps, { job: 'f'.repeat(24) }), ({ error }: HostError) => {
      return error === 'job_unknown';
    });
  });

  it('wait for the data folder that holds their file, and fail after a day', async () => {
    start(count, 'elsewhere');
    const [job, lost] = [await begin({ folder: 'here' }), await begin({ folder: 'gone' })];
    const { state } = await until(job, ({ reason }) => reason === 'file_elsewhere');
    assert.deepEqual([state, done], ['waiting', []]);
    clock.advance(MINUTE_MS);
    start(count, 'here').wake();
    const last = await until(job, isEnded);
    assert.deepEqual([last.state, last.reason], ['done', undefined]);
    clock.advance(DAY_MS);
    const failed = await until(lost, isEnded);
    assert.deepEqual([failed.state, failed.reason], ['failed', 'file_elsewhere']);
  });

  it('try a step that breaks again, and give up in the end', async () => {
    const runner = start(() => Promise.reject(new TypeError('broken')));
    const job = await begin();
    for (let tries = 1; tries < 10; tries++) {
      await until(job, (now) => now.tries === tries && now.dueAt === clock.now() + MINUTE_MS);
      clock.advance(MINUTE_MS);
      runner.wake();
    }
    const { state, reason } = await until(job, isEnded);
    assert.deepEqual([state, reason], ['failed', 'unexpected']);
    const told = events.filter(({ event }) => event === 'unexpected_error');
    assert.ok(told.every(({ name }) => name === 'TypeError'));
  });

  it('fail when each try of a step ends the process', async () => {
    const job = await begin();
    const never = new Promise<never>(() => {});
    const dying = { ...deps, clock: still() };
    const deadly: JobWork = (at) => (at.read === 2 ? never : count(at));
    for (let tries = 1; tries <= 10; tries++) {
      startJobs(dying, { bulk: deadly, import: deadly }, () => 'here');
      await until(job, (now) => now.read === 2 && now.tries === tries);
      clock.advance(MINUTE_MS);
    }
    start(count);
    const { state, reason } = await until(job, isEnded);
    assert.deepEqual([state, reason, done], ['failed', 'unexpected', [0, 1]]);
  });

  it('stay with the process whose step takes longer than a lease', async () => {
    let go = () => {};
    let begun = 0;
    const slow: JobWork = async (at) => {
      begun++;
      if (at.read === 0)
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      return count(at);
    };
    const quick = {
      now: () => clock.now(),
      pause: (_: number, stop?: AbortSignal) => clock.pause(5, stop),
    };
    for (let n = 0; n < 2; n++) {
      runners.push(startJobs({ ...deps, clock: quick }, { bulk: slow, import: slow }, () => 'here'));
    }
    const job = await begin();
    await until(job, (now) => now.state === 'running');
    for (let n = 0; n < 9; n++) {
      clock.advance(10_000);
      await until(job, (now) => now.dueAt === clock.now() + 30_000);
    }
    assert.equal(begun, 1);
    go();
    await until(job, isEnded);
    assert.deepEqual([begun, done], [5, [0, 1, 2, 3, 4]]);
  });

  it('are not begun twice by one process whose lease ran out', async () => {
    let go = () => {};
    let begun = 0;
    const runner = start(async (at) => {
      begun++;
      if (at.read === 0)
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      return count(at);
    });
    const job = await begin();
    await until(job, () => begun === 1);
    clock.advance(MINUTE_MS);
    runner.wake();
    await until(job, (now) => now.dueAt === clock.now() + 30_000);
    assert.equal(begun, 1);
    go();
    await until(job, isEnded);
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
  });

  it('wait while the database is away', async () => {
    let away = true;
    const runner = start(async (at) => {
      if (away) throw new HostError('service_unavailable');
      return count(at);
    });
    const job = await begin();
    await until(job, ({ state }) => state === 'running');
    away = false;
    clock.advance(MINUTE_MS);
    runner.wake();
    const { state, tries } = await until(job, isEnded);
    assert.deepEqual([state, tries], ['done', 0]);
  });
});
