/**
 * What the DNS says of a name. Empty: it says that there is none. Undefined: nobody answers, within a few
 * seconds.
 */
export interface DnsRecords {
  mx(name: string): Promise<{ exchange: string; priority: number }[] | undefined>;
  /** A and AAAA. */
  addresses(name: string): Promise<string[] | undefined>;
  /** Each record's strings joined. */
  txt(name: string): Promise<string[] | undefined>;
  /** Name servers of a zone: a resolver of a closed network knows none of a public one. */
  nameServers(zone: string): Promise<string[] | undefined>;
  /**
   * Addresses to connect to, as this machine finds them (`hosts` file included). Empty and undefined as
   * above.
   */
  host(name: string): Promise<string[] | undefined>;
}
