import { z } from 'zod';
import { completeLogin } from '../../../domain/login/second-step.ts';
import { userRoute } from '../../route.ts';
import { tokensAnswer, wireTokens } from '../../wire/tokens.ts';
import { factorCode, tokenText } from '../../wire/user-parameter.ts';

export const loginCompleteRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/loginComplete',
    summary: 'Exchanges a login token and a second-factor or recovery code for tokens.',
    caller: 'app or user',
    input: z.object({ loginToken: tokenText, code: factorCode }),
    answer: tokensAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated', 'invalid_credentials', 'invalid_metadata'],
    log: { action: 'loginComplete' },
    respond: async ({ deps, caller, input }) =>
      wireTokens(await completeLogin(deps, { app: caller.app, ...input })),
  }),
];
