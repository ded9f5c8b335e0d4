import { domainToASCII } from 'node:url';

/*
 * Addresses as operators write them, each answered in the one form that the host uses. What a URL parser
 * would quietly put right or drop (backslashes, a missing slash, line ends in the middle) is refused: it
 * would hide that the text came out of an editor or a shell damaged. Every error completes "NAME …" and
 * quotes nothing, for addresses may hold passwords.
 */

const CONTROL = /\p{Cc}/u;

/**
 * An http or https address without user, query and fragment, and without the slash at its end; canonical as
 * in RFC 3986 §6.2.2.
 */
export function baseAddress(text: string): string {
  const url = webUrl(text);
  if (url.search || url.hash || /[?#]/.test(text))
    throw new Error('must be an address alone, without query, fragment or user');
  return withoutSlash(url);
}

/** Scheme, host and port alone. */
export function originAddress(text: string): string {
  const base = baseAddress(text);
  if (base !== new URL(base).origin) throw new Error('must be scheme, host and port alone, without a path');
  return base;
}

/** An http or https address that may have a query. */
export function webAddress(text: string): string {
  const url = webUrl(text);
  if (text.includes('#')) throw new Error('must be an address without fragment');
  return withoutSlash(url);
}

function webUrl(text: string): URL {
  if (!/^https?:\/\/[^/\\]/i.test(text) || !URL.canParse(text))
    throw new Error('is not an address of the form https://… or http://…');
  if (/[\s\\]/.test(text) || CONTROL.test(text)) throw new Error('holds a blank, a line end or a backslash');
  const url = new URL(text);
  if (url.username || url.password)
    throw new Error('must be an address alone, without query, fragment or user');
  if (!isPercentEncoded(url.pathname + url.search))
    throw new Error('holds a % that begins no percent-encoded character (% itself is %25)');
  return url;
}

function withoutSlash(url: URL): string {
  if (url.search) return url.href;
  let end = url.href.length;
  while (url.href[end - 1] === '/') end--;
  return url.href.slice(0, end);
}

function isPercentEncoded(text: string): boolean {
  return !/%(?![\da-f]{2})/i.test(text);
}

const NOT_ENCODED =
  'holds a user or password that is not percent-encoded (write % as %25, / as %2F, # as %23, ? as %3F, @ as %40)';

/**
 * `smtp://user:password@host:587` or `smtps://…`; user and password percent-encoded, the host's name in
 * ASCII.
 */
export function smtpAddress(text: string): string {
  if (!/^smtps?:\/\/[^/\\]/i.test(text))
    throw new Error('is not an address of the form smtp://… or smtps://…');
  if (CONTROL.test(text)) throw new Error('holds a line end or another control character');
  // Whatever stands before the last @ is meant as user and password; a URL ends its authority at the first of
  // these.
  const authority = text.slice(text.indexOf('//') + 2);
  const userInfo = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : '';
  if (/[/?#\\]/.test(userInfo) || !isDecodable(userInfo)) throw new Error(NOT_ENCODED);
  if (!URL.canParse(text)) throw new Error('is not an address of the form smtp://… or smtps://…');
  const url = new URL(text);
  if (url.search || url.hash || url.pathname.replace('/', '') !== '')
    throw new Error('must end after host and port');
  const hostname = url.hostname.startsWith('[') ? url.hostname : domainToASCII(decoded(url.hostname));
  if (hostname === '' || /\s/.test(hostname)) throw new Error('names no host');
  url.hostname = hostname;
  return url.href.replace(/\/$/, '');
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function decoded(text: string): string {
  return isDecodable(text) ? decodeURIComponent(text) : '';
}

/** Web views of apps have schemes of their own, and no host where pages come from files. */
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/([^/\\?#@\s]+)$/i;
const WITHOUT_HOST: readonly string[] = ['null', 'file://'];

/**
 * `*`, or origins as browsers send them (RFC 6454 §6): `scheme://host[:port]`, `null` and `file://`,
 * separated by commas.
 */
export function originList(text: string): '*' | readonly string[] {
  if (text === '*') return '*';
  return text.split(',').map((entry) => originOf(entry.trim()));
}

function originOf(entry: string): string {
  const origin = WITHOUT_HOST.includes(entry) ? entry : entry.replace(/\/$/, '');
  if (WITHOUT_HOST.includes(origin)) return origin;
  if (origin.includes('*'))
    throw new Error(`holds ${JSON.stringify(origin)}: * stands alone, for everybody; name each origin`);
  if (!ORIGIN.test(origin) || CONTROL.test(origin) || !URL.canParse(origin))
    throw new Error(`holds ${JSON.stringify(origin)}, which is no origin`);
  const url = new URL(origin);
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
}
