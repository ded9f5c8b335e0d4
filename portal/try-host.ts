import { baseAddress } from '../server/config/addresses.ts';
import type { Deps } from '../server/ports/deps.ts';
import { OutboundError, outboundFetch, resolveHost } from './outbound.ts';

const MAX_SKEW_MS = 5_000;

/** One thing that was tried; `detail` is the name of a text, or what the machine said. */
export interface TriedStep {
  step: 'dns' | 'tls' | 'answer' | 'secret' | 'clock';
  ok: boolean;
  detail: string;
}

/** The canonical address of a host; undefined for what is none. */
export function hostAddress(text: string): string | undefined {
  try {
    return baseAddress(text);
  } catch {
    return undefined;
  }
}

/** Asks a host whether this portal could manage it; the last step is the first that failed. */
export async function tryHost(
  { clock }: Pick<Deps, 'clock'>,
  host: { url: string; serverSecret: string; privateAllowed: boolean },
): Promise<TriedStep[]> {
  const steps: TriedStep[] = [];
  const failed = (step: TriedStep['step'], detail: string) => [...steps, { step, ok: false, detail }];
  const passed = (step: TriedStep['step'], detail = '') => void steps.push({ step, ok: true, detail });
  const fetch = outboundFetch(host);
  try {
    const { address } = await resolveHost(new URL(host.url), host.privateAllowed);
    passed('dns', address);
  } catch (error) {
    return failed('dns', error instanceof OutboundError ? error.fault : 'unknownName');
  }
  let alive: Response;
  try {
    alive = await fetch(`${host.url}/healthz`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'timeout';
    return failed(/CERT|TLS|SSL|SELF_SIGNED|VERIFY/.test(code) ? 'tls' : 'answer', code);
  }
  if (host.url.startsWith('https:')) passed('tls');
  if (alive.status !== 200 || (await alive.text().catch(() => '')) !== '{"status":"ok"}')
    return failed('answer', 'noHost');
  passed('answer');
  const headers = { 'server-secret': host.serverSecret };
  const connection = await fetch(`${host.url}/api/app/connection`, { headers }).catch(() => undefined);
  await connection?.body?.cancel();
  if (connection?.status !== 200) return failed('secret', 'refused');
  passed('secret');
  const skewMs = Date.parse(alive.headers.get('date') ?? '') - clock.now();
  if (!(Math.abs(skewMs) <= MAX_SKEW_MS)) return failed('clock', 'skew');
  passed('clock');
  return steps;
}
