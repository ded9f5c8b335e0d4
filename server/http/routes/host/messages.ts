import { z } from 'zod';
import { retryMessage } from '../../../domain/messages/settled-messages.ts';
import { listMessages } from '../../../domain/portal/message-list.ts';
import { MESSAGE_STATES } from '../../../model/message.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { listAnswer, listPaging, wireList } from '../../wire/list.ts';
import { messageAnswer, wireMessage } from '../../wire/message.ts';
import { appId, queryFlag, rowId } from '../../wire/portal-parameter.ts';

/** Portals send empty parameters for filters that are not set. */
const state = z.union([z.literal('').transform(() => undefined), z.enum(MESSAGE_STATES)]).optional();

/** What became of messages (additions §3). */
export const hostMessageRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/host/messages',
    summary: 'A page of the messages that wait or were settled in the last 30 days, newest first.',
    input: z.object({ appId: appId.optional(), state, reveal: queryFlag, ...listPaging }),
    answer: listAnswer(messageAnswer),
    errors: ['refused'],
    respond: async ({ deps, input: { appId, state, reveal = false, after, limit } }) => {
      const filter = { ...(appId && { appId }), ...(state && { state }) };
      const page = await listMessages(deps, { filter, page: { after, limit } });
      return wireList(page, (message) => wireMessage(message, reveal));
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/host/retryMessage',
    summary: 'Sends a message again that a provider refused.',
    input: z.object({ id: rowId }),
    answer: doneAnswer,
    errors: ['refused'],
    respond: ({ deps, input }) => retryMessage(deps, { id: input.id.toLowerCase() }),
  }),
];
