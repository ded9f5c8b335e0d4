import type { Place } from '../store/page.ts';

/** What a cursor belongs to; in another list it means nothing. */
export interface ListName {
  /** The route, or what else names the list among all lists. */
  readonly list: string;
  /** Absent for a list of the host. */
  readonly appId?: string;
  /** Everything that decides which rows the list has and in which order; absent members count as nothing. */
  readonly filter?: Readonly<Record<string, unknown>>;
}

/** Places in lists as callers get them: opaque, and made by hosts with the same data key alone. */
export interface Cursors {
  seal(name: ListName, place: Place): string;
  /** Throws `refused` (`unknown_value`, field `after`) for whatever was not sealed for this list. */
  open(name: ListName, cursor: string): Place;
}
