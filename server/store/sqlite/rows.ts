import type { Row, TableOperations } from '../engine.ts';
import { TABLES, type TableName } from '../tables.ts';
import { conditionOf, orderOf } from './conditions.ts';
import type { GroupCommit } from './group-commit.ts';
import { ReadRow, RememberedRows } from './remembered-rows.ts';
import { daysOf, keptOf, namedOf, read, SLIM_ROWS, SQL, seeing, unseen, valuesOf } from './row-sql.ts';
import type { Statements, Value } from './statements.ts';
import { walkStatement } from './walk.ts';

/** Rows written or removed by one write; a transaction blocks the process while it runs. */
const BATCH = 200;
/** The same for rows without prefixes, each of which costs a tenth. */
const SLIM_BATCH = 500;
/** Rows that join many others while the host serves: some 15 ms, once the indexes are large. */
const NEW_BATCH = 50;
const UNLESS_THERE = ' ON CONFLICT (appId, id) DO NOTHING';

/**
 * The tables of records; a row's hashes and tags are columns of their own, its prefixes rows of a side table.
 */
export function createRows(statements: Statements, database: GroupCommit): TableOperations {
  const remembered = new RememberedRows(statements);

  function insertRow(table: TableName, row: Row): void {
    const seq = statements.insert(SQL[table].insert, valuesOf(table, row));
    if (TABLES[table].prefixes) addPrefixes(table, row, seq);
  }
  /** Rows without prefixes. `unless`: a clause for those that are there. */
  function insertSlim(table: TableName, rows: readonly Row[], unless = ''): void {
    const { insert, insertSlim } = SQL[table];
    for (const part of parts(rows, SLIM_ROWS)) {
      if (part.length < SLIM_ROWS) {
        for (const row of part) statements.insert(insert + unless, valuesOf(table, row));
      } else {
        const values: Value[] = [];
        for (const row of part) valuesOf(table, row, values);
        statements.insert(insertSlim + unless, values);
      }
    }
  }
  function insertNew(table: TableName, row: Row): boolean {
    const seq = statements.insertNew(`${SQL[table].insert} ON CONFLICT DO NOTHING`, valuesOf(table, row));
    if (seq !== undefined && TABLES[table].prefixes) addPrefixes(table, row, seq);
    return seq !== undefined;
  }
  function addPrefixes(table: TableName, { prefixes, createdAt }: Prefixed, owner: number): number {
    return statements.run(
      `INSERT OR IGNORE INTO ${table}_prefixes (prefix, createdAt, owner)
       SELECT value, :createdAt, :owner FROM json_each(:prefixes)`,
      { createdAt, owner, prefixes: JSON.stringify(prefixes) },
    );
  }
  function dropOtherPrefixes(table: TableName, { prefixes, createdAt }: Prefixed, owner: number): number {
    return statements.run(
      `DELETE FROM ${table}_prefixes WHERE owner = :owner
       AND (createdAt <> :createdAt OR prefix NOT IN (SELECT value FROM json_each(:prefixes)))`,
      { createdAt, owner, prefixes: JSON.stringify(prefixes) },
    );
  }

  function replaceRow(table: TableName, row: Row): boolean {
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
  }

  function prefixesOf(table: TableName, owner: number): string[] {
    const rows = statements.all(`SELECT prefix FROM ${table}_prefixes WHERE owner = :owner`, { owner });
    return rows.map(({ prefix }) => String(prefix));
  }

  const finder = (how: 'find' | 'findLately') => (table: TableName, appId: string, id: string) =>
    database.read(() =>
      remembered[how](table, { appId, id }, () => statements.get(SQL[table].find, { appId, id })),
    );

  return {
    insert: (table, row) => database.write(() => insertRow(table, row)),

    insertAndReplace: (table, row, other) =>
      database.write(() => {
        insertRow(table, row);
        return replaceRow(other.table, other.row);
      }),

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
        await database.note(() => insertSlim(table, batch, UNLESS_THERE));
      }
    },

    async insertNew(table, rows) {
      const inserted: boolean[] = [];
      for (const batch of parts(rows, NEW_BATCH)) {
        inserted.push(...(await database.note(() => batch.map((row) => insertNew(table, row)))));
      }
      return inserted;
    },

    find: finder('find'),
    findLately: finder('findLately'),

    findByKey: (table, appId, key, value) =>
      database.read(() =>
        remembered.read(table, () =>
          statements.get(
            `SELECT ${read(table)} FROM ${table} t WHERE t.appId = :appId AND t.key_${key} = :value`,
            { appId, value },
          ),
        ),
      ),

    findAny: (table, appId, by, values) =>
      database.read(() => {
        const [from, column] =
          by === 'prefix'
            ? [`${table}_prefixes p CROSS JOIN ${table} t ON t.seq = p.owner`, 'p.prefix']
            : [`${table} t`, `t.key_${by.key}`];
        const sql = `SELECT ${read(table)} FROM ${from}
          WHERE t.appId = :appId AND ${column} IN (SELECT value FROM json_each(:values))`;
        const found = statements.all(sql, { appId, values: JSON.stringify(values) });
        return found.map((columns) => new ReadRow(columns));
      }),

    findEverywhere: (table, key, value) =>
      database.read(() =>
        remembered.read(table, () =>
          statements.get(`SELECT ${read(table)} FROM ${table} t WHERE t.key_${key} = :value`, { value }),
        ),
      ),

    replace: (table, row, isNoted) => database[isNoted ? 'note' : 'write'](() => replaceRow(table, row)),

    rewrite: (table, { appId, id, revision, touchedAt = null, seen }, doc, isNoted) =>
      database[isNoted ? 'note' : 'write'](() => {
        remembered.forget(table, { appId, id });
        const sql = `UPDATE ${table}
          SET doc = :doc, revision = revision + 1, touchedAt = coalesce(:touchedAt, touchedAt)${seeing(seen)}
          WHERE appId = :appId AND id = :id AND revision = :revision${unseen(seen)}`;
        const values = { appId, id, revision, touchedAt, doc: JSON.stringify(doc), ...daysOf(seen) };
        return statements.run(sql, values) === 1;
      }),

    relist: (table, row) =>
      database.write(() => {
        const { appId, id, revision } = row;
        const found = statements.get(
          `SELECT seq, dueAt FROM ${table} WHERE appId = :appId AND id = :id AND revision = :revision`,
          { appId, id, revision },
        );
        if (!found) return false;
        const seq = found.seq as number;
        const dropped = dropOtherPrefixes(table, row, seq);
        const added = addPrefixes(table, row, seq);
        const dueAt = row.dueAt ?? null;
        if (found.dueAt !== dueAt) {
          remembered.forget(table, row);
          statements.run(`UPDATE ${table} SET dueAt = :dueAt WHERE seq = :seq`, { seq, dueAt });
        }
        return dropped + added > 0 || found.dueAt !== dueAt;
      }),

    touch: (table, { appId, id, revision = null, seen }, at) =>
      database.note(() => {
        remembered.forget(table, { appId, id });
        const sql = `UPDATE ${table} SET touchedAt = :at${seeing(seen)}
          WHERE appId = :appId AND id = :id AND revision = coalesce(:revision, revision)${unseen(seen)}`;
        return statements.run(sql, { appId, id, revision, at, ...daysOf(seen) }) === 1;
      }),

    see: (table, visits) =>
      database.note(() =>
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

    walk: (table, filter, options) =>
      database.read(() => {
        const { sql, values, placeOf } = walkStatement(read(table), table, filter, options);
        const found = statements.all(sql, values);
        return found.map((columns) => ({ row: new ReadRow(columns), place: placeOf(columns) }));
      }),

    count: (table, filter, most) =>
      database.read(() => {
        const { from, where, values } = conditionOf(table, filter);
        if (most !== undefined) {
          const sql = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${from} WHERE ${where} LIMIT :most)`;
          return statements.get(sql, { ...values, most })?.rows as number;
        }
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

    takeDue: (table, { now, leaseUntil, limit, exceptApps = [] }) =>
      database.note(() => {
        remembered.forgetAll(table);
        const others =
          exceptApps.length > 0 ? 'AND appId NOT IN (SELECT value FROM json_each(:exceptApps))' : '';
        const values = { now, leaseUntil, limit };
        const given = others ? { ...values, exceptApps: JSON.stringify(exceptApps) } : values;
        const sql = `UPDATE ${table} AS t SET dueAt = :leaseUntil
          WHERE seq IN (SELECT seq FROM ${table} WHERE dueAt <= :now ${others} ORDER BY dueAt LIMIT :limit)
          RETURNING ${read(table).replaceAll('t.', '')}`;
        return statements.all(sql, given).map((columns) => new ReadRow(columns));
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
        return {
          id,
          appId,
          revision,
          createdAt,
          dueAt,
          touchedAt,
          seenDay,
          doc,
          ...namedOf(table, columns),
          prefixes: TABLES[table].prefixes ? prefixesOf(table, Number(columns.seq)) : [],
        };
      }),
  };
}

type Prefixed = Pick<Row, 'prefixes' | 'createdAt'>;

function parts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
