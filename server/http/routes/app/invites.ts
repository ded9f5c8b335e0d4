import { z } from 'zod';
import { inviteMany } from '../../../domain/portal/invite-many.ts';
import {
  issueInvites,
  listAllInvites,
  resendInvite,
  searchInvites,
  withdrawInvite,
} from '../../../domain/portal/invites.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import {
  inviteListAnswer,
  inviteOutcomesAnswer,
  issuedInvites,
  issuedInvitesAnswer,
  listedInvite,
  portalInvite,
  portalInviteAnswer,
  portalInvitesAnswer,
} from '../../wire/invite.ts';
import { choice, listPaging, textFilter, wireList } from '../../wire/list.ts';
import { appId, handle, jsonObject, paging, searchPage, searchText } from '../../wire/portal-parameter.ts';
import { localeText, METADATA_REASONS } from '../../wire/user-parameter.ts';

/** Handles, comma-separated; the domain judges each, and how many they are. */
const handleList = z.string().max(102_400);

/** Invites of an app (contract §4.6.9, 35–37; additions §4). */
export const appInviteRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/invites',
    summary: 'A page of the invites of an app, withdrawn ones included, filtered and searched.',
    input: z.object({
      appId,
      state: choice(['waiting', 'accepted', 'expired', 'withdrawn']),
      search: textFilter,
      sender: textFilter,
      ...listPaging,
    }),
    answer: inviteListAnswer,
    errors: ['app_gone', 'refused'],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => {
      const { appId: id, after, limit, ...query } = input;
      return wireList(await listAllInvites(deps, { appId: id, query, page: { after, limit } }), listedInvite);
    },
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/searchInvite',
    summary: 'Invites whose handle contains a text.',
    input: z.object({ appId, value: searchText, ...paging }),
    answer: portalInvitesAnswer,
    errors: [],
    respond: async ({ deps, input }) =>
      (await searchInvites(deps, { ...input, page: searchPage(input) })).map(portalInvite),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/createAppInvite',
    summary: 'Invites one or more people in the name of the portal.',
    input: z.object({ appId, handle: handleList, locale: localeText.optional() }),
    answer: issuedInvitesAnswer,
    errors: ['invitation_disabled', 'refused', 'invalid_data'],
    codeStatus: { app_gone: 400, app_suspended: 400 },
    log: { action: 'createAppInvite' },
    respond: async ({ deps, input }) =>
      issuedInvites(await issueInvites(deps, { ...input, handles: input.handle })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/resendAppInvite',
    summary: 'Sends an invite again, with a new code.',
    input: z.object({ appId, handle }),
    answer: doneAnswer,
    errors: ['invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, invite_unknown: 403 },
    respond: ({ deps, input }) => resendInvite(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/removeAppInvite',
    summary: 'Withdraws an invite.',
    input: z.object({ appId, handle }),
    answer: portalInviteAnswer,
    errors: ['invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus: { app_gone: 403, app_suspended: 403, invite_unknown: 403 },
    respond: async ({ deps, input }) => portalInvite(await withdrawInvite(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/inviteMany',
    summary: 'Invites many in the name of the portal, and tells what became of each.',
    input: z.object({
      appId,
      handles: z.array(handle).min(1).max(500),
      metaData: jsonObject.optional(),
      locale: z.string().max(35).optional(),
    }),
    answer: inviteOutcomesAnswer,
    errors: ['invitation_disabled', 'invalid_metadata', 'refused'],
    reasons: METADATA_REASONS,
    failsStatus: { app_gone: 403, app_suspended: 403 },
    log: { action: 'inviteMany', value: ({ handles }) => JSON.stringify({ handles: handles.length }) },
    respond: ({ deps, input }) => inviteMany(deps, input),
  }),
];
