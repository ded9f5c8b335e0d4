import { ADDRCONFIG } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import { within } from '../tools/deadline.ts';
import { SEND_MS } from './deadline.ts';
import { errorCode } from './provider-error.ts';

const ANSWER_MS = 1_500;
/** What a name server says of a name that has no such record. */
const ABSENT: readonly string[] = ['ENOTFOUND', 'ENODATA', 'ENONAME'];

/** Asks the machine's name servers. `servers` (`127.0.0.1:5353`) are asked instead, and alone. */
export function createDnsRecords({ servers }: { servers?: readonly string[] } = {}): DnsRecords {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: 2 });
  if (servers) resolver.setServers(servers);

  async function addresses(name: string): Promise<string[] | undefined> {
    const [four, six] = await Promise.all([
      answered(resolver.resolve4(name)),
      answered(resolver.resolve6(name)),
    ]);
    return four || six ? [...(four ?? []), ...(six ?? [])] : undefined;
  }
  async function systemHost(name: string): Promise<string[] | undefined> {
    const found = await answered(lookup(name, { all: true, hints: ADDRCONFIG }));
    return found?.map(({ address }) => address);
  }

  return {
    addresses,
    mx: (name) => answered(resolver.resolveMx(name)),
    async txt(name) {
      const records = await answered(resolver.resolveTxt(name));
      return records?.map((strings) => strings.join(''));
    },
    nameServers: (zone) => answered(resolver.resolveNs(zone)),
    host: servers ? addresses : systemHost,
  };
}

async function answered<T>(question: Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await within(SEND_MS, question, () => new Error('time-out'));
  } catch (error) {
    return ABSENT.includes(errorCode(error)) ? [] : undefined;
  }
}
