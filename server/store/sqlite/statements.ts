import type { DatabaseSync, StatementSync } from 'node:sqlite';

export type Value = string | number | null;
export type Values = Record<string, Value>;
export type Columns = Record<string, unknown>;

interface Prepared {
  readonly statement: StatementSync;
  /** The parameters in the order in which they are bound. */
  readonly names: readonly string[];
}

/**
 * Prepared statements, each compiled once and kept. Values enter as parameters only: by name (`:name`), or as
 * a list by position, which is what names are turned into as well, because looking them up costs as much as
 * an insert. Each is checked, for SQLite would silently bind NULL for one that is absent and take an object
 * in first place for the parameters themselves.
 */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string, values: Values | readonly Value[]): Columns | undefined {
    const { statement, names } = this.#prepare(sql);
    return statement.get(...listOf(names, values));
  }
  all(sql: string, values: Values): Columns[] {
    const { statement, names } = this.#prepare(sql);
    return statement.all(...listOf(names, values));
  }
  /** Answers the `seq` of the new row, the last one when there are several. */
  insert(sql: string, values: readonly Value[]): number {
    const { statement, names } = this.#prepare(sql);
    return Number(statement.run(...listOf(names, values)).lastInsertRowid);
  }
  /** The same of a statement that may pass a row over: undefined then. */
  insertNew(sql: string, values: readonly Value[]): number | undefined {
    const { statement, names } = this.#prepare(sql);
    const { changes, lastInsertRowid } = statement.run(...listOf(names, values));
    return changes === 0 ? undefined : Number(lastInsertRowid);
  }
  /** Answers how many rows changed. */
  run(sql: string, values: Values): number {
    const { statement, names } = this.#prepare(sql);
    return Number(statement.run(...listOf(names, values)).changes);
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      const names: string[] = [];
      const positional = sql.replaceAll(/:(\w+)/g, (_, name: string) => {
        names.push(name);
        return '?';
      });
      prepared = { statement: this.#db.prepare(positional), names };
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

/** Throws a `TypeError` for a value that is absent, no text, no whole number and not null. */
function listOf(names: readonly string[], values: Values | readonly Value[]): readonly Value[] {
  // A value used twice is bound twice: early versions of Node 24 take numbered parameters for named ones.
  const list = isList(values) ? values : names.map((name) => values[name]);
  list.forEach((value, n) => {
    const fits = typeof value === 'string' || value === null || Number.isSafeInteger(value);
    if (!fits) throw new TypeError(`parameter ${names[n] ?? n + 1} is no text, whole number or null`);
  });
  return list as readonly Value[];
}

function isList(values: Values | readonly Value[]): values is readonly Value[] {
  return Array.isArray(values);
}
