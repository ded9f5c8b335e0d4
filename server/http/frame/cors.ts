import type { Config } from '../../model/config.ts';

const METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE';
const HEADERS = 'app-token, access-token, server-secret, content-type';
const EXPOSED = 'X-Request-Id, Retry-After, X-Not-Sent, ETag, Upload-Offset';

/** Headers of an answer that pages of every origin may read. */
export const EVERYONE = ['Access-Control-Allow-Origin', '*', 'Access-Control-Expose-Headers', EXPOSED];
const VARY = ['Vary', 'Origin'];

/**
 * Which origins a browser may read answers from. A foreign origin, or none, is served all the same (contract
 * §8 S31).
 */
export class Cors {
  readonly #allowed: ReadonlySet<string> | undefined;
  constructor(allowOrigin: Config['allowOrigin']) {
    this.#allowed = allowOrigin === '*' ? undefined : new Set(allowOrigin);
  }

  headers(origin: string | undefined): readonly string[] {
    if (!this.#allowed) return EVERYONE;
    if (origin === undefined || !this.#allowed.has(origin)) return VARY;
    return ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', EXPOSED, ...VARY];
  }

  /** Headers of the answer to a preflight request; every well-formed header asked for is allowed. */
  preflight(origin: string | undefined, requested: string | undefined): readonly string[] {
    const headers = this.headers(origin);
    if (!headers.includes('Access-Control-Allow-Origin')) return headers;
    const more = requested !== undefined && /^[\w, -]{1,1000}$/.test(requested) ? `, ${requested}` : '';
    return [
      ...headers,
      'Access-Control-Allow-Methods',
      METHODS,
      'Access-Control-Allow-Headers',
      HEADERS + more,
      'Access-Control-Max-Age',
      '600',
    ];
  }
}
