import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import type { RequestFacts, Route } from '../route.ts';
import { recordOutcome } from './activity-row.ts';
import { AddressWatch } from './address-watch.ts';
import { readBody } from './body.ts';
import { Credentials, presentedCredential } from './credentials.ts';
import { decodeQuery } from './form.ts';
import { IncomingBytes } from './incoming-bytes.ts';
import { checkInput, type RawInput } from './input.ts';
import { operatorOf } from './operator.ts';
import { Refused } from './refused.ts';
import { type Reply, replyOf } from './reply.ts';
import type { HttpContext } from './request-facts.ts';
import { AddressLimit } from './request-limit.ts';
import type { Match, RouteTable, WrongMethod } from './router.ts';
import { Upload } from './upload.ts';
import { UploadFolders } from './upload-folders.ts';

/**
 * Answers one request: the order of its checks on one screen (design §13). Path repair → route → address
 * limit → credential → who may call → body → presence → types → app row → the domain. Throws `HostError` and
 * `Refused`.
 */
export function createServe(deps: Deps, table: RouteTable): (ctx: HttpContext) => Promise<Reply> {
  const credentials = new Credentials(deps);
  const folders = new UploadFolders(deps.config.dataDir);
  folders.sweep(deps.clock.now());
  const limit = deps.config.addressLimitPerMinute;
  const requests = new AddressLimit(limit, deps);
  const openRequests = new AddressLimit(10 * limit, deps);
  const watch = new AddressWatch(deps);
  const wrongSecrets = new AddressLimit(limit, deps);

  return async function serve(ctx) {
    const { exchange, req } = ctx;
    const query = decodeQuery(exchange.query);
    const queryToken = query.values.appToken;
    const presented = presentedCredential(req.headers, queryToken);

    const byQuery = presented?.place === 'query';
    const find = () => table.find(req.method ?? '', exchange.path, byQuery);
    const found = find() ?? ((await table.addLater(exchange.path)) ? find() : undefined);
    const { endpoint, params } = requireEndpoint(ctx, found);
    const { route } = endpoint;
    if (route.limited === true) watch.see(exchange.address, req.headers['x-forwarded-for'] !== undefined);
    if (route.limited) (route.limited === 'tenfold' ? openRequests : requests).count(exchange.address);

    const credential = route.open ? undefined : await verifyCredential();
    const counted = route.open ? undefined : await credentials.requireKind(route, credential, queryToken);
    if (counted && 'appId' in counted) exchange.appId = counted.appId;
    if (counted?.kind === 'server') exchange.operator = operatorOf(req);

    const upload = route.upload ? new Upload(ctx, folders, deps.config, route.upload) : undefined;
    const bytes = route.bytes ? new IncomingBytes(ctx, route.bytes.stillMs) : undefined;
    const asks = route.method === 'POST' || route.input !== undefined;
    try {
      const parts = await upload?.read();
      const input = asks ? checkInput(endpoint, parts ?? (await readInput()), deps.events) : {};
      if (parts && !parts.file) throw new Refused(route.refuse.missing, { because: NO_FILE });
      const caller = await credentials.caller(route, counted);
      return await respond(caller, input, {
        idle: isIdle(route, req),
        tellApp: (appId) => {
          exchange.appId = appId;
        },
        file: parts?.file,
        files: parts?.files ?? {},
        bytes,
      });
    } finally {
      await upload?.discard();
      await bytes?.discard();
    }

    function verifyCredential() {
      return presented?.place === 'server-secret' ? verifySecret() : credentials.verify(route, presented);
    }

    async function verifySecret() {
      // Only wrong secrets count: a portal that has the right one is not limited.
      wrongSecrets.check(exchange.address);
      try {
        return await credentials.verify(route, presented);
      } catch (error) {
        if (!(error instanceof HostError)) wrongSecrets.count(exchange.address);
        throw error;
      }
    }

    async function readInput(): Promise<RawInput> {
      const raw = route.method === 'POST' ? await readBody(req, endpoint.names) : query;
      return { values: { ...raw.values, ...params }, repeated: raw.repeated };
    }

    async function respond(caller: Caller, input: Record<string, unknown>, request: RequestFacts) {
      const outcome = { route, caller, input };
      exchange.judged = true;
      try {
        const answer = await route.respond({ deps, caller, input, request });
        recordOutcome(deps.activity, outcome);
        return withHint(replyOf(answer), exchange);
      } catch (thrown) {
        recordOutcome(deps.activity, { ...outcome, thrown });
        throw thrown;
      }
    }
  };
}

/** The bare `true` of a message that was not sent says so where a developer is told. */
function withHint(reply: Reply, { hint }: HttpContext['exchange']): Reply {
  if (hint?.reason !== 'code_limited' || reply.body !== 'true') return reply;
  return { ...reply, headers: ['X-Not-Sent', `${hint.reason}; retry-after=${hint.retryAfterSeconds}`] };
}

const NO_FILE = { reason: 'missing', field: 'file' } as const;

/**
 * What browsers send with a page that nobody has asked to see yet: the standard's word, and those before it.
 */
const LOOKING_AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;

/**
 * What a client says it is about counts for links alone, which scanners open; it never hides
 * anything from a log.
 */
function isIdle({ caller, page }: Route, { method, headers }: IncomingMessage): boolean {
  if (!(caller === 'link' || page) || method === 'POST') return false;
  return method === 'HEAD' || LOOKING_AHEAD.some((name) => headers[name] !== undefined);
}

function requireEndpoint({ exchange }: HttpContext, found: Match | WrongMethod | undefined): Match {
  if (!found) throw new HostError('not_found');
  if ('allowed' in found) {
    exchange.route = found.pattern;
    exchange.allowed = found.allowed;
    throw new HostError('method_not_allowed');
  }
  exchange.route = found.endpoint.route.path;
  exchange.declaration = found.endpoint.route;
  return found;
}
