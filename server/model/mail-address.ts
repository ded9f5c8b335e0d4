import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

/** One address and nothing that could begin another one or another header. */
const SENDABLE = /^[^\s@,;:<>"()[\]\\\p{Cc}]+@[^\s@,;:<>"()[\]\\\p{Cc}]+$/u;
/** Invisible: with one an address would look like somebody else's. */
const INVISIBLE = /\p{Cf}/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+$/u;

/** Whether a mailer takes this text as a recipient: the one rule for what can stand in an address. */
export function isSendable(text: string): boolean {
  return SENDABLE.test(text);
}

/**
 * An address as the mailer writes it: its domain in ASCII (UTS #46), so that one mailbox has one spelling.
 * Undefined for what is no address of a mailbox on the internet.
 */
export function mappedAddress(text: string): string | undefined {
  const at = text.indexOf('@');
  if (!isSendable(text) || INVISIBLE.test(text)) return undefined;
  const domain = asciiDomain(text.slice(at + 1));
  return domain === undefined ? undefined : text.slice(0, at + 1) + domain;
}

/** A mapped address with its domain as people write it. */
export function readableAddress(mapped: string): string {
  const at = mapped.indexOf('@');
  return mapped.slice(0, at + 1) + domainToUnicode(mapped.slice(at + 1));
}

/**
 * Node's function reads addresses of web pages: what it is given and what it answers must both be a plain
 * domain, and no IP address.
 */
function asciiDomain(domain: string): string | undefined {
  if (!DOMAIN.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  return DOMAIN.test(ascii) && isIP(ascii) === 0 ? ascii : undefined;
}
