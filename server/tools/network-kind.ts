import { BlockList, isIP } from 'node:net';
import { plainAddress } from './ip-address.ts';

type NetworkKind = 'loopback' | 'forbidden' | 'private' | 'public';

function networks(...list: readonly string[]): BlockList {
  const block = new BlockList();
  for (const network of list) {
    const [address = '', bits = ''] = network.split('/');
    block.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return block;
}

const LOOPBACK = networks('127.0.0.0/8', '::1/128');
/** Cloud metadata, what is no single machine, and IPv6 that stands for an IPv4 address nobody judged. */
const FORBIDDEN = networks(
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '0.0.0.0/8',
  '192.0.0.0/24',
  '::/96',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
  '224.0.0.0/3',
  'ff00::/8',
);
const PRIVATE = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
);

/** What an address means to somebody who is told to ask it. */
export function kindOfAddress(text: string): NetworkKind {
  const address = plainAddress(text);
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(address, family)) return 'loopback';
  if (FORBIDDEN.check(address, family)) return 'forbidden';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}

/** Why other machines are not asked. */
export type NetworkFault = 'forbidden' | 'private' | 'httpsOnly';

/**
 * Why a machine with these addresses is not asked by that protocol (`https:`). Metadata services never are,
 * private networks where that was allowed, and without TLS this machine alone.
 */
export function networkFault(
  protocol: string,
  addresses: readonly string[],
  privateAllowed: boolean,
): NetworkFault | undefined {
  const kinds = addresses.map(kindOfAddress);
  if (kinds.includes('forbidden')) return 'forbidden';
  if (kinds.includes('private') && !privateAllowed) return 'private';
  return protocol !== 'https:' && kinds.some((kind) => kind !== 'loopback') ? 'httpsOnly' : undefined;
}
