import { isIP } from 'node:net';

/**
 * The one spelling of an address: IPv4 where an IPv6 address stands for one (mapped: RFC 4291 §2.5.5.2;
 * translated: RFC 6052 §2.1, else all of IPv4 would be one customer), IPv6 as RFC 5952 writes it, without
 * zone.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':') || isIP(address) === 0) return address;
  const [unzoned = ''] = address.split('%');
  const text = new URL(`http://[${unzoned}]`).hostname.slice(1, -1);
  const groups = ipv6Groups(text);
  const prefix = groups.slice(0, 6).join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return text;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/**
 * The eight groups of an IPv6 address, each in its one spelling, so that another spelling is no other
 * address.
 */
export function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  return [...groups, ...Array<string>(missing).fill('0'), ...last].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  );
}
