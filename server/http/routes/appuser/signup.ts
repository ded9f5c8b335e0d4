import { z } from 'zod';
import { signUp } from '../../../domain/joining/signup.ts';
import { completeSignup } from '../../../domain/joining/signup-completion.ts';
import { signupOutcome } from '../../../domain/joining/signup-outcome.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { signupOutcomeAnswer, wireSignupOutcome } from '../../wire/signup-outcome.ts';
import { joinedAnswer, signupAnswer, wireJoined, wireSignup } from '../../wire/tokens.ts';
import {
  handleText,
  localeText,
  METADATA_REASONS,
  metadataText,
  newPassword,
  PASSWORD_REASONS,
  password,
  passwordToSet,
  signupCode,
} from '../../wire/user-parameter.ts';

/** The form POST of the verification link, on the same path, is a page: `pages/landing.ts`. */
export const signupRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/signup',
    summary: 'Signs a user up: tokens in flow none, else true and a message with a code or link.',
    caller: 'app',
    input: z.object({
      handle: handleText,
      password: newPassword,
      passwordText: typedText('password'),
      metaData: metadataText.optional(),
      locale: localeText.optional(),
    }),
    answer: signupAnswer,
    errors: [
      'app_suspended',
      'signup_disabled',
      'app_migrated',
      'handle_taken',
      'invalid_metadata',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'invalid_phone', ...PASSWORD_REASONS, ...METADATA_REASONS],
    log: { action: 'signup' },
    respond: async ({ deps, caller, input }) =>
      wireSignup(
        await signUp(deps, {
          app: caller.app,
          ...input,
          password: passwordToSet(input, 'password', 'passwordText'),
        }),
      ),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/completeSignup',
    summary: 'Completes a signup with its code and logs the user in.',
    caller: 'app or user',
    input: z.object({
      handle: handleText,
      code: signupCode,
      password: newPassword.optional(),
      passwordText: typedText('password'),
    }),
    answer: joinedAnswer,
    errors: [
      'app_suspended',
      'signup_disabled',
      'signup_expired',
      'app_migrated',
      'handle_taken',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'not_md5'],
    log: { action: 'completeSignup' },
    respond: async ({ deps, caller, input }) =>
      wireJoined(await completeSignup(deps, { app: caller.app, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/signupState',
    summary: 'Whether a signup was completed, for who knows its password. To be asked every 3 seconds.',
    caller: 'app',
    input: z.object({ handle: handleText, password, passwordText: typedText('password') }),
    answer: signupOutcomeAnswer,
    errors: ['app_suspended', 'app_migrated', 'invalid_data'],
    reasons: ['invalid_handle', 'not_md5'],
    respond: async ({ deps, caller, input }) =>
      wireSignupOutcome(await signupOutcome(deps, { app: caller.app, ...input })),
  }),
];
