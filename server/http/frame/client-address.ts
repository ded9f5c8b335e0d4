import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ipv6Groups, plainAddress } from '../../tools/ip-address.ts';

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

/** What limits count by: an IPv4 address, or the /64 network that one IPv6 customer has at least. */
export function addressBucket(address: string): string {
  return address.includes(':') ? ipv6Groups(address).slice(0, 4).join(':') : address;
}

/**
 * The place on the net somebody comes from time and again: the IPv4 /24, or the IPv6 /48 that one customer
 * has at most.
 */
export function addressNetwork(address: string): string {
  return address.includes(':')
    ? ipv6Groups(address).slice(0, 3).join(':')
    : address.split('.').slice(0, 3).join('.');
}
