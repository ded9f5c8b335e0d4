import { z } from 'zod';
import {
  addUser,
  removeUser,
  resetUserPassword,
  searchUsers,
  setUserStatus,
} from '../../../domain/portal/user-administration.ts';
import { listUsers } from '../../../domain/portal/user-list.ts';
import { replaceMetadata } from '../../../domain/portal/user-metadata.ts';
import { reason } from '../../frame/reason.ts';
import { typedText } from '../../frame/typed-text.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { listPaging, wireList } from '../../wire/list.ts';
import {
  appId,
  handle,
  jsonObject,
  jsonValue,
  paging,
  queryFlag,
  rowId,
  searchPage,
  searchText,
} from '../../wire/portal-parameter.ts';
import {
  portalUser,
  portalUserAnswer,
  portalUsersAnswer,
  userFilter,
  userListAnswer,
} from '../../wire/user.ts';
import { METADATA_REASONS, newPassword, PASSWORD_REASONS, passwordToSet } from '../../wire/user-parameter.ts';

/** Users of an app (contract §4.6.6, 13–15, 27, 28; additions §4). */
export const appUserRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/users',
    summary: 'A page of the users of an app, filtered, searched and sorted.',
    input: z.object({ appId, ...userFilter, ...listPaging }),
    answer: userListAnswer,
    errors: ['app_gone', 'refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { appId: id, after, limit, sort = '-created', ...query } = input;
      const listed = await listUsers(deps, { appId: id, query, sort, page: { after, limit } });
      return wireList(listed, (user) => portalUser(deps, user, { id }));
    },
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/searchUser',
    summary: 'Users whose handle or user name contains a text.',
    input: z.object({ appId, value: searchText, hideAnonUser: queryFlag, ...paging }),
    answer: portalUsersAnswer,
    errors: [],
    respond: async ({ deps, input }) => {
      const { appId: id, value, hideAnonUser: hideAnonymous = false } = input;
      const users = await searchUsers(deps, { appId: id, value, hideAnonymous, page: searchPage(input) });
      return users.map((user) => portalUser(deps, user, { id }));
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/addUser',
    summary: 'Adds a user who need not confirm anything.',
    input: z.object({ appId, handle, password: newPassword, passwordText: typedText('password') }),
    answer: portalUserAnswer,
    errors: ['invalid_data'],
    reasons: ['invalid_handle', 'invalid_phone', 'taken', ...PASSWORD_REASONS],
    failsStatus: { handle_taken: 403, users_full: 403 },
    codeStatus: { app_gone: 403, app_suspended: 403 },
    log: { action: 'addUser' },
    respond: async ({ deps, input }) => {
      const password = passwordToSet(input, 'password', 'passwordText');
      return portalUser(deps, await addUser(deps, { ...input, password }), { id: input.appId });
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/removeUser',
    summary: 'Removes a user with the signup and invites of the handle.',
    input: z.object({ appId, handle }),
    answer: portalUserAnswer,
    errors: ['invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, user_unknown: 403 },
    log: { action: 'removeUser' },
    respond: async ({ deps, input }) => portalUser(deps, await removeUser(deps, input), { id: input.appId }),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/user',
    summary: 'Suspends or reinstates a user.',
    input: z.object({ appId, userId: rowId, status: z.enum(['active', 'suspend']) }),
    answer: doneAnswer,
    errors: [],
    failsStatus: { app_gone: 403, user_unknown: 403 },
    log: { action: 'updateAppUser', value: ({ userId, status }) => JSON.stringify({ userId, status }) },
    respond: ({ deps, input }) => setUserStatus(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/resetUserPassword',
    summary: 'Gives a user another password and mails it, or with `passwordText` a notice without it.',
    input: z
      .object({
        appId,
        userId: rowId,
        rawValue: z.string().max(128).optional(),
        hashValue: newPassword,
        passwordText: typedText('hashValue'),
      })
      .refine(({ rawValue, passwordText }) => rawValue || passwordText, {
        path: ['rawValue'],
        ...reason('missing'),
      }),
    answer: doneAnswer,
    errors: ['invalid_data'],
    reasons: PASSWORD_REASONS,
    failsStatus: { app_gone: 403, user_unknown: 403 },
    log: { action: 'resetUserPassword', value: ({ userId }) => JSON.stringify({ userId }) },
    respond: ({ deps, input }) =>
      resetUserPassword(deps, {
        appId: input.appId,
        userId: input.userId,
        password: passwordToSet(input, 'hashValue', 'passwordText'),
        // Who gave the text away tells the user, too.
        mailed: input.passwordText === undefined ? input.rawValue : undefined,
      }),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/updateAppUserMetaData',
    summary: 'Replaces the metadata of a user.',
    input: z.object({
      appId,
      handle,
      metaData: jsonObject,
      addedMetadata: z
        .array(z.object({ path: z.string().max(256).optional(), value: jsonValue.optional() }).nullable())
        .max(64)
        .transform((items) => items.filter((item) => item !== null))
        .optional(),
    }),
    answer: doneAnswer,
    errors: ['app_gone', 'user_unknown', 'refused', 'invalid_metadata', 'invalid_data'],
    reasons: ['invalid_handle', ...METADATA_REASONS],
    log: { action: 'updateAppUserMetaData' },
    respond: ({ deps, input }) => replaceMetadata(deps, { ...input, added: input.addedMetadata ?? [] }),
  }),
];
