import type { Place } from '../../ports/store/page.ts';
import type { Filter, WalkOptions } from '../engine.ts';
import type { TableName } from '../tables.ts';
import { conditionOf } from './conditions.ts';
import type { Columns, Values } from './statements.ts';

export interface WalkStatement {
  sql: string;
  values: Values;
  /** Where an answered row stands. */
  placeOf(columns: Columns): Place;
}

/**
 * The next rows of a walk, with `columns` of theirs. Of rows with a prefix those that share a time are in the
 * order in which they were made: so does the index of prefixes keep them.
 */
export function walkStatement(
  columns: string,
  table: TableName,
  filter: Filter,
  { by, descending, after, limit }: WalkOptions,
): WalkStatement {
  if (filter.prefix !== undefined && by !== 'createdAt') {
    throw new TypeError('rows with a prefix are walked by age only');
  }
  const { from, where, values } = conditionOf(table, filter);
  const index = indexOf(table, filter, by);
  const keys = keysOf(by, filter.prefix !== undefined);
  const terms = [where];
  if (by !== 'createdAt') terms.push(`t.${by} IS NOT NULL`);
  const places = keys.map((_, n) => `place${n}`);
  if (after) {
    terms.push(`(${keys}) ${descending ? '<' : '>'} (${places.map((name) => `:${name}`)})`);
    places.forEach((name, n) => {
      values[name] = valueAt(after, n);
    });
  }
  const order = keys.map((key) => (descending ? `${key} DESC` : key));
  return {
    sql: `SELECT ${columns}, ${keys.map((key, n) => `${key} AS place${n}`)} FROM ${from}${index}
      WHERE ${terms.join(' AND ')} ORDER BY ${order} LIMIT :limit`,
    values: { ...values, limit },
    placeOf: (row) => places.map((name) => row[name] as string | number),
  };
}

/**
 * The index of a walk along a time, named where the database might take that of ages for a narrower one. Each
 * is called after its table.
 */
function indexOf(table: TableName, { touched, due }: Filter, by: WalkOptions['by']): string {
  if (by === 'touchedAt' || touched) return ` INDEXED BY ${table}_used`;
  return by === 'dueAt' || due ? ` INDEXED BY ${table}_ending` : '';
}

function keysOf(by: WalkOptions['by'], prefixed: boolean): readonly string[] {
  if (prefixed) return ['p.createdAt', 'p.owner'];
  return by === 'createdAt' ? ['t.createdAt', 't.id'] : [`t.${by}`, 't.createdAt', 't.id'];
}

/** Throws a `TypeError` for the place of another walk. */
function valueAt(place: Place, n: number): string | number {
  const value = place[n];
  if (value === undefined) throw new TypeError('a place of another walk');
  return value;
}
