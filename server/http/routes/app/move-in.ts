import { z } from 'zod';
import { SOURCE_NAMES } from '../../../domain/transfer/from/sources.ts';
import { beginMoveIn, getMoveIn, refusedRows, stopMoveIn } from '../../../domain/transfer/move-in.ts';
import { CONFLICTS, UNVERIFIED } from '../../../domain/transfer/move-in-task.ts';
import { parseJsonText } from '../../../tools/json-text.ts';
import { reason } from '../../frame/reason.ts';
import { DownloadReply, fileOf, portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { begunJobAnswer, wireBegunJob } from '../../wire/job.ts';
import { moveInAnswer, wireMoveIn } from '../../wire/move-in.ts';
import { appId, rowId } from '../../wire/portal-parameter.ts';

const CSV = 'text/csv; charset=utf-8';
const SECOND_PARTS = ['passwords', 'identities', 'accounts'] as const;
const PATH_MAX = 256;
const failsStatus = { app_gone: 403, job_unknown: 403 } as const;

const path = z.string().min(1).max(PATH_MAX);
const mapping = z.strictObject({
  handle: path.optional(),
  metaData: z.record(path, path).optional(),
});
const mapText = z
  .string()
  .max(16_384)
  .transform((text, context) => {
    try {
      return parseJsonText(text);
    } catch {
      context.addIssue({ code: 'custom', ...reason('not_json') });
      return z.NEVER;
    }
  })
  .pipe(mapping);
const base64 = z
  .string()
  .max(400)
  .regex(/^[\w+/=-]*$/);
const digits = (least: number, most: number) =>
  z.string().max(3).regex(/^\d+$/).transform(Number).pipe(z.int().min(least).max(most));

/** People from other systems (additions §4). */
export const moveInRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/import',
    summary:
      'Begins to move people in from a file of another system (multipart: file, a second file, and options).',
    upload: { maxMb: 'moveInMaxMb', also: SECOND_PARTS },
    input: z.object({
      appId,
      format: z.enum(SOURCE_NAMES),
      dryRun: z.enum(['true', 'false']).default('false'),
      conflict: z.enum(CONFLICTS).default('skip'),
      unverified: z.enum(UNVERIFIED).default('pending'),
      map: mapText.optional(),
      base64_signer_key: base64.optional(),
      base64_salt_separator: base64.optional(),
      rounds: digits(1, 999).optional(),
      mem_cost: digits(1, 20).optional(),
    }),
    answer: begunJobAnswer,
    errors: ['refused'],
    reasons: ['missing', 'unknown_value', 'metadata_reserved', 'not_json', 'too_long'],
    failsStatus,
    log: { action: 'import', value: ({ format, dryRun }) => JSON.stringify({ format, dryRun }) },
    respond: async ({ deps, input, request }) => {
      const { appId: id, format, dryRun, conflict, unverified, map = {}, ...options } = input;
      const file = fileOf(request);
      const [secondPart, second] = Object.entries(request.files)[0] ?? [];
      const job = await beginMoveIn(deps, {
        appId: id,
        format,
        conflict,
        unverified,
        map,
        options,
        secondPart,
        dryRun: dryRun === 'true',
        sum: `${file.sum} ${second?.sum ?? ''}`,
        received: { file: file.path, ...(second && { second: second.path }) },
      });
      return wireBegunJob(job);
    },
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/import',
    summary: 'How far an import is, and its report.',
    input: z.object({ job: rowId }),
    answer: moveInAnswer,
    errors: [],
    failsStatus,
    respond: async ({ deps, input }) => wireMoveIn(await getMoveIn(deps, input)),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/importRefused',
    summary: 'The rows an import refused, as CSV: line, reason, id.',
    input: z.object({ job: rowId }),
    answer: { media: 'text/csv' },
    errors: [],
    failsStatus,
    respond: async ({ deps, input }) => new DownloadReply(await refusedRows(deps, input), input.job, CSV),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/stopImport',
    summary: 'Stops an import after the step at hand.',
    input: z.object({ job: rowId }),
    answer: doneAnswer,
    errors: [],
    failsStatus,
    respond: ({ deps, input }) => stopMoveIn(deps, input),
  }),
];
