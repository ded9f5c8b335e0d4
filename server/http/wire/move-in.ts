import { z } from 'zod';
import { SOURCE_NAMES } from '../../domain/transfer/from/sources.ts';
import { reportOf } from '../../domain/transfer/move-in-report.ts';
import { progressOf, taskOf } from '../../domain/transfer/move-in-task.ts';
import { JOB_REASONS, JOB_STATES, type Job } from '../../model/job.ts';

/** An import as the portal is shown it (additions §4). */
export const moveInAnswer = z.strictObject({
  job: z.string(),
  state: z.enum(JOB_STATES),
  format: z.enum(SOURCE_NAMES),
  dryRun: z.boolean(),
  reason: z.enum(JOB_REASONS).optional(),
  read: z.number(),
  total: z.number().optional(),
  report: z
    .strictObject({
      created: z.number(),
      updated: z.number(),
      skipped: z.number(),
      refused: z.number(),
      canLogIn: z.strictObject({
        atOnce: z.number(),
        newClientOrReset: z.number(),
        resetOnly: z.number(),
        socialOnly: z.number(),
      }),
      factorsDropped: z.number(),
      invites: z.number().optional(),
      refusedRows: z.array(
        z.strictObject({ line: z.number(), reason: z.string(), id: z.string().optional() }),
      ),
    })
    .optional(),
});
export function wireMoveIn(job: Job): z.infer<typeof moveInAnswer> {
  const { id, state, reason, read, total } = job;
  const progress = progressOf(job);
  const { format, dryRun } = taskOf(job);
  return {
    job: id,
    state,
    format,
    dryRun,
    reason,
    read,
    total,
    report: progress && wireReport(job, progress.refusedRows),
  };
}

function wireReport(job: Job, rows: readonly { line: number; reason: string; id?: string }[]) {
  const { created, updated, skipped, refused, factorsDropped, invites, ...canLogIn } = reportOf(job);
  return {
    created,
    updated,
    skipped,
    refused,
    canLogIn,
    factorsDropped,
    refusedRows: [...rows],
    ...(taskOf(job).format === 'cosync' && { invites }),
  };
}
