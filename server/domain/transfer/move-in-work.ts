import type { App } from '../../model/app.ts';
import { isEnded, type Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import {
  ForeignFileError,
  type ForeignIndex,
  type ForeignRow,
  type RefusedRow,
} from '../../ports/foreign-files.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { getAppForPortal } from '../apps/apps.ts';
import type { JobStep, JobWork } from '../jobs/runner.ts';
import { recountPasswords } from '../users/password-kinds.ts';
import { freeLostSeats, freeSeats, seatLimit } from '../users/seats.ts';
import { RowError, type Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { looked } from './move-in-look.ts';
import { type InviteCandidate, isInviteRow, moveInvites, noteJoined, ownInvite } from './move-in-own.ts';
import { moveInReader, type Taken } from './move-in-reader.ts';
import { countRow, REFUSED_SHOWN, reportOf, withRefused } from './move-in-report.ts';
import { type Candidate, candidateOf } from './move-in-rows.ts';
import { type MoveInProgress, progressOf, taskOf } from './move-in-task.ts';
import { type WriteDeps, writeBatch } from './move-in-write.ts';

/** Rows looked at before others have their turn. */
const TURN_ROWS = 25;
const TURN_MS = 3_000;

type Place = { app: App; job: Job; index: ForeignIndex };

/**
 * Moves people in: reads the second file, checks all rows, then writes them. Where it was interrupted it
 * reads on to the line it was at. One import at a time.
 */
export function moveInWork(deps: WriteDeps): JobWork {
  const { open, close, take } = moveInReader(deps);

  return async (taken) => {
    const isNew = progressOf(taken) === undefined;
    if (isNew && (await mustWait(deps, taken))) {
      return { job: stayed(taken), next: deps.clock.now() + TURN_MS };
    }
    const { job, progress } = begunAt(deps, taken);
    try {
      const app = await getAppForPortal(deps, job.appId);
      const at = await open(job, progress);
      const place = { app, job, index: at.index };
      const onlyCounts = progress.phase === 'check' && !asksBeforehand(place);
      const read = await take(at, progress.line, { onlyCounts });
      const made = await worked(deps, place, progress, read);
      at.index.commit();
      const step = read.isOver ? await turned(deps, app, job, made) : made;
      if (read.isOver) await close();
      if (step.next !== undefined) await deps.foreignFiles.release(taskOf(job).files);
      return step;
    } catch (error) {
      await close();
      if (!(error instanceof ForeignFileError)) throw error;
      return broken(deps, job, progress, error);
    }
  };
}

function stayed({ progress, read, report }: Job): JobStep['job'] {
  return { progress, read, report };
}

/** Where to go on. What the index knew is lost with it: then all is done anew. */
function begunAt(
  { foreignFiles }: Pick<Deps, 'foreignFiles'>,
  job: Job,
): { job: Job; progress: MoveInProgress } {
  const { files, hasSecond } = taskOf(job);
  const progress = progressOf(job);
  if (progress && foreignFiles.hasIndex(files)) return { job, progress };
  const counts = { line: 0, adds: 0, taken: 0, refusedBytes: 0 };
  return {
    job: { ...job, read: 0, report: {} },
    progress: { phase: hasSecond ? 'join' : 'check', ...counts, refusedRows: [] },
  };
}

/** Whether an import that began earlier is still at work. */
async function mustWait({ store, clock }: Pick<Deps, 'store' | 'clock'>, job: Job): Promise<boolean> {
  for await (const other of store.jobs.stream()) {
    if (other.kind !== 'import' || other.id === job.id || isEnded(other)) continue;
    const isEarlier =
      other.createdAt < job.createdAt || (other.createdAt === job.createdAt && other.id < job.id);
    const isAtWork = other.state === 'running' && other.workedAt > clock.now() - MINUTE_MS;
    if (isAtWork && (isEarlier || progressOf(other) !== undefined)) return true;
  }
  return false;
}

async function worked(
  deps: WriteDeps,
  place: Place,
  progress: MoveInProgress,
  { rows, count: read, line }: Taken,
): Promise<JobStep> {
  const { job } = place;
  if (!(await deps.foreignFiles.hasRoom())) throw new ForeignFileError('too_large', line);
  if (progress.phase === 'join') {
    join(job, place.index, rows);
    return { job: { progress: { ...progress, line }, read: job.read, report: job.report } };
  }
  const { dryRun } = taskOf(job);
  const isWriting = progress.phase === 'write';
  if (!isWriting && !asksBeforehand(place)) {
    return { job: { progress: { ...progress, line }, read: job.read + read, report: job.report } };
  }
  const { candidates, invites, refused } = await candidatesOf(deps, place, rows);
  // Not held while others are waited for: another process may do the same step.
  place.index.commit();
  const { outcomes, again } = isWriting
    ? await writeBatch(deps, place, candidates)
    : await looked(deps, place, candidates);
  const report = reportOf(job);
  if (!isWriting && taskOf(job).format === 'cosync') {
    for (const [n, { user }] of candidates.entries())
      if (outcomes[n] === 'created') noteJoined(place.index, user.handle);
  }
  if (isWriting || dryRun) {
    const moved = await moveInvites(deps, place, invites, { isDry: !isWriting });
    report.invites += moved.added;
    report.skipped += moved.left;
  }
  let { adds, taken } = progress;
  for (const [n, candidate] of candidates.entries()) {
    const outcome = outcomes[n] ?? 'broken_row';
    if (outcome === 'created' && !isWriting) adds++;
    if (outcome === 'taken') taken++;
    // Of a check alone nobody was added.
    if (isWriting || dryRun) countRow(report, candidate, outcome);
    if (outcome !== 'created' && outcome !== 'updated' && outcome !== 'skipped') {
      refused.push({ line: candidate.line, reason: outcome, id: candidate.id });
    }
  }
  refused.sort((one, other) => one.line - other.line);
  report.refused += refused.length;
  const miscounts = progress.miscounts || again || (isWriting && job.tries > 1);
  const after: MoveInProgress = {
    ...progress,
    line,
    adds,
    taken,
    ...(await withRefused(deps, job, progress, refused)),
    ...(miscounts && { miscounts }),
  };
  return { job: { progress: { ...after }, read: job.read + read, report } };
}

/** Whether anything depends on what the rows hold before they are written; else the file is only read. */
function asksBeforehand({ app, job }: Place): boolean {
  const { dryRun, conflict } = taskOf(job);
  return dryRun || conflict === 'fail' || seatLimit(app) !== undefined;
}

function join(job: Job, index: ForeignIndex, rows: readonly ForeignRow[]): void {
  const { second }: Source = SOURCES[taskOf(job).format];
  for (const { fields } of rows) {
    const key = fields && second?.keyOf(fields);
    if (key !== undefined) index.join(`joined ${key}`, fields ?? {});
  }
}

async function candidatesOf(
  deps: WriteDeps,
  place: Place,
  rows: readonly ForeignRow[],
): Promise<{ candidates: Candidate[]; invites: InviteCandidate[]; refused: RefusedRow[] }> {
  const candidates: Candidate[] = [];
  const invites: InviteCandidate[] = [];
  const refused: RefusedRow[] = [];
  for (const [n, row] of rows.entries()) {
    if (n % TURN_ROWS === TURN_ROWS - 1) await deps.clock.pause(0);
    let id: string | undefined;
    try {
      if (isInviteRow(row)) invites.push(ownInvite(deps, place, row));
      else
        candidates.push(
          candidateOf(deps, place, row, (name) => {
            id = name;
          }),
        );
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      refused.push({ line: row.line, reason: error.reason, ...(id !== undefined && { id }) });
    }
  }
  return { candidates, invites, refused };
}

/** What follows when a phase has read its last row. */
async function turned(deps: WriteDeps, app: App, job: Job, made: JobStep): Promise<JobStep> {
  const progress = made.job.progress as unknown as MoveInProgress;
  const { dryRun, conflict } = taskOf(job);
  const anew = (phase: MoveInProgress['phase']) => ({ ...progress, phase, line: 0 });
  if (progress.phase === 'join') return { job: { ...made.job, progress: anew('check') } };
  if (progress.phase === 'write') {
    if (progress.miscounts) await recounted(deps, app);
    return { ...made, next: 'done' };
  }
  const whole = { ...made.job, total: made.job.read };
  const free = await freeSeats(deps, app);
  if (free !== undefined && progress.adds > free) return failed(whole, 'no_seats');
  if (conflict === 'fail' && progress.taken > 0) return failed(whole, 'taken');
  if (dryRun) return { job: whole, next: 'done' };
  const begun: MoveInProgress = { ...anew('write'), refusedRows: [], refusedBytes: 0 };
  return { job: { ...whole, progress: { ...begun }, read: 0, report: {} } };
}

/** What an interruption counted and did not write, or the other way round. */
async function recounted(deps: WriteDeps, app: App): Promise<void> {
  await freeLostSeats(deps, app);
  await recountPasswords(deps, app);
}

function failed(job: JobStep['job'], reason: 'no_seats' | 'taken'): JobStep {
  return { job: { ...job, reason }, next: 'failed' };
}

/** The file cannot be read on: a row of the report says where, and nothing more is written. */
async function broken(
  { foreignFiles }: Pick<Deps, 'foreignFiles'>,
  job: Job,
  progress: MoveInProgress,
  { problem, line }: ForeignFileError,
): Promise<JobStep> {
  const { files } = taskOf(job);
  const row = { line: Math.max(line, progress.line), reason: problem };
  const report = reportOf(job);
  report.refused++;
  const refusedBytes =
    problem === 'file_gone' ? 0 : await foreignFiles.refuse(files, [row], progress.refusedBytes);
  await foreignFiles.release(files);
  const refusedRows = [...progress.refusedRows.slice(0, REFUSED_SHOWN - 1), row];
  const after = { ...progress, refusedRows, refusedBytes };
  return { job: { progress: after, read: job.read, report, reason: problem }, next: 'failed' };
}
