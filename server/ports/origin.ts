import type { ClientFamily } from '../model/client-family.ts';
import type { HostToken } from './security/host-tokens.ts';

/**
 * Where the request that is being answered comes from, asked from wherever the code is. Places are keyed
 * hashes: who only has the database learns no address. Work that no request asked for has a place of its own.
 */
export interface Origin {
  /** The client's address as read from connection and trusted proxies; undefined without a request. */
  address(): string | undefined;
  /**
   * What guesses and tries are counted by: an IPv4 address, or the /64 network that one IPv6 customer has at
   * least.
   */
  bucket(): string;
  /** The IPv6 /48 around the bucket, which one customer may have as a whole; undefined for IPv4. */
  site(): string | undefined;
  /** What kind of client asks, for figures; `other` where no request does. */
  client(): ClientFamily;
  /** What somebody is known by who comes again: the IPv4 /24 or IPv6 /48. */
  network(): string;
  /** Who acts through the portal, as it says itself (additions §4). */
  operator(): string | undefined;
  /**
   * What the access token that came along says, be it expired or beside the credential that counts; whether
   * it was ended is not looked at.
   */
  session(): Promise<Extract<HostToken, { kind: 'user' }> | undefined>;
}
