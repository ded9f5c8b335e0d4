import type { Row, TableOperations } from '../engine.ts';
import { TABLES, type TableName, type TableShape } from '../tables.ts';
import { conditionOf, orderOf } from './conditions.ts';
import type { GroupCommit } from './group-commit.ts';
import { ReadRow, RememberedRows } from './remembered-rows.ts';
import type { Statements, Value } from './statements.ts';

/** Rows written or removed by one write; a transaction blocks the process while it runs. */
const BATCH = 200;
/**
 * The same for rows without prefixes, each of which costs a tenth; and how many of them one statement
 * inserts, which halves that.
 */
const SLIM_BATCH = 500;
const SLIM_ROWS = 20;
/** What reading answers, the table as `t`. */
const read = (table: TableName) =>
  `t.id, t.appId, t.revision, t.createdAt, t.dueAt, t.touchedAt, t.doc${TABLES[table].seen ? ', t.seenDay' : ''}`;

/**
 * The tables of records; a row's hashes and tags are columns of their own, its prefixes rows of a side table.
 */
export function createRows(statements: Statements, database: GroupCommit): TableOperations {
  const remembered = new RememberedRows(statements);

  function insertRow(table: TableName, row: Row): void {
    const seq = statements.insert(SQL[table].insert, valuesOf(table, row));
    if (TABLES[table].prefixes) addPrefixes(table, row, seq);
  }
  function insertSlim(table: TableName, rows: readonly Row[]): void {
    for (const part of parts(rows, SLIM_ROWS)) {
      if (part.length < SLIM_ROWS) for (const row of part) insertRow(table, row);
      else {
        const values: Value[] = [];
        for (const row of part) valuesOf(table, row, values);
        statements.insert(SQL[table].insertSlim, values);
      }
    }
  }
  function insertMissing(table: TableName, row: Row): void {
    statements.insert(`${SQL[table].insert} ON CONFLICT (appId, id) DO NOTHING`, valuesOf(table, row));
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

  function prefixesOf(table: TableName, owner: number): string[] {
    const rows = statements.all(`SELECT prefix FROM ${table}_prefixes WHERE owner = :owner`, { owner });
    return rows.map(({ prefix }) => String(prefix));
  }

  return {
    insert: (table, row) => database.write(() => insertRow(table, row)),

    async insertMany(table, rows) {
      const { prefixes } = TABLES[table];
      for (const batch of parts(rows, prefixes ? BATCH : SLIM_BATCH)) {
        await database.write(() => {
          if (prefixes) for (const row of batch) insertRow(table, row);
          else insertSlim(table, batch);
        });
      }
    },

    async insertMissing(table, rows) {
      for (const batch of parts(rows, SLIM_BATCH)) {
        await database.write(() => {
          for (const row of batch) insertMissing(table, row);
        });
      }
    },

    find: (table, appId, id) =>
      database.read(() =>
        remembered.find(table, { appId, id }, () => statements.get(SQL[table].find, { appId, id })),
      ),

    findByKey: (table, appId, key, value) =>
      database.read(() =>
        remembered.read(table, () =>
          statements.get(
            `SELECT ${read(table)} FROM ${table} t WHERE t.appId = :appId AND t.key_${key} = :value`,
            {
              appId,
              value,
            },
          ),
        ),
      ),

    findEverywhere: (table, key, value) =>
      database.read(() =>
        remembered.read(table, () =>
          statements.get(`SELECT ${read(table)} FROM ${table} t WHERE t.key_${key} = :value`, { value }),
        ),
      ),

    replace: (table, row) =>
      database.write(() => {
        remembered.forget(table, row);
        const changed = valuesOf(table, row).slice(keptOf(table).length);
        const replaced = statements.get(SQL[table].replace, [...changed, row.appId, row.id, row.revision]);
        if (!replaced) return false;
        if (TABLES[table].prefixes) {
          const seq = replaced.seq as number;
          dropOtherPrefixes(table, row, seq);
          addPrefixes(table, row, seq);
        }
        return true;
      }),

    rewrite: (table, { appId, id, revision }, doc) =>
      database.write(() => {
        remembered.forget(table, { appId, id });
        const sql = `UPDATE ${table} SET doc = :doc, revision = revision + 1
          WHERE appId = :appId AND id = :id AND revision = :revision`;
        return statements.run(sql, { appId, id, revision, doc: JSON.stringify(doc) }) === 1;
      }),

    touch: (table, appId, id, at) =>
      database.write(() => {
        remembered.forget(table, { appId, id });
        const sql = `UPDATE ${table} SET touchedAt = :at WHERE appId = :appId AND id = :id`;
        return statements.run(sql, { appId, id, at }) === 1;
      }),

    see: (table, visits) =>
      database.write(() =>
        visits.flatMap(({ appId, id, day }) => {
          const row = { appId, id };
          const before = statements.get(
            `SELECT seenDay FROM ${table} WHERE appId = :appId AND id = :id AND coalesce(seenDay, -1) < :day`,
            { ...row, day },
          );
          if (!before) return [];
          remembered.forget(table, row);
          const sql = `UPDATE ${table} SET seenDay = :day WHERE appId = :appId AND id = :id`;
          statements.run(sql, { ...row, day });
          return [{ ...row, day, before: (before.seenDay as number | null) ?? undefined }];
        }),
      ),

    remove: (table, appId, id, revision) =>
      database.write(() => {
        remembered.forget(table, { appId, id });
        const sql = `DELETE FROM ${table} WHERE appId = :appId AND id = :id
          AND revision = coalesce(:revision, revision)`;
        return statements.run(sql, { appId, id, revision: revision ?? null }) === 1;
      }),

    list: (table, filter, { order, offset = 0, after, limit }) =>
      database.read(() => {
        const { from, where, values } = conditionOf(table, filter, after);
        const sql = `SELECT ${read(table)} FROM ${from} WHERE ${where}
          ORDER BY ${orderOf(filter, order)} LIMIT :limit OFFSET :offset`;
        return statements.all(sql, { ...values, limit, offset }).map((columns) => new ReadRow(columns));
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
        last = await database.write(() => {
          remembered.forgetAll(table);
          return statements.run(sql, { ...values, limit: Math.min(BATCH, limit - removed) });
        });
      }
      return removed;
    },

    takeDue: (table, { now, leaseUntil, limit }) =>
      database.write(() => {
        remembered.forgetAll(table);
        const sql = `UPDATE ${table} AS t SET dueAt = :leaseUntil
          WHERE seq IN (SELECT seq FROM ${table} WHERE dueAt <= :now ORDER BY dueAt LIMIT :limit)
          RETURNING ${read(table).replaceAll('t.', '')}`;
        return statements.all(sql, { now, leaseUntil, limit }).map((columns) => new ReadRow(columns));
      }),

    setDue: (table, appId, id, dueAt) =>
      database.write(() => {
        remembered.forget(table, { appId, id });
        const sql = `UPDATE ${table} SET dueAt = :dueAt WHERE appId = :appId AND id = :id`;
        statements.run(sql, { appId, id, dueAt: dueAt ?? null });
      }),

    findWhole: (table, appId, id) =>
      database.read(() => {
        const sql = `SELECT * FROM ${table} WHERE appId = :appId AND id = :id`;
        const columns = statements.get(sql, { appId, id });
        if (!columns) return undefined;
        const { revision, createdAt, dueAt, touchedAt, seenDay, doc } = new ReadRow(columns);
        const { keys, lookups, tags }: TableShape = TABLES[table];
        const named = (kind: string, names: readonly string[]) =>
          Object.fromEntries(
            names
              .map((name) => [name, columns[`${kind}_${name}`]])
              .filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
          );
        return {
          ...{ id, appId, revision, createdAt, dueAt, touchedAt, seenDay, doc },
          keys: named('key', keys),
          lookups: named('lookup', lookups),
          tags: named('tag', tags),
          prefixes: TABLES[table].prefixes ? prefixesOf(table, Number(columns.seq)) : [],
        };
      }),
  };
}

function parts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

/**
 * Columns every table has, in the order in which `valuesOf` lists them; the table's own follow. A replacement
 * leaves the first alone, and `seenDay` after them where the table has it.
 */
const KEPT = ['appId', 'id', 'touchedAt'];
const keptOf = (table: TableName) => (TABLES[table].seen ? [...KEPT, 'seenDay'] : KEPT);
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
const SQL = Object.fromEntries(
  (Object.keys(TABLES) as TableName[]).map((table) => [table, sqlOf(table)]),
) as Record<TableName, TableSql>;

/**
 * The columns of a row, added to `values`. Throws a `TypeError` when the row lacks a key, look-up or tag of
 * its table: a missing unique key would let two rows in.
 */
function valuesOf(table: TableName, row: Row, values: Value[] = []): Value[] {
  const { keys, sparse, lookups, tags }: TableShape = TABLES[table];
  values.push(row.appId, row.id, row.touchedAt ?? null);
  if (TABLES[table].seen) values.push(row.seenDay ?? null);
  values.push(row.revision, row.createdAt, row.dueAt ?? null, JSON.stringify(row.doc));
  for (const name of keys) {
    values.push(sparse.includes(name) ? (row.keys[name] ?? null) : ownText(table, name, row.keys));
  }
  for (const name of lookups) values.push(ownText(table, name, row.lookups));
  for (const name of tags) values.push(ownText(table, name, row.tags));
  return values;
}
function ownText(table: TableName, name: string, from: Record<string, string>): string {
  const value = from[name];
  if (value === undefined) throw new TypeError(`a row of ${table} lacks its key, look-up or tag ${name}`);
  return value;
}
