import { isHostError } from '../../model/errors.ts';
import type { Job, JobKind } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, MINUTE_MS } from '../../tools/duration.ts';
import { reportUnexpected } from '../users/unexpected.ts';
import { ended, reportEnd } from './job.ts';

/** So long a job stays with a process that says nothing. */
const LEASE_MS = 30_000;
/** A longer step renews the lease so often, so that nobody takes a job that is being worked on. */
const RENEWAL_MS = 10_000;
const POLL_MS = 3_000;
/** Jobs one process works on side by side. */
const AT_ONCE = 4;
const RETRY_MS = MINUTE_MS;
const TRIES_MAX = 10;
/** So long a job waits for the folder with its file. */
const FOLDER_MS = DAY_MS;

type JobDeps = Pick<Deps, 'store' | 'clock' | 'events' | 'activity'>;

/** What a step made of a job. */
export interface JobStep {
  job: Pick<Job, 'progress' | 'read' | 'report'> & Partial<Pick<Job, 'total' | 'reason'>>;
  /** Not set: there is more, at once. A time: there is more, then. */
  next?: 'done' | 'failed' | number;
}
/**
 * Does a small part of a job, in a few seconds at most. After a crash the step is done anew: what was done of
 * it must not be harmed by that.
 */
export type JobWork = (job: Job) => Promise<JobStep>;

export interface JobRunner {
  /** There is a new job. */
  wake(): void;
  /** Lets the steps at hand end; the next start goes on. */
  stop(): Promise<void>;
}

/**
 * Works jobs off in steps, beside requests, whichever process began them: a row belongs to the process that
 * took it for as long as its lease, which each step renews. `folder` names the data folder of this process.
 */
export function startJobs(
  deps: JobDeps,
  works: Readonly<Record<JobKind, JobWork>>,
  folder: () => string,
): JobRunner {
  const stopping = new AbortController();
  let waking = new AbortController();
  /** By the id of the job. */
  const working = new Map<string, Promise<void>>();
  const running = poll();

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      await takeSome().catch(report);
      await deps.clock.pause(POLL_MS, AbortSignal.any([stopping.signal, waking.signal]));
    }
  }

  async function takeSome(): Promise<void> {
    const limit = AT_ONCE - working.size;
    if (limit <= 0) return;
    const now = deps.clock.now();
    for (const job of await deps.store.jobs.takeDue({ now, leaseUntil: now + LEASE_MS, limit })) {
      if (working.has(job.id)) continue;
      const work = workOff(job)
        .catch(report)
        .finally(() => {
          working.delete(job.id);
          waking.abort();
        });
      working.set(job.id, work);
    }
  }

  async function workOff(taken: Job): Promise<void> {
    if (taken.folder !== undefined && taken.folder !== folder()) return leaveToItsFolder(taken);
    // The last try took its process with it.
    if (taken.tries >= TRIES_MAX) return end({ ...taken, reason: 'unexpected' }, 'failed');
    let job = await beginStep({ ...taken, state: 'running', reason: undefined });
    while (job && !stopping.signal.aborted) {
      const after = await step(job);
      if (!after || after.dueAt !== undefined) return;
      job = await beginStep(after);
    }
    // Released at once, so that the next start need not wait for the lease.
    if (job) await deps.store.jobs.replace({ ...job, tries: job.tries - 1, dueAt: deps.clock.now() });
  }

  /** The job after one step: still ours without `dueAt`, with one it is stored; undefined: it is not ours. */
  async function step(begun: Job): Promise<Job | undefined> {
    const over = new AbortController();
    const holding = hold(begun, over.signal);
    let made: JobStep | undefined;
    let failure: unknown;
    try {
      made = await works[begun.kind](begun);
    } catch (error) {
      failure = error;
    }
    over.abort();
    const job = await holding;
    if (!made) {
      report(failure);
      await (isHostError(failure, 'service_unavailable') ? excuse(job) : retryLater(job));
      return undefined;
    }
    const now = deps.clock.now();
    const { next } = made;
    const after = { ...job, ...made.job, tries: 0, workedAt: now };
    if (next === undefined) return { ...after, dueAt: undefined };
    if (typeof next === 'number') return deps.store.jobs.replace({ ...after, dueAt: next });
    return end(after, next);
  }

  /** Renews the lease until the step is over; answers the job as it is stored then, if it is still ours. */
  async function hold(job: Job, over: AbortSignal): Promise<Job> {
    let held = job;
    for (;;) {
      await deps.clock.pause(RENEWAL_MS, over);
      if (over.aborted) return held;
      try {
        const renewed = await write(held);
        if (!renewed) return held;
        held = renewed;
      } catch (error) {
        report(error);
      }
    }
  }

  /** Counts the try beforehand: a step that ends the process must not be begun for ever. */
  function beginStep(job: Job): Promise<Job | undefined> {
    return write({ ...job, tries: job.tries + 1 });
  }

  /** Stores the job with a new lease; undefined when it was stopped, or is another process's. */
  function write(job: Job): Promise<Job | undefined> {
    const now = deps.clock.now();
    return deps.store.jobs.replace({ ...job, dueAt: now + LEASE_MS, workedAt: now });
  }

  async function end(job: Job, state: 'done' | 'failed'): Promise<undefined> {
    const last = await deps.store.jobs.replace(ended(job, state, deps.clock.now()));
    if (!last) return;
    reportEnd(deps, last);
    deps.activity.record({
      appId: last.appId,
      action: last.kind,
      value: JSON.stringify({ job: last.id, state, ...last.report }),
      logType: 'app',
      status: state === 'done' ? 'success' : 'error',
      ...(last.by !== undefined && { by: last.by }),
    });
  }

  async function retryLater(job: Job): Promise<void> {
    if (job.tries >= TRIES_MAX) await end({ ...job, reason: 'unexpected' }, 'failed');
    else await deps.store.jobs.replace({ ...job, dueAt: deps.clock.now() + RETRY_MS });
  }

  /** What is away or overloaded is no fault of the step: it is done anew when the lease runs out. */
  async function excuse(job: Job): Promise<void> {
    await deps.store.jobs.replace({ ...job, tries: job.tries - 1 });
  }

  /** Given back for the processes on that folder, whose turn it may be at any moment. */
  async function leaveToItsFolder(job: Job): Promise<void> {
    const now = deps.clock.now();
    const waiting = { ...job, reason: 'file_elsewhere' } as const;
    if (now - job.workedAt > FOLDER_MS) await end(waiting, 'failed');
    else await deps.store.jobs.replace({ ...waiting, state: 'waiting', dueAt: now + POLL_MS });
  }

  function report(error: unknown): void {
    reportUnexpected(deps, 'jobs', error);
  }

  return {
    wake: () => waking.abort(),
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(working.values());
    },
  };
}
