import { isIP } from 'node:net';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import { networkFault } from '../tools/network-kind.ts';

export interface Guard {
  /** Whether private networks may be asked. */
  privateEndpoints: boolean;
  records: Pick<DnsRecords, 'host'>;
}

/** Whether what an address resolves to now may be asked; true where it resolves to nothing. */
export async function mayAsk(endpoint: string, guard: Guard): Promise<boolean> {
  const { protocol, host } = partsOf(endpoint);
  const addresses = isIP(host) ? [host] : ((await guard.records.host(host)) ?? []);
  return networkFault(protocol, addresses, guard.privateEndpoints) === undefined;
}

/** What decides about an address, and where it points. */
export function partsOf(url: string): { protocol: string; host: string } {
  const { protocol, hostname } = new URL(url);
  return { protocol, host: hostname.replace(/^\[(.*)\]$/, '$1') };
}
