import type { IncomingMessage } from 'node:http';
import Koa, { type Next } from 'koa';
import { errorFields } from '../log/events.ts';
import type { Logger } from '../log/logger.ts';
import { requestContext } from '../log/request-context.ts';
import type { Deps } from '../ports/deps.ts';
import { AnswerHeaders } from './frame/answer-headers.ts';
import { clientAddress } from './frame/client-address.ts';
import { Cors } from './frame/cors.ts';
import { errorReply } from './frame/error-handler.ts';
import { splitTarget } from './frame/path.ts';
import { createServe } from './frame/pipeline.ts';
import { jsonReply, type Reply, Sender } from './frame/reply.ts';
import { Exchange, type HttpContext } from './frame/request-facts.ts';
import { logRequest, RequestIds } from './frame/request-log.ts';
import { type LaterRoutes, RouteTable } from './frame/router.ts';
import type { Route } from './route.ts';

/** Pages that answer for themselves, beside the routes. */
export interface Console {
  /** False for what is none of its addresses: the routes answer then. */
  answer(ctx: HttpContext): Promise<boolean>;
}

/**
 * The whole host as a Koa application; needs no environment and no port. Throws a `TypeError` when two routes
 * are declared for one method and path.
 */
export function createApp(
  deps: Deps,
  routes: readonly Route[],
  log: Logger,
  { console, later }: { console?: Console | undefined; later?: LaterRoutes } = {},
): Koa {
  const { config } = deps;
  const cors = new Cors(config.allowOrigin);
  const sender = new Sender(new AnswerHeaders(config));
  const ids = new RequestIds(deps.codes);
  const serve = createServe(deps, new RouteTable(routes, later));

  /**
   * Names the request, so that every line logged on its way carries the same id, and logs it when it is
   * answered.
   */
  function openExchange(context: Koa.Context, next: Next): Promise<void> {
    const startedAt = performance.now();
    const ctx = context as HttpContext;
    const { req } = ctx;
    ctx.exchange = new Exchange({
      requestId: ids.of(req),
      address: clientAddress(req, config.trustProxyHops),
      accessToken: accessTokenOf(req),
      connection: req.socket,
      headers: req.headers,
      ...splitTarget(req.url ?? '/'),
    });
    return requestContext.run(ctx.exchange, async () => {
      await next();
      logRequest(log, deps.metrics, ctx, startedAt);
    });
  }

  /** Answers preflight requests, what the route answers, or the refusal. */
  async function answer(context: Koa.Context): Promise<void> {
    const ctx = context as HttpContext;
    const { req } = ctx;
    const preflight = req.method === 'OPTIONS';
    const { origin } = req.headers;
    const headers = preflight
      ? cors.preflight(origin, req.headers['access-control-request-headers'])
      : cors.headers(origin);
    const reply = preflight ? NO_CONTENT : await replyTo(ctx);
    try {
      await sender.send(ctx, reply, headers);
    } catch (error) {
      // A download broke off; the status is out already, so the connection tells.
      if (!ctx.req.socket.destroyed) deps.events.emit('unexpected_error', errorFields(error));
      ctx.res.destroy();
    }
  }

  async function replyTo(ctx: HttpContext): Promise<Reply> {
    try {
      return await serve(ctx);
    } catch (thrown) {
      const acceptsHtml = ctx.req.headers.accept?.includes('text/html') ?? false;
      return errorReply(deps, thrown, ctx.exchange, acceptsHtml);
    }
  }

  const app = new Koa();
  // Koa would print errors of broken connections, headers and all.
  app.silent = true;
  app.use(openExchange);
  if (console) {
    app.use(async (context, next) => {
      if (!(await console.answer(context as HttpContext))) await next();
    });
  }
  app.use(answer);
  return app;
}

function accessTokenOf({ headers }: IncomingMessage): string | undefined {
  const token = headers['access-token'];
  return typeof token === 'string' ? token : undefined;
}

const NO_CONTENT = jsonReply(204, '');
