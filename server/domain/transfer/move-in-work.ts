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
import { freeSeats } from '../users/seats.ts';
import { RowError, type Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { type Candidate, candidateOf } from './move-in-rows.ts';
import {
  type MoveInProgress,
  type MoveInReport,
  NOTHING_REPORTED,
  progressOf,
  taskOf,
} from './move-in-task.ts';
import { type Outcome, outcomeOf, type WriteDeps, writeBatch } from './move-in-write.ts';

/** Rows done in one step, and how long one may read on where nothing is to be done. */
const ROWS = 200;
const STEP_MS = 2_000;
const REFUSED_SHOWN = 100;
const TURN_MS = 3_000;

/** What is open of the import at hand. */
interface Reading {
  jobId: string;
  phase: MoveInProgress['phase'];
  rows: AsyncGenerator<ForeignRow>;
  index: ForeignIndex;
  /** The line that was read last. */
  line: number;
}
type Place = { app: App; job: Job; index: ForeignIndex };

/**
 * Moves people in: reads the second file, checks all rows, then writes them. Where it was interrupted it
 * reads on to the line it was at. One import at a time.
 */
export function moveInWork(deps: WriteDeps): JobWork {
  let reading: Reading | undefined;

  async function close(): Promise<void> {
    const open = reading;
    reading = undefined;
    await open?.rows.return(undefined);
    open?.index.close();
  }

  async function open(job: Job, progress: MoveInProgress): Promise<Reading> {
    const { phase } = progress;
    const fits = reading?.jobId === job.id && reading.phase === phase && reading.line <= progress.line;
    if (reading && fits) return reading;
    await close();
    const { files, format } = taskOf(job);
    const source: Source = SOURCES[format];
    const index = deps.foreignFiles.index(files, { again: deps.foreignFiles.hasIndex(files) });
    const isJoin = phase === 'join';
    const shape = isJoin ? { list: source.second?.list ?? '' } : source;
    const rows = deps.foreignFiles.rows(files, isJoin ? 'second' : 'file', shape);
    reading = { jobId: job.id, phase, rows, index, line: 0 };
    return reading;
  }

  return async (taken) => {
    const isNew = progressOf(taken) === undefined;
    if (isNew && (await mustWait(deps, taken))) {
      return { job: stayed(taken), next: deps.clock.now() + TURN_MS };
    }
    const { job, progress } = begunAt(deps, taken);
    try {
      const app = await getAppForPortal(deps, job.appId);
      const at = await open(job, progress);
      const { rows, isOver } = await take(deps, at, progress.line);
      const made = await worked(deps, { app, job, index: at.index }, progress, rows);
      at.index.commit();
      const step = isOver ? await turned(deps, app, job, made) : made;
      if (isOver) await close();
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

/** The next rows behind a line; after an interruption it may take several steps to get there. */
async function take(
  { clock }: Pick<Deps, 'clock'>,
  at: Reading,
  behind: number,
): Promise<{ rows: ForeignRow[]; isOver: boolean }> {
  const until = clock.now() + STEP_MS;
  const rows: ForeignRow[] = [];
  while (rows.length < ROWS && (rows.length === 0 || clock.now() < until)) {
    const { value, done } = await at.rows.next();
    if (done) return { rows, isOver: true };
    at.line = value.line;
    if (value.line > behind) rows.push(value);
    else if (clock.now() >= until) break;
  }
  return { rows, isOver: false };
}

async function worked(
  deps: WriteDeps,
  place: Place,
  progress: MoveInProgress,
  rows: readonly ForeignRow[],
): Promise<JobStep> {
  const { job } = place;
  const line = rows.at(-1)?.line ?? progress.line;
  if (progress.phase === 'join') {
    join(job, place.index, rows);
    return { job: { progress: { ...progress, line }, read: job.read, report: job.report } };
  }
  const { candidates, refused } = candidatesOf(deps, place, rows);
  const { files, dryRun } = taskOf(job);
  const isWriting = progress.phase === 'write';
  const outcomes = isWriting
    ? await writeBatch(deps, place, candidates)
    : (await Promise.all(candidates.map((one) => outcomeOf(deps, place, one)))).map(({ outcome }) => outcome);
  const report = { ...NOTHING_REPORTED, ...job.report };
  let { adds, taken } = progress;
  for (const [n, candidate] of candidates.entries()) {
    const outcome = outcomes[n] ?? 'broken_row';
    if (outcome === 'created' && !isWriting) adds++;
    if (outcome === 'taken') taken++;
    // Of a check alone nobody was added.
    if (isWriting || dryRun) count(report, candidate, outcome);
    if (outcome !== 'created' && outcome !== 'updated' && outcome !== 'skipped') {
      refused.push({ line: candidate.line, reason: outcome, id: candidate.id });
    }
  }
  refused.sort((one, other) => one.line - other.line);
  report.refused += refused.length;
  const refusedBytes = await deps.foreignFiles.refuse(files, refused, progress.refusedBytes);
  const refusedRows = [...progress.refusedRows, ...refused].slice(0, REFUSED_SHOWN);
  const after: MoveInProgress = { ...progress, line, adds, taken, refusedRows, refusedBytes };
  return { job: { progress: { ...after }, read: job.read + rows.length, report } };
}

function join(job: Job, index: ForeignIndex, rows: readonly ForeignRow[]): void {
  const { second }: Source = SOURCES[taskOf(job).format];
  for (const { fields } of rows) {
    const key = fields && second?.keyOf(fields);
    if (key !== undefined) index.join(`joined ${key}`, fields ?? {});
  }
}

function candidatesOf(
  deps: WriteDeps,
  place: Place,
  rows: readonly ForeignRow[],
): { candidates: Candidate[]; refused: RefusedRow[] } {
  const candidates: Candidate[] = [];
  const refused: RefusedRow[] = [];
  for (const row of rows) {
    let id: string | undefined;
    try {
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
  return { candidates, refused };
}

function count(report: MoveInReport, { user, md5, factorsDropped }: Candidate, outcome: Outcome): void {
  if (outcome === 'skipped') report.skipped++;
  if (outcome !== 'created' && outcome !== 'updated') return;
  report[outcome]++;
  report.factorsDropped += factorsDropped;
  if (md5 !== undefined) report.atOnce++;
  else if (user.passwordHash !== undefined) report.newClientOrReset++;
  else if (user.loginProvider !== '') report.socialOnly++;
  else report.resetOnly++;
}

/** What follows when a phase has read its last row. */
async function turned(deps: WriteDeps, app: App, job: Job, made: JobStep): Promise<JobStep> {
  const progress = made.job.progress as unknown as MoveInProgress;
  const { dryRun, conflict } = taskOf(job);
  const anew = (phase: MoveInProgress['phase']) => ({ ...progress, phase, line: 0 });
  if (progress.phase === 'join') return { job: { ...made.job, progress: anew('check') } };
  if (progress.phase === 'write') return { ...made, next: 'done' };
  const whole = { ...made.job, total: made.job.read };
  const free = await freeSeats(deps, app);
  if (free !== undefined && progress.adds > free) return failed(whole, 'no_seats');
  if (conflict === 'fail' && progress.taken > 0) return failed(whole, 'taken');
  if (dryRun) return { job: whole, next: 'done' };
  const begun: MoveInProgress = { ...anew('write'), refusedRows: [], refusedBytes: 0 };
  return { job: { ...whole, progress: { ...begun }, read: 0, report: {} } };
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
  const report = { ...NOTHING_REPORTED, ...job.report };
  report.refused++;
  const refusedBytes =
    problem === 'file_gone' ? 0 : await foreignFiles.refuse(files, [row], progress.refusedBytes);
  await foreignFiles.release(files);
  const refusedRows = [...progress.refusedRows.slice(0, REFUSED_SHOWN - 1), row];
  const after = { ...progress, refusedRows, refusedBytes };
  return { job: { progress: after, read: job.read, report, reason: problem }, next: 'failed' };
}
