import { z } from 'zod';
import type { TestOutcome } from '../../domain/portal/test-message.ts';

/** Of a check or a step: `unknown` where it was not done, or nobody could be asked. */
export const okAnswer = z.union([z.boolean(), z.literal('unknown')]);

/** How a test message fared (additions §6). */
export const testOutcomeAnswer = z.strictObject({
  ok: okAnswer,
  steps: z.array(
    z.strictObject({
      step: z.string(),
      ok: okAnswer,
      ms: z.int(),
      detail: z.string(),
      repair: z.string().optional(),
    }),
  ),
});
/** Members as they are answered. */
export function wireTestOutcome({ ok, steps }: TestOutcome): z.infer<typeof testOutcomeAnswer> {
  return { ok, steps };
}
