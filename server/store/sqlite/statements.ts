import type { DatabaseSync, StatementSync } from 'node:sqlite';

export type Value = string | number | null;
export type Values = Record<string, Value>;
export type Columns = Record<string, unknown>;

/**
 * Prepared statements, each compiled once and kept. Values only ever enter as named parameters of an object the code builds; each is
 * checked, for SQLite would silently bind NULL for `undefined` and take an object in first place for the parameters themselves.
 */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string, values: Values): Columns | undefined {
    return this.#prepare(sql).get(checked(values));
  }
  all(sql: string, values: Values): Columns[] {
    return this.#prepare(sql).all(checked(values));
  }
  /** Answers the `seq` of the new row. */
  insert(sql: string, values: Values): number {
    return Number(this.#prepare(sql).run(checked(values)).lastInsertRowid);
  }
  /** Answers how many rows changed. */
  run(sql: string, values: Values): number {
    return Number(this.#prepare(sql).run(checked(values)).changes);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

function checked(values: Values): Values {
  for (const name in values) {
    const value = values[name];
    const fits = typeof value === 'string' || value === null || Number.isSafeInteger(value);
    if (!fits) throw new TypeError(`parameter ${name} is no text, whole number or null`);
  }
  return values;
}
