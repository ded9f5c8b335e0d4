import type { AssetStorage, AssetStorages } from '../ports/assets/asset-storage.ts';
import type { Clock } from '../ports/clock.ts';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import { mayAsk } from './may-ask.ts';

/** Local files, and buckets by where they are; what speaks to buckets is loaded with the first. */
export function createAssetStorages(deps: {
  local: AssetStorage;
  clock: Clock;
  privateEndpoints: boolean;
  records: Pick<DnsRecords, 'host'>;
}): AssetStorages {
  return {
    async at(place) {
      if (place.kind === 'local') return deps.local;
      const { createS3Storage } = await import('./s3.ts');
      return createS3Storage(place, deps);
    },
    mayAsk: (endpoint) => mayAsk(endpoint, deps),
  };
}
