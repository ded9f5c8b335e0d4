import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Address of the client behind `hops` proxies, each of which appends the address it saw to `X-Forwarded-For`;
 * counted from the right, because the left end is whatever the client wrote. Without proxies, or without a
 * usable entry, the peer of the socket. Empty when the peer is not known any more: nothing may be done for
 * such a request that is limited by address.
 */
export function clientAddress(request: IncomingMessage, hops: number): string {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  if (hops === 0 || typeof forwarded !== 'string') return peer;
  const entries = forwarded.split(',');
  const entry = entries[Math.max(0, entries.length - hops)] ?? '';
  const address = withoutPort(entry.trim());
  return isIP(address) === 0 ? peer : plainAddress(address);
}

function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry);
  if (bracketed?.[1]) return bracketed[1];
  return /^[\d.]+:\d+$/.test(entry) ? entry.slice(0, entry.indexOf(':')) : entry;
}

/**
 * The one spelling of an address: IPv4 where an IPv6 address stands for one (mapped: RFC 4291 §2.5.5.2;
 * translated: RFC 6052 §2.1, else all of IPv4 would be one customer), IPv6 as RFC 5952 writes it, without
 * zone.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':') || isIP(address) === 0) return address;
  const [unzoned = ''] = address.split('%');
  const text = new URL(`http://[${unzoned}]`).hostname.slice(1, -1);
  const groups = groupsOf(text);
  const prefix = groups.slice(0, 6).join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return text;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** What limits count by: an IPv4 address, or the /64 network that one IPv6 customer has at least. */
export function addressBucket(address: string): string {
  return address.includes(':') ? groupsOf(address).slice(0, 4).join(':') : address;
}

/**
 * The place on the net somebody comes from time and again: the IPv4 /24, or the IPv6 /48 that one customer
 * has at most.
 */
export function addressNetwork(address: string): string {
  return address.includes(':')
    ? groupsOf(address).slice(0, 3).join(':')
    : address.split('.').slice(0, 3).join('.');
}

/**
 * The eight groups of an IPv6 address, each in its one spelling, so that another spelling is no other
 * address.
 */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  return [...groups, ...Array<string>(missing).fill('0'), ...last].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  );
}
