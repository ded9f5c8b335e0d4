import type { Operator } from '../server/model/operator.ts';
import type { Deps } from '../server/ports/deps.ts';

/** The name of this very host in addresses and app limits. */
export const HERE = 'here';

/** A host that screens work on: this one, or another one that an owner added. */
export interface PortalHost {
  /** `here`, or the id of a managed host. */
  id: string;
  name: string;
  url: string;
}

/** The hosts of the portal, this one first. */
export async function listHosts({ config, store }: Pick<Deps, 'config' | 'store'>): Promise<PortalHost[]> {
  const others = await store.managedHosts.list();
  return [
    { id: HERE, name: config.serverName, url: config.apiUrl },
    ...others.map(({ id, name, url }) => ({ id, name, url })),
  ];
}

/** Those that an operator who is limited to named apps knows of. */
export function hostsFor(hosts: readonly PortalHost[], { apps }: Pick<Operator, 'apps'>): PortalHost[] {
  return hosts.filter(({ id }) => apps?.some(({ host }) => host === id) ?? true);
}
