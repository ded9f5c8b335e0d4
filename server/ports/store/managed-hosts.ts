import type { ManagedHost } from '../../model/operator.ts';

/** Few: all of them are read at once. */
export interface ManagedHostStore {
  /** Rejects with `handle_taken` when another has that name. */
  insert(host: ManagedHost): Promise<void>;
  insertMany(hosts: readonly ManagedHost[]): Promise<void>;
  find(id: string): Promise<ManagedHost | undefined>;
  /** By name. */
  list(): Promise<ManagedHost[]>;
  /** See `Store`. Rejects with `handle_taken`. */
  replace(host: ManagedHost): Promise<ManagedHost | undefined>;
  remove(id: string): Promise<boolean>;
}
