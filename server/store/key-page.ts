import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeyPage, KeyPageRequest, Place } from '../ports/store/page.ts';
import type { Filter, WalkKey } from './engine.ts';
import type { Records } from './records.ts';

/** Rows opened at most for one page: what they are opened for may be rare. */
const MOST_CANDIDATES = 1_000;
/** Rows opened at once: a few milliseconds, after which others have their turn. */
const BATCH = 200;

/** A stretch of an index that a list goes along. */
export interface Leg<T> {
  filter: Filter;
  by: WalkKey;
  descending: boolean;
  /** What the index does not say. */
  fits(record: T): boolean;
}

/**
 * A page of a list that goes along one leg after the other, looking at 1,000 rows at most: it may come back
 * short, with `next`.
 */
export async function readLegs<T extends object>(
  records: Records<T>,
  legs: readonly Leg<T>[],
  { after, limit }: KeyPageRequest,
): Promise<KeyPage<T>> {
  const rows: T[] = [];
  let left = MOST_CANDIDATES;
  let [n, place] = openedPlace(after);
  for (let leg = legs[n]; leg; leg = legs[++n], place = undefined) {
    for (let size = Math.min(BATCH, limit + 1); ; size = BATCH) {
      const { filter, by, descending } = leg;
      const asked = Math.min(size, left);
      const walked = await records.walk(filter, { by, descending, after: place, limit: asked });
      for (const { record, place: at } of walked) {
        // The row that would be one too many says that there is a next page.
        if (rows.length === limit) return { rows, next: [n, ...(place ?? [])] };
        if (record && leg.fits(record)) rows.push(record);
        place = at;
        left--;
      }
      if (walked.length < asked) break;
      if (left === 0) return { rows, next: [n, ...(place ?? [])] };
      await nextTurn();
    }
  }
  return { rows };
}

function openedPlace(after: Place | undefined): [number, Place | undefined] {
  if (!after) return [0, undefined];
  const [leg, ...place] = after;
  return [Number(leg), place.length > 0 ? place : undefined];
}

/** A page of rows that are all at hand, in the order of their places. */
export function pageOf<T>(
  all: readonly T[],
  placeOf: (record: T) => Place,
  descending: boolean,
  { after, limit }: KeyPageRequest,
): KeyPage<T> {
  const compared = (one: Place, other: Place) => (descending ? -1 : 1) * comparePlaces(one, other);
  const sorted = [...all].sort((one, other) => compared(placeOf(one), placeOf(other)));
  const rest = after ? sorted.filter((record) => compared(placeOf(record), after) > 0) : sorted;
  const rows = rest.slice(0, limit);
  const last = rows.at(-1);
  return { rows, ...(last && rest.length > limit && { next: placeOf(last) }) };
}
function comparePlaces(one: Place, other: Place): number {
  for (const [n, value] of one.entries()) {
    const against = other[n] ?? value;
    if (value !== against) return value < against ? -1 : 1;
  }
  return 0;
}
