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
 * Prepared statements, each compiled once and kept. SQL names its parameters (`:name`); they are bound by position, because looking names
 * up costs as much as the insert itself. Each value is checked, for SQLite would silently bind NULL for one that is absent and take an
 * object in first place for the parameters themselves.
 */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string, values: Values): Columns | undefined {
    const { statement, names } = this.#prepare(sql);
    return statement.get(...listOf(names, values));
  }
  all(sql: string, values: Values): Columns[] {
    const { statement, names } = this.#prepare(sql);
    return statement.all(...listOf(names, values));
  }
  /** Answers the `seq` of the new row. */
  insert(sql: string, values: Values): number {
    const { statement, names } = this.#prepare(sql);
    return Number(statement.run(...listOf(names, values)).lastInsertRowid);
  }
  /** Answers how many rows changed. */
  run(sql: string, values: Values): number {
    const { statement, names } = this.#prepare(sql);
    return Number(statement.run(...listOf(names, values)).changes);
  }

  /** As `run`, for SQL whose parameters have no names; `values` were made by `listOf`. */
  runList(sql: string, values: readonly Value[]): number {
    return Number(this.#prepare(sql).statement.run(...values).changes);
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      const names: string[] = [];
      const numbered = sql.replaceAll(/:(\w+)/g, (_, name: string) => {
        if (!names.includes(name)) names.push(name);
        return `?${names.indexOf(name) + 1}`;
      });
      prepared = { statement: this.#db.prepare(numbered), names };
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

/** The values in the order of `names`. Throws a `TypeError` for one that is absent, no text, no whole number and not null. */
export function listOf(names: readonly string[], values: Values): Value[] {
  return names.map((name) => {
    const value = values[name];
    if (typeof value === 'string' || value === null) return value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw new TypeError(`parameter ${name} is no text, whole number or null`);
    }
    return value;
  });
}
