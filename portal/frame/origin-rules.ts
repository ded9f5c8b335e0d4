import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../server/model/config.ts';

/** Whether a request comes from the portal's own pages, a link elsewhere, or a page that may not ask. */
export type Provenance = 'own' | 'link' | 'foreign';

/**
 * Judged by what browsers say and scripts cannot change (Fetch Metadata), else by `Origin`. A link elsewhere
 * may lead here, and brings no session; a form or a script of another site is foreign, and so is a page that
 * reached this host under a name which is not its own.
 */
export function provenanceOf({ method, headers }: IncomingMessage, own: string): Provenance {
  const isSafe = method === 'GET' || method === 'HEAD';
  const site = headers['sec-fetch-site'];
  if (site === undefined) return isSafe || headers.origin === own ? 'own' : 'foreign';
  if (site === 'same-origin') {
    return isSafe || isOwnHost(headers.host, own) || headers.origin === own ? 'own' : 'foreign';
  }
  if (!isSafe) return 'foreign';
  if (site === 'none') return 'own';
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isNavigation ? 'link' : 'foreign';
}

function isOwnHost(host: string | undefined, own: string): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return host.toLowerCase() === new URL(own).host || isLoopback(new URL(`http://${host}`).hostname);
}

/** An address of the portal from what a form or link says; anything else leads to its start. */
export function ownAddress(text: string | null | undefined): string {
  if (!text || !/^\/portal(?:[/?]|$)/.test(text) || /[\\\s]|\/\//.test(text.split('?')[0] ?? ''))
    return '/portal';
  const url = URL.canParse(text, 'http://portal.invalid')
    ? new URL(text, 'http://portal.invalid')
    : undefined;
  const isOwn = url?.host === 'portal.invalid' && /^\/portal(?:\/|$)/.test(url.pathname);
  return url && isOwn ? url.pathname + url.search : '/portal';
}
