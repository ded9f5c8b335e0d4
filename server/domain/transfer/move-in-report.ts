import type { Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import type { RefusedRow } from '../../ports/foreign-files.ts';
import type { Candidate } from './move-in-rows.ts';
import { type MoveInProgress, taskOf } from './move-in-task.ts';
import type { Outcome } from './move-in-write.ts';

/** Refused rows that the progress of a job holds; a file holds all of them. */
export const REFUSED_SHOWN = 100;

const NOTHING_REPORTED = {
  created: 0,
  updated: 0,
  skipped: 0,
  refused: 0,
  atOnce: 0,
  newClientOrReset: 0,
  resetOnly: 0,
  socialOnly: 0,
  factorsDropped: 0,
  invites: 0,
};
type MoveInReport = typeof NOTHING_REPORTED;

/** A copy of what a job has counted so far, to be counted on in. */
export function reportOf({ report }: Pick<Job, 'report'>): MoveInReport {
  return { ...NOTHING_REPORTED, ...report };
}

/** Counts a row by what became of it and, of who was let in, by how that person can log in. */
export function countRow(
  report: MoveInReport,
  { user, worksAtOnce, factorsDropped }: Candidate,
  outcome: Outcome,
): void {
  if (outcome === 'skipped') report.skipped++;
  if (outcome !== 'created' && outcome !== 'updated') return;
  report[outcome]++;
  report.factorsDropped += factorsDropped;
  if (worksAtOnce) report.atOnce++;
  else if (user.passwordHash !== undefined) report.newClientOrReset++;
  else if (user.loginProvider !== '') report.socialOnly++;
  else report.resetOnly++;
}

/**
 * Writes refused rows behind those of earlier steps, over what a step that was broken off wrote there. The
 * answer takes the place of these members of the progress.
 */
export async function withRefused(
  { foreignFiles }: Pick<Deps, 'foreignFiles'>,
  job: Job,
  { refusedRows, refusedBytes }: MoveInProgress,
  refused: readonly RefusedRow[],
): Promise<Pick<MoveInProgress, 'refusedRows' | 'refusedBytes'>> {
  return {
    refusedRows: [...refusedRows, ...refused].slice(0, REFUSED_SHOWN),
    refusedBytes: await foreignFiles.refuse(taskOf(job).files, refused, refusedBytes),
  };
}
