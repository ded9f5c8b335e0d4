import { z } from 'zod';
import { replaceRecoveryCodes } from '../../../domain/factors/recovery-codes.ts';
import { setPhoneFactor } from '../../../domain/factors/sms.ts';
import { switchTotp } from '../../../domain/factors/totp.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { recoveryCodesAnswer, totpAnswer, wireRecoveryCodes, wireTotp } from '../../wire/two-factor.ts';
import { factorCode, flag } from '../../wire/user-parameter.ts';

/** `code` proves that whoever asks has the factor that is on. */
const factorSwitch = z.object({ twoFactor: flag, code: factorCode.optional() });
const refuse = { caller: 'invalid_data', missing: 'invalid_data' } as const;

export const twoFactorRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/setTwoFactorGoogleVerification',
    summary:
      'Switches TOTP on, answering the secret, its QR code and ten recovery codes, or off. With `confirm` it is on once the first code of the secret was right.',
    caller: 'user',
    input: factorSwitch.extend({ confirm: flag.default(false) }),
    refuse,
    answer: totpAnswer,
    errors: ['app_suspended', 'user_suspended', 'totp_unsupported', 'app_migrated', 'invalid_data'],
    log: { action: 'setTwoFactorGoogleVerification' },
    respond: async ({ deps, caller, input }) => wireTotp(await switchTotp(deps, { caller, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setTwoFactorPhoneVerification',
    summary: 'Switches the SMS code at log-in on or off.',
    caller: 'user',
    input: factorSwitch,
    refuse,
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'phone_factor_unsupported',
      'phone_unverified',
      'app_migrated',
      'invalid_data',
    ],
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
    answer: recoveryCodesAnswer,
    errors: ['app_suspended', 'app_migrated', 'user_suspended', 'invalid_data'],
    log: { action: 'newRecoveryCodes' },
    respond: async ({ deps, caller, input }) =>
      wireRecoveryCodes(await replaceRecoveryCodes(deps, { caller, code: input.code })),
  }),
];
