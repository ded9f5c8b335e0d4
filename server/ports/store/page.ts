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
