import type { Lookups } from '../ports/security/sealing.ts';
import type { KeyPage, KeyPageRequest, Place, Searched } from '../ports/store/page.ts';
import { type Leg, pageOf, readLegs } from './key-page.ts';
import type { Records } from './records.ts';
import { beginningOf, NEWEST } from './search.ts';

/** A search for names; several values are spellings of one. */
export interface NameSearch<T> {
  values: readonly string[];
  names(record: T): readonly (string | undefined)[];
  /** Those who have that very name. */
  exact(): Promise<readonly T[]>;
  /** Nothing but the very name counts. */
  exactOnly?: boolean;
}

/** A list of an app that pages by key. */
export interface List<T> {
  records: Records<T & object>;
  lookups: Lookups;
  appId: string;
  descending: boolean;
  /** Whatever is asked for besides the search. */
  fits(record: T): boolean;
  search?: NameSearch<T> | undefined;
  /** Where a row stands among others that are all at hand. */
  placeOf(record: T): Place;
  /** Names the legs that a list without a search goes along. */
  choose(): Promise<string>;
  legs(choice: string): Leg<T>[];
  /** Legs along which names are compared when the order is not that of the names' beginnings. */
  along?: readonly Leg<T>[] | undefined;
}

/** How a page is read; a cursor keeps to the way of its first page. */
const SEARCHED: Readonly<Record<string, Searched>> = {
  exact: 'exact',
  beginning: 'beginning',
  newest: 'newest 1000',
};

/**
 * One page. A search goes on only as long as it finds nobody: those with that very name, else those whose
 * name begins with it (from 3 characters on), else those among the newest 1,000 whose name contains it.
 */
export async function readList<T extends object>(
  list: List<T>,
  { after, limit }: KeyPageRequest,
): Promise<KeyPage<T> & { searched?: Searched }> {
  const [known, ...place] = after ?? [];
  const way = known === undefined ? await wayOf(list) : String(known);
  const { rows, next } = await pageOn(list, way, { after: place.length > 0 ? place : undefined, limit });
  const searched = list.search && SEARCHED[way];
  return { rows, ...(next && { next: [way, ...next] }), ...(searched && { searched }) };
}

async function wayOf<T extends object>(list: List<T>): Promise<string> {
  const { search, records } = list;
  if (!search) return list.choose();
  if (search.exactOnly || (await search.exact()).length > 0) return 'exact';
  const anybody = { ...list, fits: () => true, along: undefined };
  const { rows, next } = await readLegs(records, beginningLegs(anybody, search), { limit: 1 });
  return rows.length > 0 || next ? 'beginning' : 'newest';
}

async function pageOn<T extends object>(
  list: List<T>,
  way: string,
  page: KeyPageRequest,
): Promise<KeyPage<T>> {
  const { search, records, appId } = list;
  if (!search) return readLegs(records, list.legs(way), page);
  if (way === 'beginning') return readLegs(records, beginningLegs(list, search), page);
  const found =
    way === 'exact'
      ? await search.exact()
      : (await Array.fromAsync(records.newest({ appId }, NEWEST))).filter((record) =>
          contains(search, record),
        );
  return pageOf(found.filter(list.fits), list.placeOf, list.descending, page);
}

function beginningLegs<T extends object>(list: List<T>, search: NameSearch<T>): Leg<T>[] {
  const { appId, lookups, descending, along } = list;
  if (along) return along.map((leg) => ({ ...leg, fits: (each) => list.fits(each) && begins(search, each) }));
  return search.values.flatMap((value, n) => {
    const prefix = beginningOf(lookups, appId, value);
    if (prefix === undefined) return [];
    // Whoever was listed under a spelling before is not listed again.
    const [own, before] = [
      { ...search, values: [value] },
      { ...search, values: search.values.slice(0, n) },
    ];
    const fits = (each: T) => list.fits(each) && begins(own, each) && !begins(before, each);
    return [{ filter: { appId, prefix }, by: 'createdAt', descending, fits } as const];
  });
}

function begins<T>({ names, values }: NameSearch<T>, record: T): boolean {
  return names(record).some((name) => values.some((value) => name?.startsWith(value)));
}
function contains<T>({ names, values }: NameSearch<T>, record: T): boolean {
  return names(record).some((name) => values.some((value) => name?.includes(value)));
}
