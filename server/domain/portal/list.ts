import type { Deps } from '../../ports/deps.ts';
import type { ListName } from '../../ports/security/cursors.ts';
import type { KeyPageRequest, ListedRows, Searched, Total } from '../../ports/store/page.ts';

/** What a caller asks of a list that pages by key (additions §4). */
export interface ListRequest {
  /** `next` of the page before; absent or empty for the first page. */
  after?: string | undefined;
  limit: number;
}
/** One page of a list as it is answered. */
export interface ListPage<T> {
  rows: T[];
  /** Opaque; absent on the last page. */
  next?: string;
  /** Only of a list without a filter. */
  total?: number;
  totalIsExact?: boolean;
  /** Only of a search. */
  searched?: Searched;
}

/**
 * One page of the list of that name: opens the cursor, has `read` read what follows it, and makes the cursor
 * of the next page. Throws `refused` for a cursor that is forged or of another list.
 */
export async function readList<T>(
  deps: Pick<Deps, 'cursors'>,
  name: ListName,
  { after, limit }: ListRequest,
  read: (page: KeyPageRequest) => Promise<ListedRows<T>>,
): Promise<ListPage<T>> {
  const place = after ? deps.cursors.open(name, after) : undefined;
  const { next, ...page } = await read({ after: place, limit });
  return { ...page, ...(next && { next: deps.cursors.seal(name, next) }) };
}

/** The page with how many rows there are, where no filter leaves any out. */
export async function withTotal<T>(
  page: ListPage<T>,
  filter: Readonly<Record<string, unknown>>,
  total: () => Promise<Total>,
): Promise<ListPage<T>> {
  if (Object.values(filter).some((value) => value !== undefined)) return page;
  const { rows, isExact } = await total();
  return { ...page, total: rows, totalIsExact: isExact };
}
