import { z } from 'zod';
import type { TotpEnrolment } from '../../domain/factors/totp.ts';
import { doneAnswer } from './done.ts';

/** The recovery codes that hold from now on. */
export const recoveryCodesAnswer = z.strictObject({ recoveryCodes: z.array(z.string()) });
export function wireRecoveryCodes(recoveryCodes: string[]): z.infer<typeof recoveryCodesAnswer> {
  return { recoveryCodes };
}

const enrolment = recoveryCodesAnswer.extend({
  googleSecretKey: z.string().meta({ examples: ['abcd efgh ijkl mnop qrst uvwx yz23 4567'] }),
  QRDataImage: z.string().startsWith('data:image/png;base64,'),
});
/** What an authenticator app needs, or `true` when TOTP is off. */
export const totpAnswer = z.union([enrolment, doneAnswer]);
export function wireEnrolment({ secret, qrPng, recoveryCodes }: TotpEnrolment): z.infer<typeof enrolment> {
  return { googleSecretKey: secret, QRDataImage: `data:image/png;base64,${qrPng}`, recoveryCodes };
}
