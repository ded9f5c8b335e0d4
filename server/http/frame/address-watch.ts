import { BlockList, isIPv6 } from 'node:net';
import { type AddressDoubt, rememberDoubt } from '../../domain/attempts/client-addresses.ts';
import { isLoopback } from '../../model/config.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';

/** So many requests of one address alone are no coincidence. */
const ENOUGH = 200;

/**
 * Tells by `insecure_setting`, at most once a day, when `TRUST_PROXY_HOPS` seems to make one address of all
 * clients; the next start and `--check` say it again. A header that comes from a public address is told of
 * only, for anybody can send it.
 */
export class AddressWatch {
  readonly #deps: Pick<Deps, 'config' | 'store' | 'clock' | 'events'>;
  readonly #isLocal: boolean;
  readonly #toldAt = new Map<AddressDoubt, number>();
  #only: string | undefined;
  #requests = 0;
  #several = false;

  constructor(deps: Pick<Deps, 'config' | 'store' | 'clock' | 'events'>) {
    this.#deps = deps;
    this.#isLocal = isLoopback(new URL(deps.config.apiUrl).hostname);
  }

  /**
   * A request that counts against its address's limit; `isForwarded`: it has the header `X-Forwarded-For`.
   */
  see(address: string, isForwarded: boolean): void {
    if (isForwarded && this.#deps.config.trustProxyHops === 0) this.#tell('forwarded_ignored', address);
    if (this.#several || this.#isLocal) return;
    this.#only ??= address;
    this.#requests++;
    if (address !== this.#only) {
      this.#several = true;
      if (this.#toldAt.has('one_private_peer')) this.#remember(undefined);
    } else if (this.#requests >= ENOUGH && isPrivate(address)) this.#tell('one_private_peer', address);
  }

  #tell(reason: AddressDoubt, address: string): void {
    const now = this.#deps.clock.now();
    const toldAt = this.#toldAt.get(reason);
    if (toldAt !== undefined && now < toldAt + DAY_MS) return;
    this.#toldAt.set(reason, now);
    this.#deps.events.emit('insecure_setting', { setting: 'TRUST_PROXY_HOPS', reason });
    if (isPrivate(address)) this.#remember(reason);
  }

  #remember(doubt: AddressDoubt | undefined): void {
    // It is said in the log; a database that is away tells of itself.
    rememberDoubt(this.#deps, doubt).catch(() => {});
  }
}

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');

/** Addresses that nobody has on the public net. */
function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
