import { z } from 'zod';
import type { RecoveryCodes, TotpEnrolment } from '../../domain/factors/totp.ts';
import { doneAnswer } from './done.ts';

/** The recovery codes that hold from now on. */
export const recoveryCodesAnswer = z.strictObject({ recoveryCodes: z.array(z.string()) });
export function wireRecoveryCodes(recoveryCodes: string[]): z.infer<typeof recoveryCodesAnswer> {
  return { recoveryCodes };
}

const enrolment = z.strictObject({
  googleSecretKey: z.string().meta({ examples: ['abcd efgh ijkl mnop qrst uvwx yz23 4567'] }),
  QRDataImage: z.string().startsWith('data:image/png;base64,'),
  otpauth: z.string().startsWith('otpauth://totp/'),
  recoveryCodes: z.array(z.string()).optional(),
});
/**
 * What an authenticator app needs, with recovery codes once it counts; those alone when its first code was
 * right; or `true` when TOTP is off.
 */
export const totpAnswer = z.union([enrolment, recoveryCodesAnswer, doneAnswer]);
export function wireTotp(answer: TotpEnrolment | RecoveryCodes | true): z.infer<typeof totpAnswer> {
  if (answer === true) return true;
  const { recoveryCodes } = answer;
  if (!('secret' in answer)) return { recoveryCodes: answer.recoveryCodes };
  return {
    googleSecretKey: answer.secret,
    QRDataImage: `data:image/png;base64,${answer.qrPng}`,
    otpauth: answer.uri,
    recoveryCodes,
  };
}
