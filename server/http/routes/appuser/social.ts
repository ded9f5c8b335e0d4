import { z } from 'zod';
import { socialLogIn, socialSignUp } from '../../../domain/login/social-login.ts';
import { userRoute } from '../../route.ts';
import { tokensAnswer, wireTokens } from '../../wire/tokens.ts';
import {
  handleText,
  localeText,
  METADATA_REASONS,
  metadataText,
  tokenText,
} from '../../wire/user-parameter.ts';

const identity = z.object({
  token: tokenText,
  provider: z.enum(['apple', 'google']),
  nonce: z.string().max(256).optional(),
});

export const socialRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/socialLogin',
    summary: 'Logs a user in with an identity token of Apple or Google.',
    caller: 'app or user',
    input: identity,
    answer: tokensAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'apple_unsupported',
      'google_unsupported',
      'invalid_credentials',
      'account_unknown',
      'invalid_metadata',
      'email_account_exists',
      'apple_account_exists',
      'google_account_exists',
      'invalid_identity_token',
    ],
    log: { action: 'socialLogin' },
    respond: async ({ deps, caller, input }) =>
      wireTokens(await socialLogIn(deps, { app: caller.app, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/socialSignup',
    summary: 'Makes an account from an identity token of Apple or Google and logs it in.',
    caller: 'app',
    input: identity.extend({
      handle: handleText,
      metaData: metadataText.optional(),
      locale: localeText.optional(),
    }),
    answer: tokensAnswer,
    errors: [
      'app_suspended',
      'signup_disabled',
      'app_migrated',
      'apple_unsupported',
      'google_unsupported',
      'invalid_metadata',
      'email_account_exists',
      'apple_account_exists',
      'google_account_exists',
      'invalid_identity_token',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'invalid_phone', ...METADATA_REASONS],
    log: { action: 'socialSignup' },
    respond: async ({ deps, caller, input }) =>
      wireTokens(await socialSignUp(deps, { app: caller.app, ...input })),
  }),
];
