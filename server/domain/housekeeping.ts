import { CLOCK_JUMP_MS } from '../ports/clock.ts';
import type { Deps } from '../ports/deps.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../tools/duration.ts';
import { removeWholeApp } from './apps/app-removal.ts';
import { countEnds } from './joining/ends.ts';
import { LATE_SIGNUP_MS } from './joining/signup-requests.ts';
import { relistRows } from './relisting.ts';
import { recordSubjects } from './tokens/subjects.ts';
import { forgetUnusedKinds, recountPasswords } from './users/password-kinds.ts';
import { freeLostSeats } from './users/seats.ts';
import { reportUnexpected } from './users/unexpected.ts';

const EVERY_MS = MINUTE_MS;
/** Of one app; counted once an hour. */
const MOST_ACTIVITY_ROWS = 1_000_000;
/** A job that ended can be looked at for so long. */
const JOB_DAYS = 30;
/** Rows removed in one step, and steps in one sweep: others must get their turn in between. */
const BATCH = 1_000;
const BATCHES = 20;
/** A withdrawn invite stays in the portal's list for that long (additions §4). */
const WITHDRAWN_MS = 30 * DAY_MS;
/** An import that runs renews its app record more often than this. */
const ABANDONED_MS = 30_000;
/**
 * Longer than a request may take, so that none that saw the app before its deletion adds anything afterwards.
 */
const STRAGGLERS_MS = MINUTE_MS;

type SweepDeps = Pick<
  Deps,
  | 'config'
  | 'store'
  | 'passwords'
  | 'clock'
  | 'events'
  | 'figures'
  | 'localAssets'
  | 'wakeAssets'
  | 'foreignFiles'
>;

/**
 * The one sweeper, at start and every minute: expired counters, sessions of operators that are over, rows of
 * activity and audit older than `LOG_DAYS` and, once an hour, activity beyond a million an app, figures
 * older than `FIGURES_DAYS`, jobs that ended 30 days ago, files of imports that ended, signups long expired,
 * deleted apps, imports a crash broke off and, once a day, invites withdrawn 30 days ago, seats that a crash
 * left taken, kinds of passwords, and users whose `subject` is not recorded or that no list finds. Any
 * number of processes may sweep at once. `stop` lets a sweep that runs end.
 */
export function startHousekeeping(deps: SweepDeps): { stop(): Promise<void> } {
  let stopped = false;
  let running = Promise.resolve();
  const timer = setInterval(begin, EVERY_MS);
  timer.unref();
  begin();

  function begin(): void {
    running = running.then(() => (stopped ? undefined : sweep(deps, () => stopped))).catch(report);
  }
  function report(error: unknown): void {
    reportUnexpected(deps, 'housekeeping', error);
  }
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** One round; `isStopped` ends it early between two steps. */
export async function sweep(deps: SweepDeps, isStopped: () => boolean = () => false): Promise<void> {
  const { config, store, clock } = deps;
  const now = clock.now();
  await inBatches(isStopped, () => store.counters.removeExpired(now - CLOCK_JUMP_MS, BATCH));
  if (config.logDays > 0) {
    await inBatches(isStopped, () => store.activity.removeOlder(now - config.logDays * DAY_MS, BATCH));
    await inBatches(isStopped, () => store.audit.removeOlder(now - config.logDays * DAY_MS, BATCH));
  }
  if (config.figuresDays > 0) {
    const today = Math.floor(now / DAY_MS);
    await inBatches(isStopped, () => store.figures.removeOlder(today - config.figuresDays, BATCH));
  }
  await inBatches(isStopped, () => store.operatorSessions.removeExpired(now - CLOCK_JUMP_MS, BATCH));
  await countEnds(deps);
  await store.jobs.removeEnded(now - JOB_DAYS * DAY_MS);
  await sweepMoveIns(deps);
  await trimHourly(deps, isStopped);
  await deps.localAssets.sweep(now);
  await inBatches(isStopped, () => store.signups.removeExpired(now - LATE_SIGNUP_MS, BATCH));
  for (const app of await store.apps.listUnfinished()) {
    const quietMs = app.lifecycle === 'deleting' ? STRAGGLERS_MS : ABANDONED_MS;
    if (app.updatedAt < now - quietMs && !isStopped()) await removeWholeApp(deps, app);
  }
  await recountDaily(deps, isStopped);
}

/**
 * Removes files of this data folder whose import ended without doing it: they hold password hashes. Refused
 * rows stay for as long as the job does. Nothing of moving in is loaded where nobody moved in.
 */
async function sweepMoveIns(deps: Pick<Deps, 'store' | 'foreignFiles' | 'clock'>): Promise<void> {
  let needOf: ReturnType<typeof import('./transfer/move-in-leftovers.ts').needOfFiles> | undefined;
  await deps.foreignFiles.sweep(async (name) => {
    needOf ??= (await import('./transfer/move-in-leftovers.ts')).needOfFiles(deps);
    return needOf(name);
  });
}

/** The oldest activity rows of an app that has more than `most` go; emits `activity_trimmed`. */
export async function trimActivity(
  deps: Pick<Deps, 'store' | 'events'>,
  appId: string,
  { most = MOST_ACTIVITY_ROWS, isStopped = () => false }: { most?: number; isStopped?: () => boolean } = {},
): Promise<void> {
  const { activity } = deps.store;
  const firstTooMany = await activity.timeAt(appId, most);
  if (firstTooMany === undefined) return;
  let rows = 0;
  await inBatches(isStopped, async () => {
    const removed = await activity.removeOlder(firstTooMany + 1, BATCH, appId);
    rows += removed;
    return removed;
  });
  deps.events.emit('activity_trimmed', { appId, rows });
}

async function trimHourly(deps: SweepDeps, isStopped: () => boolean): Promise<void> {
  const now = deps.clock.now();
  const turn = { now, cap: 1, expiresAt: now + HOUR_MS };
  if (!(await deps.store.counters.increment('activity-trimmed', turn))) return;
  for await (const app of deps.store.apps.stream()) {
    if (isStopped()) return;
    await trimActivity(deps, app.id, { isStopped });
  }
}

/** All apps are counted: one process does it. */
async function recountDaily(deps: SweepDeps, isStopped: () => boolean): Promise<void> {
  const now = deps.clock.now();
  const turn = { now, cap: 1, expiresAt: now + DAY_MS };
  if (!(await deps.store.counters.increment('seats-recounted', turn))) return;
  await forgetUnusedKinds(deps, isStopped);
  for await (const app of deps.store.apps.stream()) {
    if (isStopped()) return;
    await freeLostSeats(deps, app);
    await recountPasswords(deps, app, isStopped);
    const before = now - WITHDRAWN_MS;
    await inBatches(isStopped, () => deps.store.invites.removeWithdrawn(app.id, before, BATCH));
  }
  await recordSubjects(deps, isStopped);
  await relistRows(deps, isStopped);
}

async function inBatches(isStopped: () => boolean, removeSome: () => Promise<number>): Promise<void> {
  for (let batch = 0; batch < BATCHES && !isStopped(); batch++) {
    if ((await removeSome()) < BATCH) return;
  }
}
