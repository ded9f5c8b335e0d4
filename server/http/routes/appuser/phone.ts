import { z } from 'zod';
import { setPhone, verifyPhone } from '../../../domain/account/phone.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { factorCode, sentCode } from '../../wire/user-parameter.ts';

export const phoneRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/setPhone',
    summary: 'Sends a code to a phone number that the user wants to have.',
    caller: 'user',
    input: z.object({ phone: z.string().max(40), code: factorCode.optional() }),
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'phone_factor_unsupported',
      'phone_taken',
      'app_migrated',
      'invalid_data',
    ],
    reasons: ['invalid_phone'],
    refuse: { caller: 'invalid_data' },
    log: { action: 'setPhone' },
    respond: ({ deps, caller, input }) => setPhone(deps, { caller, phone: input.phone, code: input.code }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/verifyPhone',
    summary: 'Puts the phone number in force whose code this is.',
    caller: 'user',
    input: z.object({ code: sentCode }),
    answer: doneAnswer,
    errors: ['app_suspended', 'user_suspended', 'phone_taken', 'app_migrated', 'invalid_data'],
    refuse: { caller: 'invalid_data' },
    log: { action: 'verifyPhone' },
    respond: ({ deps, caller, input }) => verifyPhone(deps, { caller, code: input.code }),
  }),
];
