import { z } from 'zod';
import {
  disableSecondFactor,
  endSessions,
  sendPasswordReset,
  unlockUser,
} from '../../../domain/portal/user-actions.ts';
import { userDetails } from '../../../domain/portal/user-details.ts';
import { updateUser } from '../../../domain/portal/user-update.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { appId, handle, jsonObject, plainText, rowId } from '../../wire/portal-parameter.ts';
import { shownUnlessStale } from '../../wire/stale.ts';
import { portalUser, portalUserAnswer } from '../../wire/user.ts';
import { userDetailsAnswer, wireUserDetails } from '../../wire/user-details.ts';
import { METADATA_REASONS } from '../../wire/user-parameter.ts';

/** Whom the portal means: `handle` may stand for `userId`. */
const named = { appId, userId: rowId.optional(), handle: handle.optional() };
const failsStatus = { app_gone: 403, user_unknown: 403 } as const;
/** An empty text takes the value away. */
const orNone = <S extends z.ZodType>(schema: S) => z.union([z.literal(''), schema]).optional();

const whose = ({ userId, handle: typed }: { userId?: string | undefined; handle?: string | undefined }) =>
  JSON.stringify(userId === undefined ? { handle: typed } : { userId });

/** One user, and what an operator may do to one (additions §4). */
export const userActionRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/user',
    summary: 'One user, with factors, waits and invitations.',
    input: z.object(named),
    answer: userDetailsAnswer,
    errors: ['refused', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus,
    respond: async ({ deps, input }) => wireUserDetails(deps, await userDetails(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/updateUser',
    summary: 'Changes a user, all or nothing, unless somebody else did meanwhile.',
    input: z.object({
      appId,
      userId: rowId,
      revision: z.string().max(64),
      handle: handle.min(1).optional(),
      userName: orNone(z.string().max(64)),
      locale: z.string().min(1).max(35).optional(),
      phone: orNone(z.string().max(64)),
      status: z.enum(['active', 'suspend']).optional(),
      metaData: jsonObject.optional(),
    }),
    strict: true,
    answer: portalUserAnswer,
    errors: ['refused', 'invalid_data', 'invalid_metadata'],
    reasons: [
      'stale',
      'fixed_handle',
      'taken',
      'invalid_handle',
      'invalid_phone',
      'invalid_user_name',
      'unknown_locale',
      ...METADATA_REASONS,
    ],
    failsStatus,
    log: {
      action: 'updateUser',
      value: ({ appId: _, userId, revision: __, ...change }) =>
        JSON.stringify({ userId, changed: Object.keys(change) }),
    },
    respond: ({ deps, input }) =>
      shownUnlessStale(updateUser(deps, input), (user) => portalUser(deps, user, { id: input.appId })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/unlockUser',
    summary: 'Ends the lock and every wait of a user.',
    input: z.object(named),
    answer: doneAnswer,
    errors: ['refused', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus,
    log: { action: 'unlockUser', value: whose },
    respond: ({ deps, input }) => unlockUser(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/endSessions',
    summary: 'Ends every access token of a user.',
    input: z.object(named),
    answer: doneAnswer,
    errors: ['refused', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus,
    log: { action: 'endSessions', value: whose },
    respond: ({ deps, input }) => endSessions(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/disableSecondFactor',
    summary: 'Switches every second factor of a user off, and tells them.',
    input: z.object({ ...named, why: plainText(500).refine((text) => text.trim() !== '') }),
    answer: doneAnswer,
    errors: ['refused', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus,
    log: {
      action: 'disableSecondFactor',
      value: ({ why, ...user }) => JSON.stringify({ ...JSON.parse(whose(user)), why }),
    },
    respond: ({ deps, input }) => disableSecondFactor(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/sendPasswordReset',
    summary: 'Sends a user a code to choose another password with.',
    input: z.object(named),
    answer: doneAnswer,
    errors: ['too_many_requests', 'refused', 'invalid_data'],
    reasons: ['invalid_handle'],
    failsStatus,
    log: { action: 'sendPasswordReset', value: whose },
    respond: ({ deps, input }) => sendPasswordReset(deps, input),
  }),
];
