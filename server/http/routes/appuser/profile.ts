import { z } from 'zod';
import {
  isUserNameAvailable,
  ownAccount,
  setLocale,
  setUserMetadata,
  setUserName,
} from '../../../domain/account/profile.ts';
import { writtenOnceBut } from '../../frame/kept-answer.ts';
import { userRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { ownUserAnswer, wireOwnUser } from '../../wire/own-user.ts';
import { wireTime } from '../../wire/time.ts';
import { availableAnswer, wireAvailable } from '../../wire/user.ts';
import { localeText, METADATA_REASONS, metadataText } from '../../wire/user-parameter.ts';

const userName = z.string().max(320);
const written = writtenOnceBut(wireOwnUser);

export const profileRoutes = [
  userRoute({
    method: 'GET',
    path: '/api/appuser/getUser',
    summary: 'The caller’s own account, and when the access token ends.',
    caller: 'user',
    answer: ownUserAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated'],
    refuse: { caller: 'invalid_data' },
    log: { action: 'getUser' },
    respond: async ({ deps, caller }) => {
      const { user, sessionEnds } = await ownAccount(deps, caller);
      return written(user, caller.app, { sessionEnds: wireTime(sessionEnds) });
    },
  }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/userNameAvailable',
    summary: 'Whether nobody in the app has a user name.',
    caller: 'user',
    input: z.object({ userName }),
    answer: availableAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated', 'user_names_disabled', 'invalid_data'],
    reasons: ['invalid_user_name'],
    respond: async ({ deps, caller, input }) =>
      wireAvailable(await isUserNameAvailable(deps, { caller, ...input })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setUserName',
    summary: 'Gives the caller a user name, once.',
    caller: 'user',
    input: z.object({ userName }),
    answer: doneAnswer,
    errors: [
      'app_suspended',
      'user_suspended',
      'app_migrated',
      'user_name_taken',
      'user_names_disabled',
      'invalid_data',
    ],
    reasons: ['invalid_user_name'],
    log: { action: 'setUserName' },
    respond: ({ deps, caller, input }) => setUserName(deps, { caller, ...input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setLocale',
    summary: 'Sets the language of the caller’s messages.',
    caller: 'user',
    input: z.object({ locale: localeText }),
    answer: doneAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated', 'invalid_data'],
    reasons: ['unknown_locale'],
    log: { action: 'setLocale' },
    respond: ({ deps, caller, input }) => setLocale(deps, { caller, ...input }),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setUserMetadata',
    summary: 'Sets the editable metadata fields that are sent and keeps all others.',
    caller: 'user',
    input: z.object({ metaData: metadataText }),
    answer: doneAnswer,
    errors: ['app_suspended', 'user_suspended', 'app_migrated', 'invalid_metadata', 'invalid_data'],
    reasons: [...METADATA_REASONS, 'not_editable'],
    refuse: { missing: 'invalid_data', caller: 'missing_parameter' },
    log: { action: 'setUserMetadata' },
    respond: ({ deps, caller, input }) => setUserMetadata(deps, { caller, ...input }),
  }),
];
