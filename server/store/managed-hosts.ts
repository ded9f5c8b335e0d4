import type { ManagedHost } from '../model/operator.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { ManagedHostStore } from '../ports/store/managed-hosts.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const HOST_FIELDS: SealedFields<ManagedHost> = { secret: ['serverSecret'], personal: [], whole: true };

function mapping(lookups: Lookups): RecordMapping<ManagedHost> {
  return {
    table: 'managedHosts',
    sealed: HOST_FIELDS,
    toRow: ({ id, revision, createdAt, ...fields }) => ({
      id,
      appId: HOST_SCOPE,
      revision,
      createdAt,
      fields,
      keys: { name: lookups.key(HOST_SCOPE, 'managedHost.name', fields.name) },
    }),
    toRecord: ({ id, revision, createdAt }, fields) =>
      ({ ...fields, id, revision, createdAt }) as ManagedHost,
  };
}

/** `ManagedHostStore` over an engine. */
export function createManagedHostStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
): ManagedHostStore {
  const records = new Records(engine, mapping(lookups), sealing);
  return {
    insert: (host) => records.insert(host),
    insertMany: (hosts) => records.insertMany(hosts),
    find: (id) => records.find(HOST_SCOPE, id),
    async list() {
      const all = await Array.fromAsync(records.stream({ appId: HOST_SCOPE }));
      return all.sort((one, other) => (one.name < other.name ? -1 : 1));
    },
    replace: (host) => records.replace(host),
    remove: (id) => records.remove(HOST_SCOPE, id),
  };
}
