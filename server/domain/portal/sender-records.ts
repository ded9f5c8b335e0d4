import { isIP } from 'node:net';
import type { DnsRecords } from '../../ports/delivery/dns-records.ts';
import type { MailWay } from '../../ports/delivery/mailer.ts';
import { type MailProvider, providerOf } from './mail-providers.ts';
import { readSpf, SPF_LOOKUPS_MAX, type Spf } from './spf.ts';
import { type Outcome, timed, unknown, type WalkStep } from './walk-step.ts';

/** Names that only a machine or a network of one's own knows (RFC 6761, 6762, 8375, 9476). */
const PRIVATE =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|test|invalid|example|onion|arpa|alt)$/;
/** Domains above the sender's that are looked at, those of one word aside. */
const PARENTS = 3;
const DKIM_PARENTS = 2;
const SILENT = 'no name server answers; repeat it from where public names are known';

interface Sender {
  domain: string;
  way: MailWay;
  provider: MailProvider | undefined;
  selectors: readonly string[];
}

/**
 * The steps `sender_dns spf dkim dmarc`: what receivers find of the sender's domain. A private name, and a
 * resolver that does not answer or knows no public names, make a step unknown.
 */
export async function walkSenderRecords(
  records: DnsRecords,
  { way, selectors }: { way: MailWay; selectors: readonly string[] },
): Promise<WalkStep[]> {
  const domain = (way.from.split('@').at(-1) ?? '').toLowerCase();
  const nothing = (detail: string) =>
    ['sender_dns', 'spf', 'dkim', 'dmarc'].map((step) => ({ step, ms: 0, ...unknown(detail) }));
  if (way.kind === 'outbox') return nothing('mails go to a file; receivers look at nothing');
  if (isPrivate(domain)) return nothing(`${domain || way.from} is no public name`);
  const sender = { domain, way, provider: providerOf(way), selectors };
  const own = await timed('sender_dns', () => seeDomain(records, sender));
  if (own.ok !== true) {
    const why = own.ok === false ? `${domain} has to be put right first` : own.detail;
    return [own, ...nothing(why).slice(1)];
  }
  const [spf, dkim] = await Promise.all([
    timed('spf', () => seeSpf(records, sender)),
    timed('dkim', () => seeDkim(records, sender)),
  ]);
  return [own, spf, dkim, await timed('dmarc', () => seeDmarc(records, sender, { spf, dkim }))];
}

function isPrivate(domain: string): boolean {
  return !domain.includes('.') || PRIVATE.test(domain) || isIP(domain.replace(/^\[|\]$/g, '')) !== 0;
}

async function seeDomain(records: DnsRecords, { domain }: Sender): Promise<Outcome> {
  const [exchanges, addresses] = await Promise.all([records.mx(domain), records.addresses(domain)]);
  if (exchanges?.some(({ exchange }) => exchange === '' || exchange === '.')) {
    return {
      ok: false,
      detail: `${domain} says that it takes no mail (MX of RFC 7505)`,
      repair: `Use a sender whose domain takes mail, or remove the MX record "." of ${domain}: receivers refuse what they cannot answer.`,
    };
  }
  if (exchanges?.length)
    return { ok: true, detail: `MX ${exchanges.map(({ exchange }) => exchange).join(', ')}` };
  if (addresses?.length) return { ok: true, detail: `no MX, A ${addresses.slice(0, 4).join(', ')}` };
  if (!exchanges || !addresses) return unknown(SILENT);
  const zone = domain.split('.').at(-1) ?? '';
  if (!(await records.nameServers(zone))?.length)
    return unknown(`the name servers asked know nothing of .${zone}`);
  return {
    ok: false,
    detail: `${domain} has neither MX nor A`,
    repair: `Correct the sender (NOREPLY_EMAIL), or make an MX record for ${domain}.`,
  };
}

async function seeSpf(records: DnsRecords, { domain, way, provider }: Sender): Promise<Outcome> {
  const spf = await readSpf(records, domain);
  const term = provider ? `include:${provider.spf}` : `a:${way.server?.host ?? domain}`;
  switch (spf.fault) {
    case 'absent':
      if (provider?.ownReturnPath)
        return unknown(`no SPF record; ${provider.name} sends with a return path of its own`);
      return {
        ok: false,
        detail: `${domain} has no SPF record`,
        repair: `Make a TXT record at ${domain}: v=spf1 ${term} ~all`,
      };
    case 'several':
      return {
        ok: false,
        detail: `${domain} has, or includes, several SPF records where one may be`,
        repair: 'Put them together into one TXT record that begins with v=spf1.',
      };
    case 'too_many':
      return {
        ok: false,
        detail: `more than ${SPF_LOOKUPS_MAX} look-ups: ${spf.record.slice(0, 200)}`,
        repair: `Take includes out of the SPF record of ${domain} until it needs at most ${SPF_LOOKUPS_MAX} look-ups.`,
      };
  }
  const outcome = await seePermission(records, spf, { domain, way, provider, term });
  return spf.fault === 'unanswered' && outcome.ok !== true
    ? unknown(`not all of ${spf.record.slice(0, 200) || 'it'} could be read`)
    : outcome;
}

async function seePermission(
  records: DnsRecords,
  spf: Spf,
  { domain, way, provider, term }: Pick<Sender, 'domain' | 'way' | 'provider'> & { term: string },
): Promise<Outcome> {
  const read = `${spf.record.slice(0, 200)} (${spf.lookups} look-up${spf.lookups === 1 ? '' : 's'})`;
  if (provider) {
    const isNamed = [...spf.includes].some(
      (name) => name === provider.spf || name.endsWith(`.${provider.spf}`),
    );
    if (isNamed) return { ok: true, detail: read };
    if (provider.ownReturnPath)
      return unknown(`${read} does not name ${provider.name}, which sends with a return path of its own`);
    return {
      ok: false,
      detail: `${read} does not name ${provider.name}`,
      repair: `Add ${term} to the SPF record of ${domain}.`,
    };
  }
  const host = way.server?.host ?? '';
  const addresses = isIP(host) ? [host] : ((await records.host(host)) ?? []);
  const permitted = addresses.find((address) => spf.permits(address));
  if (permitted) return { ok: true, detail: `${read} permits ${permitted}` };
  return unknown(`${read} does not name ${addresses[0] ?? host}; the server may send from another address`);
}

async function seeDkim(records: DnsRecords, { domain, provider, selectors }: Sender): Promise<Outcome> {
  const names = [...new Set([...selectors, ...(provider?.selectors ?? [])])];
  if (names.length === 0)
    return {
      ...unknown('no selector is known for this mail server'),
      repair: 'Name the selectors of its DKIM keys in DKIM_SELECTORS.',
    };
  const asked = withParents(domain, DKIM_PARENTS).flatMap((name) =>
    names.map((selector) => `${selector}._domainkey.${name}`),
  );
  const answers = await Promise.all(asked.map((name) => records.txt(name)));
  const keys = answers.map((texts) => texts?.find((text) => /(?:^|;)\s*p=/i.test(text)));
  const good = keys.findIndex((key) => key !== undefined && /(?:^|;)\s*p=\s*[^;\s]/i.test(key));
  if (good >= 0) return { ok: true, detail: `key at ${asked[good]}` };
  const revoked = keys.findIndex((key) => key !== undefined);
  if (revoked >= 0)
    return {
      ok: false,
      detail: `the key at ${asked[revoked]} is empty, which revokes it`,
      repair: 'Publish the key that your mail provider shows, or switch to the selector it signs with now.',
    };
  if (answers.some((texts) => texts === undefined)) return unknown(SILENT);
  return {
    ok: false,
    detail: `no key under ${names.map((name) => `${name}._domainkey.${domain}`).join(', ')}`,
    repair: provider
      ? `Authenticate ${domain} at ${provider.name} and make the DNS records it shows.`
      : `Publish the key of your mail server there, or correct DKIM_SELECTORS.`,
  };
}

async function seeDmarc(
  records: DnsRecords,
  { domain }: Sender,
  { spf, dkim }: { spf: WalkStep; dkim: WalkStep },
): Promise<Outcome> {
  for (const name of withParents(domain, PARENTS)) {
    const texts = await records.txt(`_dmarc.${name}`);
    if (!texts) return unknown(SILENT);
    const found = texts.filter((text) => /^v=DMARC1\s*(?:;|$)/i.test(text));
    if (found.length > 1)
      return {
        ok: false,
        detail: `${found.length} records at _dmarc.${name}, so that none counts`,
        repair: `Leave one TXT record at _dmarc.${name}.`,
      };
    const [record] = found;
    if (record !== undefined) return aligned(record.slice(0, 200), { domain, name, spf, dkim });
  }
  return {
    ok: false,
    detail: `${domain} has no DMARC record`,
    repair: `Make a TXT record at _dmarc.${domain}: v=DMARC1; p=none; rua=mailto:postmaster@${domain}`,
  };
}

/** DMARC wants SPF or DKIM to speak for the sender's own domain. */
function aligned(
  record: string,
  { domain, name, spf, dkim }: { domain: string; name: string; spf: WalkStep; dkim: WalkStep },
): Outcome {
  const tag = (tagName: string) =>
    new RegExp(`;\\s*${tagName}\\s*=\\s*(\\w+)`, 'i').exec(record)?.[1]?.toLowerCase();
  const policy = (name === domain ? undefined : tag('sp')) ?? tag('p') ?? 'none';
  const by = dkim.ok === true ? 'DKIM' : spf.ok === true ? 'SPF' : undefined;
  if (by) return { ok: true, detail: `${record}; ${by} speaks for ${domain}` };
  if (policy === 'none') return { ok: true, detail: `${record}; nothing is refused yet` };
  if (spf.ok === 'unknown' || dkim.ok === 'unknown')
    return unknown(`${record}; neither SPF nor DKIM is known to hold`);
  return {
    ok: false,
    detail: `${record}, but neither SPF nor DKIM speaks for ${domain}: receivers ${policy} these mails`,
    repair: 'Put SPF or DKIM right first (the steps above); p=none lets mails through until then.',
  };
}

function withParents(domain: string, most: number): string[] {
  const words = domain.split('.');
  return words
    .slice(0, -1)
    .slice(0, most)
    .map((_, index) => words.slice(index).join('.'));
}
