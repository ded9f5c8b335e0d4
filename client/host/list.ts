/** Where a page of a list begins, and how long it is. */
export interface Paging {
  /** `next` of the page before; absent for the first page. */
  after?: string | undefined;
  /** 1 to 100, default 25. */
  limit?: number | undefined;
}

/** A page of a list. */
export interface List<T> {
  rows: T[];
  /** There is more: give it as `after`. */
  next?: string | undefined;
  /** How many there are in all, at most a minute old; only of a list without a filter. */
  total?: number | undefined;
  totalIsExact?: boolean | undefined;
  /** Of users: how the search text was looked for. */
  searched?: 'exact' | 'beginning' | 'newest 1000' | undefined;
}

/** Every row of a list, page after page, as it is read. */
export async function* eachRow<T>(page: (paging: Paging) => Promise<List<T>>): AsyncGenerator<T> {
  for (let after: string | undefined; ; ) {
    const { rows, next } = await page({ after, limit: 100 });
    yield* rows;
    if (next === undefined) return;
    after = next;
  }
}
