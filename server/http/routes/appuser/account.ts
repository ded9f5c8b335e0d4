import { z } from 'zod';
import { deleteAccount, logOut } from '../../../domain/account/deletion.ts';
import { renewTokens } from '../../../domain/tokens/renew-tokens.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { tokensAnswer, wireTokens } from '../../wire/tokens.ts';
import { flag, handleText, password, tokenText } from '../../wire/user-parameter.ts';

export const accountRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/deleteAccount',
    summary: "Deletes the caller's account, proven by handle and password or by an identity token.",
    caller: 'user',
    input: z.object({
      handle: handleText.optional(),
      password: password.optional(),
      passwordText: typedText('password'),
      token: tokenText.optional(),
    }),
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'apple_unsupported',
      'google_unsupported',
      'invalid_credentials',
      'user_names_disabled',
      'invalid_identity_token',
      'invalid_data',
      'missing_parameter',
    ],
    reasons: ['invalid_handle', 'not_md5'],
    log: { action: 'deleteAccount' },
    respond: ({ deps, caller, input }) => deleteAccount(deps, { caller, proof: input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/renew',
    summary: "Goes on with the caller's session under new tokens; the old access token lives a minute more.",
    caller: 'user',
    answer: tokensAnswer,
    errors: ['app_suspended', 'app_migrated', 'user_suspended', 'invalid_metadata'],
    log: { action: 'renew' },
    respond: async ({ deps, caller }) => wireTokens(await renewTokens(deps, { caller })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/logout',
    summary: "Ends the caller's session, or with `everywhere` all of the user's.",
    caller: 'user',
    input: z.object({ everywhere: flag.default(false) }),
    answer: doneAnswer,
    errors: ['app_suspended', 'app_migrated', 'user_suspended'],
    log: { action: 'logout' },
    respond: ({ deps, caller, input }) => logOut(deps, { caller, ...input }),
  }),
];
