import type { Deps } from '../../ports/deps.ts';
import type { ListName } from '../../ports/security/cursors.ts';
import type { KeyPage, KeyPageRequest } from '../../ports/store/page.ts';

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
  total?: number;
  totalIsExact?: boolean;
}

/**
 * One page of the list of that name: opens the cursor, has `read` read what follows it, and makes the cursor
 * of the next page. Throws `refused` for a cursor that is forged or of another list.
 */
export async function readList<T>(
  deps: Pick<Deps, 'cursors'>,
  name: ListName,
  { after, limit }: ListRequest,
  read: (page: KeyPageRequest) => Promise<KeyPage<T>>,
): Promise<ListPage<T>> {
  const place = after ? deps.cursors.open(name, after) : undefined;
  const { rows, next } = await read({ after: place, limit });
  return { rows, ...(next && { next: deps.cursors.seal(name, next) }) };
}
