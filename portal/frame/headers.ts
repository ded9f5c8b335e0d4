const YEAR_SECONDS = 31_536_000;

/** The policy of every page: scripts by nonce, and no markup but what htmx's own policy lets in. */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types htmx',
  ].join('; ');
}

/** The policy of a document that a page frames: styles and pictures, an origin of its own, nothing else. */
export const framePolicy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src https: data:',
  "frame-ancestors 'self'",
].join('; ');

/** Headers of every answer of the portal: name, value, name, value … */
export function commonHeaders(
  requestId: string,
  { secure, subdomains, framed = false }: { secure: boolean; subdomains: boolean; framed?: boolean },
): string[] {
  const headers = [
    ...['X-Request-Id', requestId],
    ...['X-Content-Type-Options', 'nosniff'],
    ...['Referrer-Policy', 'same-origin'],
    ...['Cross-Origin-Opener-Policy', 'same-origin'],
    ...['Cross-Origin-Resource-Policy', 'same-origin'],
    ...['X-Frame-Options', framed ? 'SAMEORIGIN' : 'DENY'],
  ];
  const age = `max-age=${YEAR_SECONDS}`;
  if (secure) headers.push('Strict-Transport-Security', subdomains ? `${age}; includeSubDomains` : age);
  return headers;
}
