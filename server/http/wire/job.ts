import { z } from 'zod';
import { JOB_KINDS, JOB_REASONS, JOB_STATES, type Job } from '../../model/job.ts';
import { timeText, wireTime } from './time.ts';

/** A job as the portal is shown it (additions §4). */
export const jobAnswer = z.strictObject({
  job: z.string(),
  appId: z.string(),
  kind: z.enum(JOB_KINDS),
  state: z.enum(JOB_STATES),
  reason: z.enum(JOB_REASONS).optional(),
  action: z.string().optional(),
  format: z.string().optional(),
  dryRun: z.boolean().optional(),
  by: z.string().optional(),
  read: z.number(),
  total: z.number().optional(),
  report: z.record(z.string(), z.number()),
  createdAt: timeText,
  endedAt: timeText.optional(),
});
export function wireJob(job: Job): z.infer<typeof jobAnswer> {
  const { id, appId, kind, state, reason, by, read, total, report, task } = job;
  return {
    job: id,
    appId,
    kind,
    state,
    reason,
    by,
    read,
    total,
    report,
    action: typeof task.action === 'string' ? task.action : undefined,
    format: typeof task.format === 'string' ? task.format : undefined,
    dryRun: typeof task.dryRun === 'boolean' ? task.dryRun : undefined,
    createdAt: wireTime(job.createdAt),
    endedAt: wireTime(job.endedAt),
  };
}

/** The name of a job that was begun. */
export const begunJobAnswer = jobAnswer.pick({ job: true });
export function wireBegunJob({ id }: Job): z.infer<typeof begunJobAnswer> {
  return { job: id };
}
