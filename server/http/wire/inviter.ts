import { z } from 'zod';
import type { Inviter } from '../../domain/portal/inviters.ts';
import { listAnswer } from './list.ts';
import { timeText, wireTime } from './time.ts';

/** `senderHandle`: `superuser` for the portal itself. */
const inviterAnswer = z.strictObject({
  senderHandle: z.string(),
  sent: z.int(),
  accepted: z.int(),
  lastSentAt: timeText,
});
export const invitersAnswer = listAnswer(inviterAnswer);

export function wireInviter(inviter: Inviter): z.infer<typeof inviterAnswer> {
  return { ...inviter, lastSentAt: wireTime(inviter.lastSentAt) };
}
