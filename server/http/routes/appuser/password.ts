import { z } from 'zod';
import { changePassword, forgotPassword, resetPassword } from '../../../domain/account/password.ts';
import { reason } from '../../frame/reason.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import {
  handleText,
  newPassword,
  PASSWORD_REASONS,
  password,
  passwordToSet,
  sentCode,
} from '../../wire/user-parameter.ts';

export const passwordRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/forgotPassword',
    summary: 'Sends a code with which a forgotten password can be replaced.',
    caller: 'app or user',
    input: z.object({ handle: handleText }),
    answer: doneAnswer,
    errors: ['app_suspended', 'app_migrated', 'account_unknown', 'user_names_disabled', 'invalid_data'],
    reasons: ['invalid_handle'],
    log: { action: 'forgotPassword' },
    respond: ({ deps, caller, input }) => forgotPassword(deps, { app: caller.app, ...input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/resetPassword',
    summary: 'Replaces a forgotten password with the code that was sent.',
    caller: 'app or user',
    appTokenAsAccessToken: true,
    input: z.object({
      handle: handleText,
      password: newPassword,
      passwordText: typedText('password'),
      newPasswordText: typedText('password'),
      code: sentCode,
    }),
    answer: doneAnswer,
    errors: ['app_suspended', 'app_migrated', 'invalid_data'],
    reasons: ['invalid_handle', ...PASSWORD_REASONS],
    log: { action: 'resetPassword' },
    respond: ({ deps, caller, input }) =>
      resetPassword(deps, {
        app: caller.app,
        ...input,
        password: passwordToSet(input, 'password', 'passwordText', 'newPasswordText'),
      }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/changePassword',
    summary: "Replaces the caller's password; all access tokens of the user end.",
    caller: 'user',
    input: z
      .object({
        password,
        passwordText: typedText('password'),
        newPassword,
        newPasswordText: typedText('newPassword'),
      })
      .refine((input) => input.password.toLowerCase() !== input.newPassword, {
        path: ['newPassword'],
        ...reason('unknown_value'),
      }),
    answer: doneAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated', 'invalid_data'],
    reasons: PASSWORD_REASONS,
    refuse: { caller: 'invalid_data', missing: 'invalid_data' },
    log: { action: 'changePassword' },
    respond: ({ deps, caller, input }) =>
      changePassword(deps, {
        caller,
        password: input.password,
        passwordText: input.passwordText,
        newPassword: passwordToSet(input, 'newPassword', 'newPasswordText'),
      }),
  }),
];
