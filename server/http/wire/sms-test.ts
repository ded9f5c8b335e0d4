import { z } from 'zod';

/** Callers look for this member; the code that was sent stays on the phone (contract P24). */
export const smsTestAnswer = z.strictObject({ twoFactorCode: z.literal(0) });
export function wireSmsTest(): z.infer<typeof smsTestAnswer> {
  return { twoFactorCode: 0 };
}
