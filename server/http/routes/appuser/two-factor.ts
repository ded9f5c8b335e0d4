import { z } from 'zod';
import { replaceRecoveryCodes } from '../../../domain/factors/recovery-codes.ts';
import { setPhoneFactor } from '../../../domain/factors/sms.ts';
import { enrolTotp, removeTotp, type TotpEnrolment } from '../../../domain/factors/totp.ts';
import { userRoute } from '../../route.ts';
import { factorCode, flag } from '../../wire/user-parameter.ts';

/** `code` proves that whoever asks has the factor that is on. */
const factorSwitch = z.object({ twoFactor: flag, code: factorCode.optional() });
const refuse = { caller: 'invalid_data', missing: 'invalid_data' } as const;

function wireEnrolment({ secret, qrPng, recoveryCodes }: TotpEnrolment) {
  return { googleSecretKey: secret, QRDataImage: `data:image/png;base64,${qrPng}`, recoveryCodes };
}

export const twoFactorRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/setTwoFactorGoogleVerification',
    summary: 'Switches TOTP on, answering the secret, its QR code and ten recovery codes, or off.',
    caller: 'user',
    input: factorSwitch,
    refuse,
    log: { action: 'setTwoFactorGoogleVerification' },
    respond: async ({ deps, caller, input: { twoFactor, code } }) =>
      twoFactor ? wireEnrolment(await enrolTotp(deps, { caller, code })) : removeTotp(deps, { caller, code }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setTwoFactorPhoneVerification',
    summary: 'Switches the SMS code at log-in on or off.',
    caller: 'user',
    input: factorSwitch,
    refuse,
    log: { action: 'setTwoFactorPhoneVerification' },
    respond: ({ deps, caller, input }) =>
      setPhoneFactor(deps, { caller, on: input.twoFactor, code: input.code }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/newRecoveryCodes',
    summary: 'Replaces the recovery codes of a user whose second factor is on.',
    caller: 'user',
    input: z.object({ code: factorCode }),
    log: { action: 'newRecoveryCodes' },
    respond: async ({ deps, caller, input }) => ({
      recoveryCodes: await replaceRecoveryCodes(deps, { caller, code: input.code }),
    }),
  }),
];
