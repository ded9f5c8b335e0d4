import type { Lookups } from '../ports/security/sealing.ts';
import type { Filter } from './engine.ts';
import type { Records } from './records.ts';

/** Beginnings that are hashed, in characters (design §5). */
const PREFIX_LENGTHS = [3, 5, 8] as const;
/** 64 bits: a chance match only costs a look, for every row is compared after opening. */
const PREFIX_DIGITS = 16;
/** Rows opened at most because their hashed beginning matches. */
const MAX_CANDIDATES = 5_000;
/** Containment is looked for among that many rows only. */
export const NEWEST = 1_000;

/** The look-up hashes of a name's beginnings. */
export function prefixesOf(
  lookups: Lookups,
  appId: string,
  names: readonly (string | undefined)[],
): string[] {
  const beginnings = names.flatMap((name = '') =>
    PREFIX_LENGTHS.filter((length) => length <= name.length).map((length) => name.slice(0, length)),
  );
  return [...new Set(beginnings)].map((beginning) => prefixKey(lookups, appId, beginning));
}
/** The prefix under which a name that begins with `value` is found; undefined for less than 3 characters. */
export function beginningOf(lookups: Lookups, appId: string, value: string): string | undefined {
  const length = PREFIX_LENGTHS.findLast((hashed) => hashed <= value.length);
  return length === undefined ? undefined : prefixKey(lookups, appId, value.slice(0, length));
}
function prefixKey(lookups: Lookups, appId: string, beginning: string): string {
  return lookups.key(appId, 'prefix', beginning).slice(0, PREFIX_DIGITS);
}

/**
 * Records one of whose `names` is `value`, begins with it (from 3 characters on; the newest 5,000 that share
 * its hashed beginning) or contains it (among the newest 1,000), case-sensitive: the `exact` ones, whose
 * handle or name is `value`, in their order, then the others by handle. Others have their turn between
 * batches.
 */
export async function search<T extends { id: string; handle: string }>(
  { records, lookups }: { records: Records<T>; lookups: Lookups },
  query: { value: string; limit: number; offset?: number },
  scope: {
    filter: Filter & { appId: string };
    names: (record: T) => readonly (string | undefined)[];
    exact: readonly (T | undefined)[];
  },
): Promise<T[]> {
  const { value, limit, offset = 0 } = query;
  const exact = new Map<string, T>();
  for (const record of scope.exact) if (record) exact.set(record.id, record);
  const found = new Map<string, T>();

  const prefix = beginningOf(lookups, scope.filter.appId, value);
  if (prefix !== undefined) {
    for await (const record of records.newest({ ...scope.filter, prefix }, MAX_CANDIDATES)) {
      if (scope.names(record).some((name) => name?.startsWith(value))) found.set(record.id, record);
    }
  }
  for await (const record of records.newest(scope.filter, NEWEST)) {
    if (scope.names(record).some((name) => name?.includes(value))) found.set(record.id, record);
  }
  const others = [...found.values()]
    .filter(({ id }) => !exact.has(id))
    .sort((a, b) => (a.handle < b.handle ? -1 : a.handle > b.handle ? 1 : 0));
  return [...exact.values(), ...others].slice(offset, offset + limit);
}
