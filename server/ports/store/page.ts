/** One page of rows, newest first (`createdAt`, then id), and how many the filter holds in all. */
export interface Page<T> {
  rows: T[];
  total: number;
}
export interface PageRequest {
  /** Rows to skip. */
  offset: number;
  limit: number;
}

/**
 * Where a row stands in a list: what the list is sorted by, last what no two rows share. Made by a store for
 * itself; whoever hands it on looks at nothing inside.
 */
export type Place = readonly (string | number)[];
/** A page of a list that is read by key: rows that come and go meanwhile move no other. */
export interface KeyPage<T> {
  rows: T[];
  /** Where the next page begins behind; absent when there is none. */
  next?: Place;
}
export interface KeyPageRequest {
  /** `next` of the page before; absent for the first page. */
  after?: Place | undefined;
  limit: number;
}

/** How far a search for a name went before it found somebody. */
export type Searched = 'exact' | 'beginning' | 'newest 1000';
/** A page of a list that may be searched. */
export type ListedRows<T> = KeyPage<T> & { searched?: Searched };

/** How many rows a list has without a filter; `isExact`: counted for this answer, else in the last minute. */
export interface Total {
  rows: number;
  isExact: boolean;
}
