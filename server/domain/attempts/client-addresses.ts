import type { Deps } from '../../ports/deps.ts';
import { META, type MetaStore } from '../../ports/store/meta.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { parseJsonText } from '../../tools/json-text.ts';

const REMEMBERED_MS = 30 * DAY_MS;

/**
 * Why every client may have one address, so that all share its limits: a proxy tells the addresses and
 * `TRUST_PROXY_HOPS` is 0, or whoever asks does so from one private address.
 */
export type AddressDoubt = 'forwarded_ignored' | 'one_private_peer';

/** Keeps a doubt for the next start and for `--check`; `undefined`: there is none. */
export async function rememberDoubt(
  { store, clock, config }: Pick<Deps, 'store' | 'clock' | 'config'>,
  doubt: AddressDoubt | undefined,
): Promise<void> {
  const before = await store.meta.get(META.addressDoubt);
  if (before === undefined && doubt === undefined) return;
  const value = JSON.stringify({ doubt, hops: config.trustProxyHops, at: clock.now() });
  // Another process may be first, with the same.
  await store.meta.compareAndSet(META.addressDoubt, before, value);
}

/** What was found in the last 30 days with as many proxies trusted as now. */
export async function recallDoubt(
  meta: Pick<MetaStore, 'get'>,
  { now, trustProxyHops }: { now: number; trustProxyHops: number },
): Promise<AddressDoubt | undefined> {
  const text = await meta.get(META.addressDoubt);
  const found = text === undefined ? undefined : (parseJsonText(text) as Record<string, unknown>);
  if (found?.hops !== trustProxyHops || Number(found.at) < now - REMEMBERED_MS) return undefined;
  const { doubt } = found;
  return doubt === 'forwarded_ignored' || doubt === 'one_private_peer' ? doubt : undefined;
}
