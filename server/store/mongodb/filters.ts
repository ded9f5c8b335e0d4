import type { Filter as Query, Sort } from 'mongodb';
import type { Place } from '../../ports/store/page.ts';
import type { Filter, ListOptions, TimeRange, WalkOptions } from '../engine.ts';
import { TABLES, type TableName } from '../tables.ts';
import type { RowDocument } from './rows.ts';

type Scalar = string | number;

/** An operand that cannot be read as an operator. Throws TypeError for anything but a string or a number. */
export function equal<T extends Scalar>(value: T): { $eq: T } {
  return { $eq: scalar(value) };
}

/** The same for any of several. */
export function anyOf<T extends Scalar>(values: readonly T[]): { $in: T[] } {
  return { $in: values.map(scalar) };
}

/** The row of that id in that app; an id alone never finds anything. */
export function identity(appId: string, id: string): Query<RowDocument> {
  return { _id: equal(id), appId: equal(appId) };
}

/** The rows a filter means. */
export function matching(filter: Filter): Query<RowDocument> {
  const conditions: Query<RowDocument>[] = [];
  if (filter.appId !== undefined) conditions.push({ appId: equal(filter.appId) });
  for (const [name, wanted] of Object.entries(filter.tags ?? {})) {
    conditions.push({ [`tags.${name}`]: operandOf(wanted) });
  }
  if (filter.lookup) conditions.push({ [`lookups.${filter.lookup.name}`]: operandOf(filter.lookup.value) });
  if (filter.lacking !== undefined) conditions.push({ [`keys.${filter.lacking}`]: null });
  if (filter.prefix !== undefined) conditions.push({ prefixes: equal(filter.prefix) });
  if (filter.createdFrom !== undefined) conditions.push({ createdAt: { $gte: scalar(filter.createdFrom) } });
  if (filter.createdBefore !== undefined)
    conditions.push({ createdAt: { $lt: scalar(filter.createdBefore) } });
  conditions.push(...rangeOf('dueAt', filter.due), ...rangeOf('touchedAt', filter.touched));
  return conditions.length === 0 ? {} : { $and: conditions };
}

export const ORDERS: Readonly<Record<ListOptions['order'], Sort>> = {
  newest: { createdAt: -1, _id: -1 },
  id: { _id: 1 },
  due: { dueAt: 1, _id: 1 },
};

function operandOf(wanted: string | readonly string[] | null) {
  // Not null: that is looked for in two stretches of an index, out of order.
  if (wanted === null) return { $exists: false };
  return typeof wanted === 'string' ? equal(wanted) : anyOf(wanted);
}

function rangeOf(field: string, range: TimeRange | undefined): Query<RowDocument>[] {
  if (range === undefined) return [];
  if (range === 'never') return [{ [field]: { $type: 'null' } }];
  const { from, before } = range;
  return [
    ...(from === undefined ? [] : [{ [field]: { $gte: scalar(from) } }]),
    ...(before === undefined ? [] : [{ [field]: { $lt: scalar(before) } }]),
  ];
}

/**
 * The queries whose answers, one after the other, are the rest of a walk: rows equal in all but the last
 * member of the place come first. Each goes along the index from where it begins, however many rows are
 * equal.
 */
export function walkQueries(
  filter: Filter,
  { by, descending, after }: WalkOptions,
): { query: Query<RowDocument>; sort: Sort }[] {
  const fields = walkFields(by);
  const sort = Object.fromEntries(fields.map((field) => [field, descending ? -1 : 1])) as Sort;
  // Without a time the member is null, which is less than every number.
  const base = [
    matching(filter),
    ...(by === 'createdAt' ? [] : [{ [by]: { $gt: Number.NEGATIVE_INFINITY } }]),
  ];
  if (!after) return [{ query: { $and: base }, sort }];
  return fields
    .map((field, n) => {
      const equals = fields.slice(0, n).map((each, m) => ({ [each]: equal(memberAt(after, m)) }));
      const beyond = { [field]: { [descending ? '$lt' : '$gt']: scalar(memberAt(after, n)) } };
      return { query: { $and: [...base, ...equals, beyond] } as Query<RowDocument>, sort };
    })
    .reverse();
}
/** The name of the index that a walk goes along: the server would try several and may keep to a worse one. */
export function walkIndex(table: TableName, filter: Filter, by: WalkOptions['by']): string {
  const { prefix, lookup, touched, due, tags = {} } = filter;
  if (prefix !== undefined) return 'prefix';
  if (lookup) return `lookup.${lookup.name}`;
  if (by !== 'createdAt' || touched || due) return walkIndexName(TABLES[table].walks[0] ?? []);
  const tag = Object.entries(tags).find(([, wanted]) => wanted === null || typeof wanted === 'string');
  return tag ? `tag.${tag[0]}` : 'newest';
}
/** The index along times that a table's rows are walked by. */
export function walkIndexName(fields: readonly string[]): string {
  return `walk.${fields.join()}`;
}
export function walkFields(by: WalkOptions['by']): readonly ('createdAt' | 'touchedAt' | 'dueAt' | '_id')[] {
  return by === 'createdAt' ? ['createdAt', '_id'] : [by, 'createdAt', '_id'];
}
/** Throws a `TypeError` for the place of another walk. */
function memberAt(place: Place, n: number): string | number {
  return scalar(place[n] as string | number);
}

function scalar<T extends Scalar>(value: T): T {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new TypeError('a filter compares with strings and numbers only');
  }
  return value;
}
