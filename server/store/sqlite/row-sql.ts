import type { Row, Sight } from '../engine.ts';
import { TABLES, type TableName, type TableShape } from '../tables.ts';
import type { Value } from './statements.ts';

/** Rows without prefixes that one statement inserts, which halves the time. */
export const SLIM_ROWS = 20;

/** What reading answers, the table as `t`. */
export const read = (table: TableName) =>
  `t.id, t.appId, t.revision, t.createdAt, t.dueAt, t.touchedAt, t.doc${TABLES[table].seen ? ', t.seenDay' : ''}`;

/**
 * Columns every table has, in the order in which `valuesOf` lists them; the table's own follow. A replacement
 * leaves the first alone, and `seenDay` after them where the table has it.
 */
const KEPT = ['appId', 'id', 'touchedAt'];
export const keptOf = (table: TableName) => (TABLES[table].seen ? [...KEPT, 'seenDay'] : KEPT);
const REPLACED = ['revision', 'createdAt', 'dueAt', 'doc'];

interface TableSql {
  /**
   * Parameters by position: `valuesOf`; of a replacement without those kept, then app id, id and revision.
   */
  insert: string;
  replace: string;
  /** `SLIM_ROWS` rows, one after the other. */
  insertSlim: string;
  /** Parameters by name. */
  find: string;
}

function sqlOf(table: TableName): TableSql {
  const { keys, lookups, tags }: TableShape = TABLES[table];
  const replaced = [
    ...REPLACED,
    ...keys.map((name) => `key_${name}`),
    ...lookups.map((name) => `lookup_${name}`),
    ...tags.map((name) => `tag_${name}`),
  ];
  const columns = [...keptOf(table), ...replaced];
  const one = `(${columns.map(() => '?')})`;
  return {
    insert: `INSERT INTO ${table} (${columns}) VALUES ${one}`,
    insertSlim: `INSERT INTO ${table} (${columns}) VALUES ${Array(SLIM_ROWS).fill(one)}`,
    replace: `UPDATE ${table} SET ${replaced.map((column) => `${column} = ?`)}
      WHERE appId = ? AND id = ? AND revision = ? - 1 RETURNING seq`,
    find: `SELECT ${read(table)} FROM ${table} t WHERE t.appId = :appId AND t.id = :id`,
  };
}
export const SQL = Object.fromEntries(
  (Object.keys(TABLES) as TableName[]).map((table) => [table, sqlOf(table)]),
) as Record<TableName, TableSql>;

/**
 * The columns of a row, added to `values`. Throws a `TypeError` when the row lacks a key, look-up or tag of
 * its table: a missing unique key would let two rows in.
 */
export function valuesOf(table: TableName, row: Row, values: Value[] = []): Value[] {
  const { keys, sparse, lookups, tags }: TableShape = TABLES[table];
  values.push(row.appId, row.id, row.touchedAt ?? null);
  if (TABLES[table].seen) values.push(row.seenDay ?? null);
  values.push(row.revision, row.createdAt, row.dueAt ?? null, JSON.stringify(row.doc));
  const optional = (name: string, from: Record<string, string>) =>
    sparse.includes(name) ? (from[name] ?? null) : ownText(table, name, from);
  for (const name of keys) values.push(optional(name, row.keys));
  for (const name of lookups) values.push(optional(name, row.lookups));
  for (const name of tags) values.push(optional(name, row.tags));
  return values;
}
function ownText(table: TableName, name: string, from: Record<string, string>): string {
  const value = from[name];
  if (value === undefined) throw new TypeError(`a row of ${table} lacks its key, look-up or tag ${name}`);
  return value;
}

/** The keys, look-ups and tags that `valuesOf` wrote; those that the row lacks are absent. */
export function namedOf(
  table: TableName,
  columns: Readonly<Record<string, unknown>>,
): Pick<Row, 'keys' | 'lookups' | 'tags'> {
  const { keys, lookups, tags }: TableShape = TABLES[table];
  const named = (kind: string, names: readonly string[]) =>
    Object.fromEntries(
      names
        .map((name) => [name, columns[`${kind}_${name}`]])
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  return { keys: named('key', keys), lookups: named('lookup', lookups), tags: named('tag', tags) };
}
/** What a statement sets that sees a row, if it does. */
export function seeing(seen: Sight | undefined): string {
  return seen ? ', seenDay = :day' : '';
}
/** Under which condition it does. */
export function unseen(seen: Sight | undefined): string {
  return seen ? ' AND coalesce(seenDay, -1) = :before' : '';
}
/** The values of both. */
export function daysOf(seen: Sight | undefined) {
  return seen && { day: seen.day, before: seen.before ?? -1 };
}
