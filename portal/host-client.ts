import { inProcessFetch, type RequestHandler } from '../client/host/in-process.ts';
import { createHostClient, type HostClient } from '../client/host/index.ts';
import { issueServerSecret, serverSecretGeneration } from '../server/domain/tokens/server-secret.ts';
import type { ManagedHost, Operator } from '../server/model/operator.ts';
import type { Deps } from '../server/ports/deps.ts';
import { outboundFetch } from './outbound.ts';

/** The name of this very host in addresses and app limits. */
export const HERE = 'here';

/** A host that screens work on: this one, or another one that an owner added. */
export interface PortalHost {
  /** `here`, or the id of a managed host. */
  id: string;
  name: string;
  url: string;
}

/** Who asks, as the host's own log shall see it. */
interface Asker {
  operator: Operator;
  address: string;
}

/** The hosts of the portal, this one first, and a way to ask each: everything about apps goes through it. */
export class HostClients {
  readonly #deps: Deps;
  readonly #handle: RequestHandler;
  #own: { generation: number; secret: string } | undefined;

  /** `handle` answers for the API of this host. */
  constructor(deps: Deps, handle: RequestHandler) {
    this.#deps = deps;
    this.#handle = handle;
  }

  /** Those that this operator knows of. */
  async list({ apps }: Pick<Operator, 'apps'>): Promise<PortalHost[]> {
    const { config, store } = this.#deps;
    const others = await store.managedHosts.list();
    const all = [
      { id: HERE, name: config.serverName, url: config.apiUrl },
      ...others.map(({ id, name, url }) => ({ id, name, url })),
    ];
    return all.filter(({ id }) => apps?.some(({ host }) => host === id) ?? true);
  }

  /**
   * A client of a host: of this one inside the process, with a secret that never leaves it; of another one
   * over the net, under the rules of `outboundFetch`. Undefined for a host that this operator does not know.
   */
  async of({ operator, address }: Asker, id: string): Promise<HostClient | undefined> {
    if (!(operator.apps?.some(({ host }) => host === id) ?? true)) return undefined;
    if (id === HERE) return this.#here(operator, address);
    const host = await this.#deps.store.managedHosts.find(id);
    return host && this.#elsewhere(host, operator);
  }

  async #here(operator: Operator, address: string): Promise<HostClient> {
    const generation = await serverSecretGeneration(this.#deps.store.meta);
    if (this.#own?.generation !== generation) {
      this.#own = { generation, secret: await issueServerSecret(this.#deps) };
    }
    return createHostClient({
      url: new URL(this.#deps.config.apiUrl).origin,
      secret: this.#own.secret,
      operator: nameOf(operator),
      fetch: inProcessFetch(this.#handle, address),
    });
  }

  #elsewhere({ url, serverSecret, privateAllowed }: ManagedHost, operator: Operator): HostClient {
    const fetch = outboundFetch({ privateAllowed });
    return createHostClient({ url, secret: serverSecret, operator: nameOf(operator), fetch });
  }
}

/** As long as the header `operator` may be. */
function nameOf({ email }: Operator): string {
  return [...email].slice(0, 120).join('');
}
