import {
  type Row,
  type StoredRow,
  TABLES,
  type TableName,
  type TableOperations,
  type TableShape,
} from '../engine.ts';
import { conditionOf, orderOf } from './conditions.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Columns, Statements, Values } from './statements.ts';

/** TableOperations written or removed by one write; a transaction blocks the process while it runs. */
const BATCH = 200;
const READ = 't.id, t.appId, t.revision, t.createdAt, t.dueAt, t.touchedAt, t.doc';

/** The tables of records; a row's hashes and tags are columns of their own, its prefixes rows of a side table. */
export function createRows(statements: Statements, database: GroupCommit): TableOperations {
  function insertRow(table: TableName, row: Row): void {
    const values = valuesOf(table, row);
    const seq = statements.insert(SQL[table].insert, values);
    if (TABLES[table].prefixes) addPrefixes(table, row, seq);
  }
  function addPrefixes(table: TableName, { prefixes, createdAt }: Row, owner: number): void {
    statements.run(
      `INSERT OR IGNORE INTO ${table}_prefixes (prefix, createdAt, owner)
       SELECT value, :createdAt, :owner FROM json_each(:prefixes)`,
      { createdAt, owner, prefixes: JSON.stringify(prefixes) },
    );
  }
  function dropOtherPrefixes(table: TableName, { prefixes, createdAt }: Row, owner: number): void {
    statements.run(
      `DELETE FROM ${table}_prefixes WHERE owner = :owner
       AND (createdAt <> :createdAt OR prefix NOT IN (SELECT value FROM json_each(:prefixes)))`,
      { createdAt, owner, prefixes: JSON.stringify(prefixes) },
    );
  }

  return {
    insert: (table, row) => database.write(() => insertRow(table, row)),

    async insertMany(table, rows) {
      for (let start = 0; start < rows.length; start += BATCH) {
        await database.write(() => {
          for (const row of rows.slice(start, start + BATCH)) insertRow(table, row);
        });
      }
    },

    find: (table, appId, id) =>
      database.read(() => storedRow(statements.get(SQL[table].find, { appId, id }))),

    findByKey: (table, appId, key, value) =>
      database.read(() =>
        storedRow(
          statements.get(`SELECT ${READ} FROM ${table} t WHERE t.appId = :appId AND t.key_${key} = :value`, {
            appId,
            value,
          }),
        ),
      ),

    replace: (table, row) =>
      database.write(() => {
        const { touchedAt: _, ...values } = valuesOf(table, row);
        const replaced = statements.get(SQL[table].replace, values);
        if (!replaced) return false;
        if (TABLES[table].prefixes) {
          const seq = replaced.seq as number;
          dropOtherPrefixes(table, row, seq);
          addPrefixes(table, row, seq);
        }
        return true;
      }),

    touch: (table, appId, id, at) =>
      database.write(
        () =>
          statements.run(`UPDATE ${table} SET touchedAt = :at WHERE appId = :appId AND id = :id`, {
            appId,
            id,
            at,
          }) === 1,
      ),

    remove: (table, appId, id, revision) =>
      database.write(
        () =>
          statements.run(
            `DELETE FROM ${table} WHERE appId = :appId AND id = :id
             AND revision = coalesce(:revision, revision)`,
            { appId, id, revision: revision ?? null },
          ) === 1,
      ),

    list: (table, filter, { order, offset = 0, after, limit }) =>
      database.read(() => {
        const { from, where, values } = conditionOf(table, filter, after);
        const sql = `SELECT ${READ} FROM ${from} WHERE ${where}
          ORDER BY ${orderOf(filter, order)} LIMIT :limit OFFSET :offset`;
        return statements.all(sql, { ...values, limit, offset }).map(toStoredRow);
      }),

    count: (table, filter) =>
      database.read(() => {
        const { from, where, values } = conditionOf(table, filter);
        return statements.get(`SELECT count(*) AS rows FROM ${from} WHERE ${where}`, values)?.rows as number;
      }),

    async removeWhere(table, filter, limit = Number.MAX_SAFE_INTEGER) {
      const { from, where, values } = conditionOf(table, filter);
      const sql = `DELETE FROM ${table} WHERE seq IN (SELECT t.seq FROM ${from} WHERE ${where} LIMIT :limit)`;
      let removed = 0;
      for (let last = BATCH; last === BATCH && removed < limit; removed += last) {
        last = await database.write(() =>
          statements.run(sql, { ...values, limit: Math.min(BATCH, limit - removed) }),
        );
      }
      return removed;
    },

    takeDue: (table, { now, leaseUntil, limit }) =>
      database.write(() =>
        statements
          .all(
            `UPDATE ${table} AS t SET dueAt = :leaseUntil
             WHERE seq IN (SELECT seq FROM ${table} WHERE dueAt <= :now ORDER BY dueAt LIMIT :limit)
             RETURNING ${READ.replaceAll('t.', '')}`,
            { now, leaseUntil, limit },
          )
          .map(toStoredRow),
      ),
  };
}

interface TableSql {
  insert: string;
  find: string;
  replace: string;
}

function sqlOf(table: TableName): TableSql {
  const { keys, lookups, tags }: TableShape = TABLES[table];
  const own = [
    ...keys.map((name) => `key_${name}`),
    ...lookups.map((name) => `lookup_${name}`),
    ...tags.map((name) => `tag_${name}`),
  ];
  const replaced = ['revision', 'createdAt', 'dueAt', 'doc', ...own];
  const inserted = ['appId', 'id', 'touchedAt', ...replaced];
  return {
    insert: `INSERT INTO ${table} (${inserted}) VALUES (${inserted.map((name) => `:${name}`)})`,
    find: `SELECT ${READ} FROM ${table} t WHERE t.appId = :appId AND t.id = :id`,
    replace: `UPDATE ${table} SET ${replaced.map((name) => `${name} = :${name}`)}
      WHERE appId = :appId AND id = :id AND revision = :revision - 1 RETURNING seq`,
  };
}
const SQL = Object.fromEntries(
  (Object.keys(TABLES) as TableName[]).map((table) => [table, sqlOf(table)]),
) as Record<TableName, TableSql>;

/** Throws a `TypeError` when the row lacks a key, look-up or tag of its table: a missing unique key would let two rows in. */
function valuesOf(table: TableName, row: Row): Values {
  const shape: TableShape = TABLES[table];
  const values: Values = {
    id: row.id,
    appId: row.appId,
    revision: row.revision,
    createdAt: row.createdAt,
    dueAt: row.dueAt ?? null,
    touchedAt: row.touchedAt ?? null,
    doc: JSON.stringify(row.doc),
  };
  const take = (kind: string, names: readonly string[], from: Record<string, string>): void => {
    for (const name of names) {
      const value = from[name];
      if (value === undefined) throw new TypeError(`a row of ${table} lacks ${kind} ${name}`);
      values[`${kind}_${name}`] = value;
    }
  };
  take('key', shape.keys, row.keys);
  take('lookup', shape.lookups, row.lookups);
  take('tag', shape.tags, row.tags);
  return values;
}

function storedRow(columns: Columns | undefined): StoredRow | undefined {
  return columns && toStoredRow(columns);
}
function toStoredRow(columns: Columns): StoredRow {
  return {
    id: columns.id as string,
    appId: columns.appId as string,
    revision: columns.revision as number,
    createdAt: columns.createdAt as number,
    dueAt: (columns.dueAt as number | null) ?? undefined,
    touchedAt: (columns.touchedAt as number | null) ?? undefined,
    doc: JSON.parse(columns.doc as string) as Record<string, unknown>,
  };
}
