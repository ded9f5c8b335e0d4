import { z } from 'zod';
import { invite } from '../../../domain/joining/invite.ts';
import { register } from '../../../domain/joining/invite-acceptance.ts';
import { typedText } from '../../frame/typed-text.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { joinedAnswer, wireJoined } from '../../wire/tokens.ts';
import {
  handleText,
  localeText,
  METADATA_REASONS,
  metadataText,
  newPassword,
  PASSWORD_REASONS,
  passwordToSet,
  sentCode,
} from '../../wire/user-parameter.ts';

export const inviteRoutes = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/invite',
    summary: "Invites somebody to the app in the caller's name.",
    caller: 'user',
    input: z.object({
      handle: handleText,
      senderUserId: z.string().max(256).optional(),
      metaData: metadataText.optional(),
      locale: localeText.optional(),
    }),
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'invitation_disabled',
      'app_migrated',
      'invalid_metadata',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'invalid_phone', ...METADATA_REASONS],
    log: { action: 'invite' },
    respond: ({ deps, caller, input }) => invite(deps, { caller, ...input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/register',
    summary: 'Accepts an invite with its code and logs the new user in.',
    caller: 'app or user',
    input: z.object({
      handle: handleText,
      password: newPassword,
      passwordText: typedText('password'),
      code: sentCode,
      metaData: metadataText.optional(),
      locale: localeText.optional(),
    }),
    answer: joinedAnswer,
    errors: [
      'app_suspended',
      'invitation_disabled',
      'app_migrated',
      'handle_taken',
      'invalid_metadata',
      'invalid_data',
    ],
    reasons: ['invalid_handle', 'invalid_phone', ...PASSWORD_REASONS, ...METADATA_REASONS],
    log: { action: 'register' },
    respond: async ({ deps, caller, input }) =>
      wireJoined(
        await register(deps, {
          app: caller.app,
          ...input,
          password: passwordToSet(input, 'password', 'passwordText'),
        }),
      ),
  }),
];
