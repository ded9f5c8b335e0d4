import { z } from 'zod';
import {
  confirmSignup,
  listSignups,
  removeSignup,
  resendSignup,
  searchSignups,
} from '../../../domain/portal/signups.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { choice, listPaging, textFilter, wireList } from '../../wire/list.ts';
import { appId, handle, paging, rowId, searchPage, searchText } from '../../wire/portal-parameter.ts';
import {
  listedSignup,
  portalSignup,
  portalSignupAnswer,
  portalSignupsAnswer,
  signupListAnswer,
} from '../../wire/signup.ts';
import { portalUser, portalUserAnswer } from '../../wire/user.ts';

/** Signups of an app (contract §4.6.7, 8; additions §4). */
export const appSignupRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/signups',
    summary: 'A page of the signups of an app, filtered and searched.',
    input: z.object({
      appId,
      state: choice(['waiting', 'verified', 'expired']),
      search: textFilter,
      ...listPaging,
    }),
    answer: signupListAnswer,
    errors: ['app_gone', 'refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { appId: id, after, limit, ...query } = input;
      return wireList(await listSignups(deps, { appId: id, query, page: { after, limit } }), listedSignup);
    },
  }),
  portalRoute({
    method: 'GET',
    // The spelling is the protocol's.
    path: '/api/app/searchSingUp',
    summary: 'Signups whose handle contains a text.',
    input: z.object({ appId, value: searchText, ...paging }),
    answer: portalSignupsAnswer,
    errors: [],
    respond: async ({ deps, input }) =>
      (await searchSignups(deps, { ...input, page: searchPage(input) })).map(portalSignup),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/removeAppSignup',
    summary: 'Removes a signup.',
    input: z.object({ appId, handle, _id: rowId.optional() }),
    answer: portalSignupAnswer,
    errors: ['invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, signup_unknown: 403 },
    respond: async ({ deps, input }) =>
      portalSignup(await removeSignup(deps, { ...input, signupId: input._id })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/confirmSignup',
    summary: 'Makes an account of a signup that waits, without its code.',
    input: z.object({ appId, handle }),
    answer: portalUserAnswer,
    errors: ['signup_unknown', 'handle_taken', 'signup_disabled', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, app_suspended: 403 },
    log: { action: 'confirmSignup' },
    respond: async ({ deps, input }) =>
      portalUser(deps, await confirmSignup(deps, input), { id: input.appId }),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/resendSignup',
    summary: 'Sends a signup that waits a new code or link.',
    input: z.object({ appId, handle }),
    answer: doneAnswer,
    errors: ['signup_unknown', 'handle_taken', 'signup_disabled', 'too_many_requests', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, app_suspended: 403 },
    log: { action: 'resendSignup' },
    respond: ({ deps, input }) => resendSignup(deps, input),
  }),
];
