import type { Filter as Query, Sort } from 'mongodb';
import type { Filter, ListOptions } from '../engine.ts';
import type { RowDocument } from './rows.ts';

type Scalar = string | number;

/** An operand that cannot be read as an operator. Throws TypeError for anything but a string or a number. */
export function equal<T extends Scalar>(value: T): { $eq: T } {
  return { $eq: scalar(value) };
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
    const operand = typeof wanted === 'string' ? equal(wanted) : { $in: wanted.map(scalar) };
    conditions.push({ [`tags.${name}`]: operand });
  }
  if (filter.lookup) conditions.push({ [`lookups.${filter.lookup.name}`]: equal(filter.lookup.value) });
  if (filter.lacking !== undefined) conditions.push({ [`keys.${filter.lacking}`]: null });
  if (filter.prefix !== undefined) conditions.push({ prefixes: equal(filter.prefix) });
  if (filter.createdFrom !== undefined) conditions.push({ createdAt: { $gte: scalar(filter.createdFrom) } });
  if (filter.createdBefore !== undefined)
    conditions.push({ createdAt: { $lt: scalar(filter.createdBefore) } });
  if (filter.dueBefore !== undefined) conditions.push({ dueAt: { $lt: scalar(filter.dueBefore) } });
  return conditions.length === 0 ? {} : { $and: conditions };
}

export const ORDERS: Readonly<Record<ListOptions['order'], Sort>> = {
  newest: { createdAt: -1, _id: -1 },
  id: { _id: 1 },
  due: { dueAt: 1, _id: 1 },
};

function scalar<T extends Scalar>(value: T): T {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new TypeError('a filter compares with strings and numbers only');
  }
  return value;
}
