import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../log/logger.ts';
import type { Metrics } from '../../ports/log/metrics.ts';
import type { Codes } from '../../ports/security/codes.ts';
import type { HttpContext } from './request-facts.ts';

const USABLE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Names requests: a valid incoming `X-Request-Id` is kept, else process prefix and number, which costs next
 * to nothing.
 */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;
  constructor(codes: Pick<Codes, 'newId'>) {
    this.#prefix = codes.newId().slice(0, 12);
  }

  of(request: IncomingMessage): string {
    const incoming = request.headers['x-request-id'];
    return typeof incoming === 'string' && USABLE_ID.test(incoming) ? incoming : this.next();
  }

  /** For what is no request with headers. */
  next(): string {
    this.#count++;
    return `${this.#prefix}-${this.#count.toString(36)}`;
  }
}

/**
 * One line per request: pattern instead of path, no query, no body, of a refusal code and reason (operator
 * §4). `startedAt` is of `performance.now()`.
 */
export function logRequest(log: Logger, metrics: Metrics, ctx: HttpContext, startedAt: number): void {
  const { exchange, req, res } = ctx;
  const elapsed = performance.now() - startedAt;
  const method = req.method ?? '';
  const { requestId, route, appId, refusal } = exchange;
  const ms = Math.round(elapsed * 10) / 10;
  log.request({ requestId, method, route, status: res.statusCode, ms, appId, ...refusal });
  metrics.request(route === '' ? 'unknown' : route, method, res.statusCode, elapsed / 1000);
}
