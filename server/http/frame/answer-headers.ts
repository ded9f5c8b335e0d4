import type { Config } from '../../model/config.ts';

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
const pagePolicy = (pictures: string) =>
  `default-src 'none'; style-src 'self' 'unsafe-inline'; img-src ${pictures}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
const PAGE_POLICY = pagePolicy('https: data:');
const YEAR_SECONDS = 31_536_000;

/** The headers of every answer, whoever writes it (contract §2.2, operator §4): name, value, name, value … */
export class AnswerHeaders {
  readonly #common: readonly string[];
  constructor({ apiUrl, hstsSubdomains }: Pick<Config, 'apiUrl' | 'hstsSubdomains'>) {
    const common = ['X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'no-referrer'];
    if (apiUrl.startsWith('https:')) {
      const age = `max-age=${YEAR_SECONDS}`;
      common.push('Strict-Transport-Security', hstsSubdomains ? `${age}; includeSubDomains` : age);
    }
    this.#common = common;
  }

  /**
   * `contentType` undefined: an answer without a body. Nothing is kept by caches unless `cacheControl` says
   * otherwise.
   */
  of(answer: {
    requestId: string;
    contentType: string | undefined;
    cacheControl?: string | undefined;
    picturesFrom?: string | undefined;
    policy?: string | undefined;
  }): string[] {
    const { requestId, contentType, cacheControl = 'no-store', picturesFrom } = answer;
    const pages = picturesFrom === undefined ? PAGE_POLICY : pagePolicy(picturesFrom);
    const { policy = contentType?.startsWith('text/html') ? pages : API_POLICY } = answer;
    const headers = [
      'X-Request-Id',
      requestId,
      'Cache-Control',
      cacheControl,
      'Content-Security-Policy',
      policy,
      ...this.#common,
    ];
    if (contentType !== undefined) headers.push('Content-Type', contentType);
    return headers;
  }
}
