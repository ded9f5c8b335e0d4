import { z } from 'zod';
import { deleteAccount, logOut } from '../../../domain/account/deletion.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
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
    ],
    log: { action: 'deleteAccount' },
    respond: ({ deps, caller, input }) => deleteAccount(deps, { caller, proof: input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/logout',
    summary: "Ends the caller's access token, or with `everywhere` all of the user's.",
    caller: 'user',
    input: z.object({ everywhere: flag.default(false) }),
    answer: doneAnswer,
    errors: ['app_suspended', 'app_migrated', 'user_suspended'],
    log: { action: 'logout' },
    respond: ({ deps, caller, input }) => logOut(deps, { caller, ...input }),
  }),
];
