import type { List } from '../client/host/list.ts';
import type { Texts } from './frame/texts.ts';

/** Rows of a page. */
export const PAGE_ROWS = 50;
/** So many empty ones are passed on the way to one that has some. */
const EMPTY_PAGES = 10;
/** How many pages one can go back one by one; from there Previous leads to the first. */
const TRAIL = 20;
/** Between the cursors of a trail; in none of them. */
const MARK = '*';

/**
 * Addresses around a page of a list that is read by `after`: its filters stay, and the way back goes along.
 * What is undefined is not there. `next`: of the list that was read.
 */
function pagesOf(
  path: string,
  query: URLSearchParams,
  next: string | undefined,
): { next: string | undefined; previous: string | undefined } {
  const after = query.get('after') ?? '';
  const trail = (query.get('trail') ?? '').split(MARK).filter((cursor) => cursor !== '');
  const onward = after === '' ? trail : [...trail, after].slice(-TRAIL);
  return {
    next:
      next === undefined ? undefined : listAddress(path, query, { after: next, trail: onward.join(MARK) }),
    previous:
      after === ''
        ? undefined
        : listAddress(path, query, { after: trail.at(-1) ?? '', trail: trail.slice(0, -1).join(MARK) }),
  };
}

/**
 * A page with rows, where there is one near: of what is rare among very many a host answers empty pages on
 * the way. `read` gets the place to go on from.
 */
export async function filledPage<L extends List<unknown>>(
  query: URLSearchParams,
  read: (after: string) => Promise<L>,
): Promise<L> {
  let found = await read(query.get('after') ?? '');
  for (let pages = 1; pages < EMPTY_PAGES && found.rows.length === 0 && found.next; pages++) {
    found = await read(found.next);
  }
  return found;
}

/** The same list with other parameters; an empty one is left out. Without `after` it is the first page. */
export function listAddress(
  path: string,
  query: URLSearchParams,
  changes: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams(query);
  for (const name of ['after', 'trail', 'poll']) parameters.delete(name);
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
  for (const [name, value] of [...parameters]) if (value === '') parameters.delete(name);
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/** One way to narrow a list, as the part `filters` shows it. */
export type Filter = {
  name: string;
  label: string;
  /** Asked for now and then: folded away until it is used. */
  rare?: boolean;
} & (
  | { search: true; value: string; hint?: string | undefined }
  | { options: readonly Option[] }
  | { day: true; value: string }
);
interface Option {
  value: string;
  label: string;
  chosen: boolean;
}

/** A filter of a few values; `<prefix><value>` names the text of each. The first option is all of them. */
export function choiceFilter(
  texts: Texts,
  query: URLSearchParams,
  { name, label, prefix, values }: { name: string; label: string; prefix: string; values: readonly string[] },
): Filter {
  const chosen = query.get(name) ?? '';
  const options = [
    { value: '', label: texts.say('all'), chosen: false },
    ...values.map((value) => ({ value, label: texts.say(prefix + value), chosen: value === chosen })),
  ];
  return { name, label, options };
}

/** What the parts `filters` and `pages` need; give it as `list` to the template. */
export function listModel(
  path: string,
  query: URLSearchParams,
  { filters = [], next }: { filters?: readonly Filter[]; next?: string | undefined },
) {
  const isUsed = ({ name }: Filter) => (query.get(name) ?? '') !== '';
  const rare = filters.filter((filter) => filter.rare);
  return {
    path,
    filters: filters.filter((filter) => !filter.rare),
    rare,
    isRareUsed: rare.some(isUsed),
    isFiltered: filters.some(isUsed),
    clear: path,
    ...pagesOf(path, query, next),
  };
}

/**
 * How many there are: "1,204", "about 1,204,000"; undefined where the host does not say. Of what stands on
 * one page nothing is "about".
 */
export function countText(
  texts: Texts,
  query: URLSearchParams,
  { rows, next, total, totalIsExact }: List<unknown>,
): string | undefined {
  if (!query.has('after') && next === undefined && rows.length > 0) return texts.number(rows.length);
  if (total === undefined) return undefined;
  const count = texts.number(total);
  return totalIsExact ? count : texts.say('list.about', { count });
}
