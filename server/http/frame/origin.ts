import { requestContext } from '../../log/request-context.ts';
import type { Origin } from '../../ports/origin.ts';
import type { HostTokens } from '../../ports/security/host-tokens.ts';
import type { Lookups } from '../../ports/security/sealing.ts';
import { addressBucket, addressNetwork } from './client-address.ts';

/** Stands in for a client's address where no request is being answered. */
const NO_REQUEST = 'process';
/** 64 bits: enough that no two places meet. */
const HEX_DIGITS = 16;

/** See `Origin`: read off the request's context, hashed only when somebody asks. */
export function createOrigin({
  lookups,
  hostTokens,
}: {
  lookups: Lookups;
  hostTokens: Pick<HostTokens, 'verify'>;
}): Origin {
  const address = () => requestContext.getStore()?.address ?? NO_REQUEST;
  const hashed = (kind: string, place: string) => lookups.key('', kind, place).slice(0, HEX_DIGITS);
  return {
    address: () => requestContext.getStore()?.address,
    bucket: () => hashed('bucket', addressBucket(address())),
    site: () => (address().includes(':') ? hashed('network', addressNetwork(address())) : undefined),
    client: () => requestContext.getStore()?.client ?? 'other',
    network: () => hashed('network', addressNetwork(address())),
    operator: () => requestContext.getStore()?.operator,
    async session() {
      const token = requestContext.getStore()?.accessToken;
      return token ? hostTokens.verify(token, 'user') : undefined;
    },
  };
}
