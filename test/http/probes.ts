import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  DownloadReply,
  PageReply,
  portalRoute,
  type Route,
  TextReply,
  userRoute,
} from '../../server/http/route.ts';
import { type ErrorName, HostError } from '../../server/model/errors.ts';

const names = z.object({ error: z.string() });
const thrown = ({ input }: { input: { error: string } }): never => {
  if (input.error === 'bug') throw new TypeError('secret text');
  throw new HostError(input.error as ErrorName, { detail: 'in detail' });
};
/** What `open` did, when it was no idle request. */
export const effects: string[] = [];
/** Routes that only show what the frame does. */
export const probeRoutes: Route[] = [
  userRoute({
    method: 'POST',
    path: '/api/appuser/echo',
    summary: '',
    answer: z.unknown(),
    caller: 'app',
    input: z.object({
      handle: z.string(),
      code: z.union([z.string(), z.number()]).optional(),
      metaData: z.string().optional(),
    }),
    log: { action: 'echo' },
    respond: ({ input }) => input,
  }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/read',
    summary: '',
    answer: z.unknown(),
    caller: 'app',
    limited: false,
    log: { action: 'read' },
    respond: () => ({ read: true }),
  }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/open',
    summary: '',
    answer: z.unknown(),
    caller: 'link',
    log: { action: 'open' },
    respond: ({ request }) => {
      if (!request.idle) effects.push('open');
      return { open: true };
    },
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/fails',
    summary: '',
    answer: z.unknown(),
    caller: 'app',
    input: names,
    log: { action: 'fails' },
    respond: thrown,
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/done',
    summary: '',
    answer: z.unknown(),
    caller: 'app',
    respond: () => true,
  }),
  userRoute({
    method: 'GET',
    path: '/api/appuser/page',
    summary: '',
    answer: z.unknown(),
    caller: 'link',
    page: true,
    input: names,
    respond: thrown,
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/fails',
    summary: '',
    answer: z.unknown(),
    input: names,
    failsStatus: { app_gone: 403 },
    codeStatus: { users_full: 403 },
    log: { action: 'portalFails' },
    respond: thrown,
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/lower',
    summary: '',
    answer: z.unknown(),
    input: names,
    lowerCaseFails: true,
    respond: thrown,
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/appId/:appId',
    summary: '',
    answer: z.unknown(),
    input: z.object({ appId: z.string() }),
    respond: ({ input }) => input,
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/file',
    summary: '',
    answer: z.unknown(),
    respond: () => new DownloadReply(Readable.from(['a', 'b']), 'x"\r\ny', 'application/zip'),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/text',
    summary: '',
    answer: z.unknown(),
    respond: () => new TextReply('{}', { cacheControl: 'public, max-age=300' }),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/app/html',
    summary: '',
    answer: z.unknown(),
    respond: () => new PageReply('<p>', 201),
  }),
];
