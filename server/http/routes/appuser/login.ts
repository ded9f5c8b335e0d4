import { z } from 'zod';
import { logInAnonymously } from '../../../domain/login/anonymous-login.ts';
import { logIn } from '../../../domain/login/password-login.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { loginAnswer, tokensAnswer, wireLogin, wireTokens } from '../../wire/tokens.ts';
import { handleText, localeText, password } from '../../wire/user-parameter.ts';

export const loginRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/login',
    summary:
      'Exchanges a handle or user name and a password for tokens, or for a login token when a second factor is due.',
    caller: 'app',
    input: z.object({ handle: handleText, password, passwordText: typedText('password') }),
    answer: loginAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'invalid_credentials',
      'invalid_metadata',
      'user_names_disabled',
      'signup_pending',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'not_md5'],
    log: { action: 'login' },
    respond: async ({ deps, caller, input }) => wireLogin(await logIn(deps, { app: caller.app, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/loginAnonymous',
    summary:
      'Logs a device in by an id it made up, ANON_ and letters, digits or . _ + -; the first call makes the user.',
    caller: 'app',
    input: z.object({ handle: handleText, locale: localeText.optional() }),
    answer: tokensAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'anonymous_disabled',
      'invalid_metadata',
      'invalid_credentials',
    ],
    reasons: ['invalid_handle'],
    refuse: { missing: 'invalid_credentials' },
    log: { action: 'loginAnonymous' },
    respond: async ({ deps, caller, input }) =>
      wireTokens(await logInAnonymously(deps, { app: caller.app, ...input })),
  }),
];
