import type { Filter, ListOptions, TimeRange } from '../engine.ts';
import type { TableName } from '../tables.ts';
import type { Values } from './statements.ts';

export interface Condition {
  /** What to read from, the table as `t`. */
  from: string;
  where: string;
  values: Values;
}

/**
 * A filter as SQL: names come from the code, whatever came from outside enters as a parameter. `after`: only
 * rows after this id.
 */
export function conditionOf(table: TableName, filter: Filter, after?: string): Condition {
  const terms: string[] = [];
  const values: Values = {};
  const add = (term: string, name: string, value: string | number): void => {
    terms.push(term);
    values[name] = value;
  };
  if (filter.prefix !== undefined) add('p.prefix = :prefix', 'prefix', filter.prefix);
  if (filter.appId !== undefined) add('t.appId = :appId', 'appId', filter.appId);
  for (const [name, wanted] of Object.entries(filter.tags ?? {})) {
    // SQLite takes a partial index only for a value that stands in the SQL.
    if (wanted === null) terms.push(`t.tag_${name} IS NULL`);
    else if (wanted === 'error') terms.push(`t.tag_${name} = 'error'`);
    else if (typeof wanted === 'string') add(`t.tag_${name} = :tag_${name}`, `tag_${name}`, wanted);
    else {
      const listed = `t.tag_${name} IN (SELECT value FROM json_each(:tag_${name}))`;
      add(listed, `tag_${name}`, JSON.stringify(wanted));
    }
  }
  if (filter.lookup?.value === null) terms.push(`t.lookup_${filter.lookup.name} IS NULL`);
  else if (filter.lookup) add(`t.lookup_${filter.lookup.name} = :lookup`, 'lookup', filter.lookup.value);
  if (filter.lacking !== undefined) terms.push(`t.key_${filter.lacking} IS NULL`);
  // Kept beside the prefix as well, where it is part of an index.
  const createdAt = filter.prefix === undefined ? 't.createdAt' : 'p.createdAt';
  if (filter.createdFrom !== undefined)
    add(`${createdAt} >= :createdFrom`, 'createdFrom', filter.createdFrom);
  if (filter.createdBefore !== undefined)
    add(`${createdAt} < :createdBefore`, 'createdBefore', filter.createdBefore);
  const addRange = (column: string, range: TimeRange | undefined): void => {
    if (range === 'never') terms.push(`t.${column} IS NULL`);
    else if (range) {
      if (range.from !== undefined) add(`t.${column} >= :${column}From`, `${column}From`, range.from);
      if (range.before !== undefined) add(`t.${column} < :${column}Before`, `${column}Before`, range.before);
    }
  };
  addRange('dueAt', filter.due);
  addRange('touchedAt', filter.touched);
  if (after !== undefined) add('t.id > :after', 'after', after);
  return {
    // CROSS JOIN keeps the planner from reading the rows first.
    from:
      filter.prefix === undefined
        ? `${table} t`
        : `${table}_prefixes p CROSS JOIN ${table} t ON t.seq = p.owner`,
    where: terms.length === 0 ? 'TRUE' : terms.join(' AND '),
    values,
  };
}

/** The order of a page; with a prefix its own table is sorted by age already. */
export function orderOf(filter: Filter, order: ListOptions['order']): string {
  switch (order) {
    case 'newest':
      return filter.prefix === undefined ? 't.createdAt DESC, t.id DESC' : 'p.createdAt DESC, t.id DESC';
    case 'id':
      return 't.id';
    case 'due':
      return 't.dueAt, t.id';
  }
}
