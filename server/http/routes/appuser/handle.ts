import { z } from 'zod';
import { setHandle, verifyHandle } from '../../../domain/account/handle-change.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { tokensAnswer, wireTokens } from '../../wire/tokens.ts';
import { handleText, password, sentCode } from '../../wire/user-parameter.ts';

export const handleRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/setHandle',
    summary: 'Sends a code to a handle that the user wants to have, after the password where there is one.',
    caller: 'user',
    input: z.object({
      handle: handleText,
      password: password.optional(),
      passwordText: typedText('password'),
    }),
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'invalid_credentials',
      'handle_taken',
      'invalid_metadata',
      'invalid_data',
      'missing_parameter',
    ],
    reasons: ['invalid_handle', 'invalid_phone', 'fixed_handle', 'not_md5'],
    log: { action: 'setHandle' },
    respond: ({ deps, caller, input }) => setHandle(deps, { caller, ...input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/verifyHandle',
    summary: 'Puts the handle in force whose code this is, ends every session and answers new tokens.',
    caller: 'user',
    input: z.object({ code: sentCode }),
    answer: tokensAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'handle_taken',
      'invalid_metadata',
      'invalid_data',
    ],
    log: { action: 'verifyHandle' },
    respond: async ({ deps, caller, input }) =>
      wireTokens(await verifyHandle(deps, { caller, code: input.code })),
  }),
];
