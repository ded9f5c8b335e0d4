import { z } from 'zod';
import { listSignups, removeSignup, searchSignups } from '../../../domain/portal/signups.ts';
import { portalRoute } from '../../route.ts';
import { choice, listPaging, textFilter, wireList } from '../../wire/list.ts';
import { appId, handle, paging, rowId, searchPage, searchText } from '../../wire/portal-parameter.ts';
import {
  listedSignup,
  portalSignup,
  portalSignupAnswer,
  portalSignupsAnswer,
  signupListAnswer,
} from '../../wire/signup.ts';

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
    errors: ['app_gone'],
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
    respond: async ({ deps, input }) =>
      (await searchSignups(deps, { ...input, page: searchPage(input) })).map(portalSignup),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/removeAppSignup',
    summary: 'Removes a signup.',
    input: z.object({ appId, handle, _id: rowId.optional() }),
    answer: portalSignupAnswer,
    failsStatus: { app_gone: 403, signup_unknown: 403 },
    respond: async ({ deps, input }) =>
      portalSignup(await removeSignup(deps, { ...input, signupId: input._id })),
  }),
];
