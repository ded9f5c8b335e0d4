import { z } from 'zod';
import { getJob, listJobs } from '../../../domain/jobs/job.ts';
import { BULK_ACTIONS, beginBulk } from '../../../domain/portal/bulk.ts';
import { readList } from '../../../domain/portal/list.ts';
import { stopAnyJob } from '../../../domain/transfer/move-in.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { begunJobAnswer, jobAnswer, wireBegunJob, wireJob } from '../../wire/job.ts';
import { listAnswer, listPaging, wireList } from '../../wire/list.ts';
import { appId, numberOrDigits, rowId } from '../../wire/portal-parameter.ts';
import { bulkFilter } from '../../wire/user.ts';

const failsStatus = { app_gone: 403, job_unknown: 403 } as const;

/** What is done to many (additions §4). */
export const jobRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/bulk',
    summary: 'Begins to do something to every user that a filter finds.',
    input: z.object({
      appId,
      filter: bulkFilter,
      action: z.enum(BULK_ACTIONS),
      perHour: numberOrDigits(z.int().min(1).max(1_000_000)).optional(),
    }),
    answer: begunJobAnswer,
    errors: ['refused'],
    failsStatus,
    log: { action: 'bulk', value: ({ action, perHour }) => JSON.stringify({ action, perHour }) },
    respond: async ({ deps, input: { appId: id, filter: query, action, perHour } }) =>
      wireBegunJob(await beginBulk(deps, { appId: id, query, action, perHour })),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/job',
    summary: 'How far a job is.',
    input: z.object({ job: rowId }),
    answer: jobAnswer,
    errors: [],
    failsStatus,
    respond: async ({ deps, input }) => wireJob(await getJob(deps, input)),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/jobs',
    summary: 'A page of the jobs of an app, newest first.',
    input: z.object({ appId, ...listPaging }),
    answer: listAnswer(jobAnswer),
    errors: ['refused'],
    failsStatus,
    respond: async ({ deps, input: { appId: id, ...page } }) =>
      wireList(
        await readList(deps, { list: 'jobs', appId: id }, page, (keyPage) => listJobs(deps, id, keyPage)),
        wireJob,
      ),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/stopJob',
    summary: 'Stops a job after the step at hand.',
    input: z.object({ job: rowId }),
    answer: doneAnswer,
    errors: [],
    failsStatus,
    respond: ({ deps, input }) => stopAnyJob(deps, input),
  }),
];
