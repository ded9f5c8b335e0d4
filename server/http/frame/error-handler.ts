import { errorFields } from '../../log/events.ts';
import { type Because, HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { TamperError } from '../../ports/security/sealing.ts';
import { PageReply, type Route } from '../route.ts';
import { codeBody, describeError, failsBody, Refused } from './refused.ts';
import { jsonReply, pageReply, type Reply } from './reply.ts';
import type { Exchange } from './request-facts.ts';

const DEFAULT_MESSAGE = 'Invalid Data';
const RETRY_AFTER_SECONDS = 2;
const CAPACITY: readonly string[] = ['too_many_requests', 'service_unavailable'];

/** Whether errors under this path have the `{code, message}` form when no route was found (contract §2.1). */
export function isUserPath(path: string): boolean {
  return /^\/+api\/+(?:appuser|asset)(?:\/|$)/i.test(path);
}

/**
 * What the client is told of something thrown: the contract's two error forms, each body made anew. Anything
 * that is not a refusal becomes the contract's 500 and one `unexpected_error` event.
 */
export function errorReply(
  deps: Pick<Deps, 'events' | 'renderer'>,
  thrown: unknown,
  exchange: Exchange,
  acceptsHtml: boolean,
): Reply {
  const isRefusal = thrown instanceof HostError || thrown instanceof Refused;
  // A record that does not open was told of by the store.
  const isKnown = isRefusal || thrown instanceof TamperError;
  if (!isKnown) deps.events.emit('unexpected_error', errorFields(thrown));
  const error = withHint(isRefusal ? thrown : new HostError('internal'), exchange);
  const route = exchange.declaration;
  exchange.refusal = told(error, exchange);
  if (route?.page && (acceptsHtml || exchange.judged || isCapacity(error))) {
    return refusalPage(deps, error, exchange);
  }
  if (error instanceof Refused) return refusedReply(error);
  const headers = advice(error, exchange);
  return usesCodes(error, exchange) ? codeReply(error, route, headers) : failsReply(error, route, headers);
}

/** A log-in that is refused for a while says so where a developer is told. */
function withHint(error: HostError | Refused, { hint }: Exchange): HostError | Refused {
  const isLogin = error instanceof HostError && error.error === 'invalid_credentials' && !error.because;
  if (!isLogin || !hint) return error;
  const because: Because = { reason: hint.reason, retryAfter: hint.retryAfterSeconds };
  return new HostError('invalid_credentials', { because });
}

function isCapacity(error: HostError | Refused): boolean {
  return error instanceof HostError && CAPACITY.includes(error.error);
}

function usesCodes(error: HostError, { declaration, path }: Exchange): boolean {
  if (!declaration) return isUserPath(path);
  return declaration.form === 'code' || declaration.codeStatus?.[error.error] !== undefined;
}

/** For the log line: the code where the form of the refusal has one, and the reason. */
function told(error: HostError | Refused, exchange: Exchange): Exchange['refusal'] {
  const reason = error.because?.reason;
  if (error instanceof HostError)
    return { code: usesCodes(error, exchange) ? error.code : undefined, reason };
  return { code: typeof error.refusal === 'object' ? undefined : describeError(error.refusal).code, reason };
}

function refusedReply({ refusal, status, because }: Refused): Reply {
  if (typeof refusal === 'object') {
    return jsonReply(status ?? refusal.fails, failsBody(DEFAULT_MESSAGE, { because }));
  }
  const described = describeError(refusal);
  return jsonReply(status ?? described.status, codeBody({ ...described, because }));
}

function codeReply(error: HostError, route: Route | undefined, headers: string[]): Reply {
  return jsonReply(
    route?.codeStatus?.[error.error] ?? error.status,
    codeBody(error, secondsOf(error)),
    headers,
  );
}

function failsReply(error: HostError, route: Route | undefined, headers: string[]): Reply {
  const unexpected = error.error === 'internal' ? 500 : error.status;
  const status = route?.failsStatus?.[error.error] ?? unexpected;
  const { because } = error;
  const body = failsBody(error.detail ?? error.message, {
    lowerCase: route?.lowerCaseFails,
    because,
    retryAfter: secondsOf(error),
  });
  return jsonReply(status, body, headers);
}

/** After which a refusal for lack of room, here or for the client, is worth another try. */
function secondsOf(error: HostError): number | undefined {
  return isCapacity(error) ? (error.retryAfterSeconds ?? RETRY_AFTER_SECONDS) : undefined;
}

/** Headers that tell the client what to do instead. */
function advice(error: HostError, { allowed }: Exchange): string[] {
  const seconds = secondsOf(error);
  if (seconds !== undefined) return ['Retry-After', String(seconds)];
  if (error.error === 'method_not_allowed' && allowed) return ['Allow', allowed];
  // Part of the body may still be under way.
  return error.error === 'body_too_large' ? ['Connection', 'close'] : [];
}

function refusalPage(deps: Pick<Deps, 'renderer'>, error: HostError | Refused, exchange: Exchange): Reply {
  const page = (name: 'busy' | 'expired' | 'invalid', status: number) =>
    new PageReply(deps.renderer.page({ name, locale: 'EN', template: undefined, values: {} }), status);
  if (error instanceof HostError) {
    if (isCapacity(error)) return pageReply(page('busy', error.status), advice(error, exchange));
    if (error.error === 'signup_expired') return pageReply(page('expired', 410));
  }
  return pageReply(page('invalid', error.status ?? 400));
}
