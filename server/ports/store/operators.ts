import type { Operator } from '../../model/operator.ts';

/** Few: all of them are read at once. */
export interface OperatorStore {
  /** Rejects with `handle_taken` when another has that e-mail address. */
  insert(operator: Operator): Promise<void>;
  insertMany(operators: readonly Operator[]): Promise<void>;
  find(id: string): Promise<Operator | undefined>;
  findByEmail(email: string): Promise<Operator | undefined>;
  /** Whose link this digest belongs to. */
  findByEntry(digest: string): Promise<Operator | undefined>;
  /** By e-mail address. */
  list(): Promise<Operator[]>;
  /** See `Store`. */
  replace(operator: Operator): Promise<Operator | undefined>;
  remove(id: string): Promise<boolean>;
}
