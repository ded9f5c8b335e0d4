import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { AddressDoubt } from '../domain/attempts/client-addresses.ts';
import { type Config, isLoopback } from '../model/config.ts';
import { systemClock } from '../security/clock.ts';
import { within } from '../tools/deadline.ts';
import { type CheckResult, failed, passed } from './finding.ts';

const NAME = 'address';
const TIMEOUT_MS = 5_000;
const MIN_CERTIFICATE_DAYS = 14;
const MAX_SKEW_MS = 5_000;

function isLocal(apiUrl: string): boolean {
  return isLoopback(new URL(apiUrl).hostname);
}

/**
 * Whether the public address reaches this host, with a certificate that will last, and whether the clocks
 * agree.
 */
export async function checkAddress({ apiUrl }: Config): Promise<CheckResult> {
  let response: Response;
  try {
    response = await fetch(`${apiUrl}/healthz`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'manual',
    });
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    if (isLocal(apiUrl) && code === 'ECONNREFUSED')
      return passed(NAME, `${apiUrl} is local, and the host is not running`);
    return failed(NAME, `${apiUrl} does not answer (${code}): ${repairOf(code)}`);
  }
  const body = await response.text();
  if (response.status !== 200 || body !== '{"status":"ok"}') {
    return failed(
      NAME,
      `${apiUrl}/healthz answers ${response.status}, not this host: check the proxy, and API_URL`,
    );
  }
  const skewMs = Date.parse(response.headers.get('date') ?? '') - systemClock.now();
  if (Math.abs(skewMs) > MAX_SKEW_MS) {
    return failed(
      NAME,
      `its clock is ${Math.round(skewMs / 1000)} s away from this machine's: run an NTP client`,
    );
  }
  if (!apiUrl.startsWith('https:'))
    return passed(
      NAME,
      `${apiUrl} answers${isLocal(apiUrl) ? '' : ' (plain http: passwords travel readable)'}`,
    );
  const days = await certificateDays(apiUrl).catch(() => undefined);
  if (days === undefined) return failed(NAME, `${apiUrl} answers, but shows no certificate: check the proxy`);
  if (days < MIN_CERTIFICATE_DAYS) return failed(NAME, `the certificate ends in ${days} days: renew it`);
  return passed(NAME, `${apiUrl} answers; the certificate is good for ${days} days`);
}

function repairOf(code: string): string {
  if (/ALTNAME/.test(code)) return 'its certificate is made out to another name: get one for this address';
  if (/EXPIRED/.test(code)) return 'its certificate has expired: renew it';
  if (/CERT|SELF_SIGNED|ISSUER|^UNABLE_TO/.test(code))
    return 'nobody clients trust vouches for its certificate: get one from an authority they know';
  if (/SSL|TLS|EPROTO/.test(code)) return 'it speaks no TLS there: check the port, and the proxy';
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return 'the name is not known: correct API_URL, or make a DNS entry';
  return 'start the host, and check DNS, proxy and firewall';
}

async function certificateDays(apiUrl: string): Promise<number> {
  const { hostname, port } = new URL(apiUrl);
  const ends = new Promise<string>((resolve, reject) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    // A name that is an address may not be asked for in the handshake (RFC 6066 §3).
    const servername = isIP(host) ? undefined : host;
    const socket = connect({ host, port: Number(port) || 443, servername }, () => {
      resolve(socket.getPeerCertificate().valid_to);
      socket.end();
    });
    socket.on('error', reject);
  });
  const validTo = await within(TIMEOUT_MS, ends, () => new Error('time-out'));
  return Math.floor((Date.parse(validTo) - systemClock.now()) / 86_400_000);
}

/**
 * The host speaks http: an https address means that something in front of it appends to `X-Forwarded-For`.
 * `recall`: what the host found while it ran.
 */
export async function checkProxies(
  config: Config,
  recall: (config: Config) => Promise<AddressDoubt | undefined> = async () => undefined,
): Promise<CheckResult> {
  const { apiUrl, trustProxyHops } = config;
  const name = 'proxies';
  const behindProxy = apiUrl.startsWith('https:');
  if (behindProxy && trustProxyHops === 0) {
    return failed(
      name,
      'the address is https, so a proxy is in front, but TRUST_PROXY_HOPS is 0: everybody would share one address limit',
    );
  }
  if (!behindProxy && trustProxyHops > 0) {
    return failed(
      name,
      `TRUST_PROXY_HOPS is ${trustProxyHops}, but the address is plain http: without a proxy, clients could forge their address`,
    );
  }
  const doubt = await recall(config);
  return doubt ? failed(name, DOUBTS[doubt]) : passed(name, `${trustProxyHops} in front`);
}

const DOUBTS: Readonly<Record<AddressDoubt, string>> = {
  forwarded_ignored:
    'requests came with X-Forwarded-For, but TRUST_PROXY_HOPS is 0: if a proxy is in front, everybody shares one address limit. Set it to the number of proxies.',
  one_private_peer:
    'all requests came from one private address: if that is a proxy, everybody shares one address limit. Set TRUST_PROXY_HOPS to the number of proxies, and let each append to X-Forwarded-For.',
};

/** Any origin is safe, because no browser adds this host's credentials by itself; a list is stricter. */
export function checkOrigins({ allowOrigin }: Config): CheckResult {
  if (allowOrigin === '*') return passed('CORS', 'open to every origin; ALLOW_ORIGIN can name yours');
  return passed('CORS', allowOrigin.join(', '));
}
