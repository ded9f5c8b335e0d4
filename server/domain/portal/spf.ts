import { BlockList, isIP } from 'node:net';
import type { DnsRecords } from '../../ports/delivery/dns-records.ts';

/** More make receivers give up (RFC 7208 §4.6.4). */
export const SPF_LOOKUPS_MAX = 10;

/** What the SPF record of a domain comes to. */
export interface Spf {
  /** `unanswered`: some part of it could not be read. */
  fault?: 'absent' | 'several' | 'too_many' | 'unanswered';
  record: string;
  lookups: number;
  /** Every name it includes or redirects to, at any depth. */
  includes: ReadonlySet<string>;
  /** Whether it permits this address. */
  permits(address: string): boolean;
}

/** Reads the SPF record of a domain with all that it includes (RFC 7208); macros are not expanded. */
export async function readSpf(records: DnsRecords, domain: string): Promise<Spf> {
  const reader = new SpfReader(records);
  await reader.read(domain);
  return reader;
}

class SpfReader implements Spf {
  fault: Spf['fault'];
  record = '';
  lookups = 0;
  readonly includes = new Set<string>();
  readonly #permitted = new BlockList();
  readonly #records: DnsRecords;

  constructor(records: DnsRecords) {
    this.#records = records;
  }

  permits(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#permitted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  async read(domain: string): Promise<void> {
    const texts = await this.#records.txt(domain);
    const found = texts?.filter((text) => /^v=spf1(?: |$)/i.test(text));
    const [record] = found ?? [];
    const isOwn = this.includes.size === 0;
    if (!found) this.#fail('unanswered');
    else if (found.length > 1) this.#fail('several');
    else if (record === undefined) this.#fail(isOwn ? 'absent' : 'unanswered');
    else {
      if (isOwn) this.record = record;
      await this.#readTerms(domain, record);
    }
  }

  #fail(fault: NonNullable<Spf['fault']>): void {
    this.fault ??= fault;
  }

  async #readTerms(domain: string, record: string): Promise<void> {
    const terms = record.trim().split(/\s+/).slice(1);
    const hasAll = terms.some((term) => /^[+?~-]?all$/i.test(term));
    for (const term of terms) {
      // What is not allowed is not permitted; whether it fails softly makes no difference here.
      const isPermission = !/^[?~-]/.test(term);
      const [, name = '', value = ''] = /^[+?~-]?([a-z\d]+)(?:[:=](.*))?$/i.exec(term) ?? [
        '',
        ...(/^[+?~-]?(a|mx)(\/.*)$/i.exec(term)?.slice(1) ?? []),
      ];
      if (name.toLowerCase() === 'redirect' && hasAll) continue;
      await this.#readTerm({ domain, name: name.toLowerCase(), value, isPermission });
      if (this.fault === 'too_many') return;
    }
  }

  async #readTerm(term: {
    domain: string;
    name: string;
    value: string;
    isPermission: boolean;
  }): Promise<void> {
    const { domain, name, value, isPermission } = term;
    if (name === 'ip4' || name === 'ip6') {
      if (isPermission) this.#permit(value, '');
      return;
    }
    if (!['include', 'redirect', 'a', 'mx', 'ptr', 'exists'].includes(name)) return;
    if (++this.lookups > SPF_LOOKUPS_MAX) return this.#fail('too_many');
    if (value.includes('%')) return this.#fail('unanswered');
    const [of = '', prefix = ''] = value.startsWith('/') ? ['', value.slice(1)] : value.split('/');
    const target = (of || domain).toLowerCase();
    if (name === 'include' || name === 'redirect') {
      if (this.includes.has(target)) return;
      this.includes.add(target);
      await this.read(target);
    } else if (name === 'a' && isPermission) await this.#permitNames([target], prefix);
    else if (name === 'mx' && isPermission) {
      const exchanges = await this.#records.mx(target);
      await this.#permitNames(
        (exchanges ?? []).slice(0, 10).map(({ exchange }) => exchange),
        prefix,
      );
    }
  }

  async #permitNames(names: readonly string[], prefix: string): Promise<void> {
    const found = await Promise.all(names.map((name) => this.#records.addresses(name)));
    for (const address of found.flat()) if (address) this.#permit(address, prefix);
  }

  #permit(range: string, usualPrefix: string): void {
    const [address = '', prefix = usualPrefix] = range.split('/');
    const family = isIP(address);
    if (family === 0) return;
    const widest = family === 6 ? 128 : 32;
    const bits = prefix === '' ? widest : Number(prefix);
    if (Number.isInteger(bits) && bits >= 0 && bits <= widest)
      this.#permitted.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
}
