import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ErrorName, HostError } from '../model/errors.ts';
import type { Page, PageRequest, Place } from '../ports/store/page.ts';
import { frozen } from './cache.ts';
import {
  type DueInput,
  DuplicateKeyError,
  type Engine,
  type Filter,
  type ListOptions,
  type Row,
  type Sight,
  type StoredRow,
  type WalkOptions,
} from './engine.ts';
import { relistRows } from './relist-rows.ts';
import { type SealedFields, Sealer, type SealingDeps } from './sealed.ts';
import type { TableName } from './tables.ts';

/** How the records of one kind become rows and come back. */
export interface RecordMapping<T> {
  table: TableName;
  sealed: SealedFields<T>;
  /** The row of a record; `fields` are what goes into its `doc`. */
  toRow(
    record: T,
  ): Omit<Row, 'doc' | 'keys' | 'lookups' | 'prefixes' | 'tags' | 'dueAt' | 'touchedAt' | 'seenDay'> &
    Partial<Omit<Row, 'doc'>> & { fields: Partial<T> };
  toRecord(row: StoredRow, fields: Partial<T>): T;
  /** What a conflict over a unique key is called; `handle_taken` where nothing is said. */
  conflicts?: Readonly<Record<string, ErrorName>>;
}

/** Rows read and opened at once: a few milliseconds, after which others have their turn. */
const SCAN = 200;
/** Records sealed at once while those before them are being inserted. */
const NEW = 50;
/** The records of one table: mapped, sealed and opened. */
export class Records<T extends object> {
  readonly #engine: Engine;
  readonly #mapping: RecordMapping<T>;
  readonly #sealer: Sealer<T>;
  readonly #table: TableName;
  readonly #seals = new WeakMap<T, unknown>();
  /** Of rows that an engine answers again and again. */
  readonly #records = new WeakMap<StoredRow, T>();

  constructor(engine: Engine, mapping: RecordMapping<T>, sealing: SealingDeps) {
    this.#engine = engine;
    this.#mapping = mapping;
    this.#table = mapping.table;
    this.#sealer = new Sealer(mapping.table, mapping.sealed, sealing);
  }

  async insert(record: T): Promise<void> {
    await this.#refusing(this.#engine.insert(this.#table, this.#row(record, 1)));
  }
  /** As `insert`, and as `replace` for a record of another table: see `Engine.insertAndReplace`. */
  async insertAndReplace<S extends object & { revision: number }>(
    record: T,
    others: Records<S>,
    other: S,
  ): Promise<S | undefined> {
    const revision = other.revision + 1;
    const replacing = { table: others.#table, row: others.#row(other, revision) };
    const row = this.#row(record, 1);
    const replaced = await this.#refusing(this.#engine.insertAndReplace(this.#table, row, replacing));
    return replaced ? { ...other, revision } : undefined;
  }
  async insertMany(records: readonly T[]): Promise<void> {
    const rows = records.map((record) => this.#row(record, 1));
    await this.#refusing(this.#engine.insertMany(this.#table, rows));
  }
  /** As the engine does; a part is sealed while the one before is being written. */
  async insertNew(records: readonly T[]): Promise<boolean[]> {
    const inserted: boolean[] = [];
    let writing = Promise.resolve<boolean[]>([]);
    for (let start = 0; start < records.length; start += NEW) {
      const rows = records.slice(start, start + NEW).map((record) => this.#row(record, 1));
      inserted.push(...(await writing));
      writing = this.#engine.insertNew(this.#table, rows);
    }
    inserted.push(...(await writing));
    return inserted;
  }
  async insertMissing(records: readonly T[]): Promise<void> {
    const rows = records.map((record) => this.#row(record, 1));
    await this.#engine.insertMissing(this.#table, rows);
  }
  /** What is found is frozen: the same object may be answered again while the stored record is the same. */
  async find(appId: string, id: string): Promise<T | undefined> {
    return this.#opened(await this.#engine.find(this.#table, appId, id));
  }
  /** As `find`, from a row that may be two seconds old (`Engine.findLately`). */
  async findLately(appId: string, id: string): Promise<T | undefined> {
    return this.#opened(await this.#engine.findLately(this.#table, appId, id));
  }
  /**
   * As `find`, but answers `known`, the object of an earlier call, while the stored record is the same; it is
   * not opened again.
   */
  async refresh(appId: string, id: string, known: T | undefined): Promise<T | undefined> {
    const row = await this.#engine.find(this.#table, appId, id);
    // Every sealing makes another text; a revision alone would come again when a record is removed and made
    // anew under its id.
    const seal = row?.doc.sealed;
    if (known && seal !== undefined && this.#seals.get(known) === seal) return known;
    const record = this.#opened(row);
    if (record) this.#seals.set(record, seal);
    return record;
  }
  /**
   * `isMeant`: whether the record itself says what its key says. The key stands in the clear; who can write
   * the database can move it.
   */
  async findByKey(
    appId: string,
    key: string,
    value: string,
    isMeant: (record: T) => boolean = () => true,
  ): Promise<T | undefined> {
    return this.#meant(await this.#engine.findByKey(this.#table, appId, key, value), key, isMeant);
  }
  /** As `findByKey`, over all apps. */
  async findEverywhere(key: string, value: string, isMeant: (record: T) => boolean): Promise<T | undefined> {
    return this.#meant(await this.#engine.findEverywhere(this.#table, key, value), key, isMeant);
  }
  #meant(row: StoredRow | undefined, key: string, isMeant: (record: T) => boolean): T | undefined {
    const record = this.#opened(row);
    if (row && record && !isMeant(record)) throw this.#sealer.tampered(row, `has the ${key} of another`);
    return record;
  }
  /** As the engine does; one that does not open is set aside. */
  async findAny(appId: string, by: { key: string } | 'prefix', values: readonly string[]): Promise<T[]> {
    if (values.length === 0) return [];
    return this.openAll(await this.#engine.findAny(this.#table, appId, by, values));
  }
  /** As `find`, for whoever can do without: one that does not open is set aside. */
  async tryFind(appId: string, id: string): Promise<T | undefined> {
    const row = await this.#engine.find(this.#table, appId, id);
    return row && this.#intact(row);
  }
  /** As `findByKey`, for whoever can do without: one that does not open is set aside. */
  async findIntact(appId: string, key: string, value: string): Promise<T | undefined> {
    const row = await this.#engine.findByKey(this.#table, appId, key, value);
    return row && this.#sealer.tryOpen(row) ? this.#opened(row) : undefined;
  }
  /** Removes the row of a unique key, whether it opens or not. */
  async removeByKey(appId: string, key: string, value: string): Promise<boolean> {
    const row = await this.#engine.findByKey(this.#table, appId, key, value);
    return row ? this.#engine.remove(this.#table, appId, row.id) : false;
  }
  /** See `Store`. */
  async replace<R extends T & { revision: number }>(record: R, isNoted = false): Promise<R | undefined> {
    const revision = record.revision + 1;
    const replacing = this.#engine.replace(this.#table, this.#row(record, revision), isNoted);
    const replaced = await this.#refusing(replacing);
    return replaced ? { ...record, revision } : undefined;
  }
  /** As `replace`, of a record found and listed by what it was; noted. */
  async note<R extends T & { revision: number }>(record: R): Promise<R | undefined> {
    const { appId, id, doc } = this.#row(record, record.revision);
    const noted = await this.#engine.rewrite(
      this.#table,
      { appId, id, revision: record.revision },
      doc,
      true,
    );
    return noted ? { ...record, revision: record.revision + 1 } : undefined;
  }
  /** As `note`, and sets `touchedAt` with it, and the day it was seen. */
  rewriteTouched(record: T & { revision: number }, touchedAt: number, seen?: Sight): Promise<boolean> {
    const { appId, id, revision, doc } = this.#row(record, record.revision);
    return this.#engine.rewrite(this.#table, { appId, id, revision, touchedAt, seen }, doc, true);
  }
  remove(appId: string, id: string, revision?: number): Promise<boolean> {
    return this.#engine.remove(this.#table, appId, id, revision);
  }
  removeWhere(filter: Filter, limit?: number): Promise<number> {
    return this.#engine.removeWhere(this.#table, filter, limit);
  }

  async list(filter: Filter, options: ListOptions): Promise<T[]> {
    return this.openAll(await this.#engine.list(this.#table, filter, options));
  }
  count(filter: Filter, most?: number): Promise<number> {
    return this.#engine.count(this.#table, filter, most);
  }
  /** As the engine does; a row that does not open has a place all the same. */
  async walk(filter: Filter, options: WalkOptions): Promise<{ record: T | undefined; place: Place }[]> {
    const walked = await this.#engine.walk(this.#table, filter, options);
    return walked.map(({ row, place }) => ({ record: this.#intact(row), place }));
  }
  /** Renews what the rows of an app are listed by: see `relistRows`. */
  relist(appId: string, isStopped: () => boolean): Promise<number> {
    return relistRows(this.#engine, this.#table, { appId, isStopped }, (row) => {
      const record = this.#intact(row);
      return record && this.#mapping.toRow(record);
    });
  }
  async page(filter: Filter, { offset, limit }: PageRequest): Promise<Page<T>> {
    const [rows, total] = await Promise.all([
      this.list(filter, { order: 'newest', offset, limit }),
      this.count(filter),
    ]);
    return { rows, total };
  }
  /** All that match, read in batches: by id, each exactly once whatever is written meanwhile. */
  async *stream(filter: Filter): AsyncIterable<T> {
    let after = '';
    for (;;) {
      const rows = await this.#engine.list(this.#table, filter, { order: 'id', after, limit: SCAN });
      yield* this.openAll(rows);
      const last = rows.at(-1);
      if (!last || rows.length < SCAN) return;
      after = last.id;
      await nextTurn();
    }
  }
  /** The newest `limit` that match, newest first, read in batches. */
  async *newest(filter: Filter, limit = Number.POSITIVE_INFINITY): AsyncIterable<T> {
    let after: Place | undefined;
    for (let left = limit; left > 0; left -= SCAN) {
      const size = Math.min(SCAN, left);
      const how = { by: 'createdAt', descending: true, after, limit: size } as const;
      const walked = await this.#engine.walk(this.#table, filter, how);
      yield* this.openAll(walked.map(({ row }) => row));
      if (walked.length < size) return;
      after = walked.at(-1)?.place;
      await nextTurn();
    }
  }
  /** All of every app that match, what falls due first before the others, read in batches. */
  async *due(filter: Filter): AsyncIterable<T> {
    for (let offset = 0; ; offset += SCAN) {
      const rows = await this.#engine.list(this.#table, filter, { order: 'due', offset, limit: SCAN });
      yield* this.openAll(rows);
      if (rows.length < SCAN) return;
      await nextTurn();
    }
  }

  /**
   * Those that open; the others are set aside one by one, so that a single bad row does not hide the rest.
   */
  openAll(rows: readonly StoredRow[]): T[] {
    return rows.map((row) => this.#intact(row)).filter((record) => record !== undefined);
  }
  #intact(row: StoredRow): T | undefined {
    const fields = this.#sealer.tryOpen(row);
    return fields && this.#mapping.toRecord(row, fields);
  }
  /**
   * Takes what is due, as the engine does. A row that does not open would come back after every lease: it
   * leaves the queue and stays in the table.
   */
  async takeDue(input: DueInput): Promise<T[]> {
    const taken: T[] = [];
    for (const row of await this.#engine.takeDue(this.#table, input)) {
      const record = this.#intact(row);
      if (record) taken.push(record);
      else await this.#engine.setDue(this.#table, row.appId, row.id, undefined);
    }
    return taken;
  }
  #opened(row: StoredRow | undefined): T | undefined {
    if (!row) return undefined;
    let record = this.#records.get(row);
    if (!record) {
      record = frozen(this.#mapping.toRecord(row, this.#sealer.open(row, true)));
      this.#records.set(row, record);
    }
    return record;
  }
  #row(record: T, revision: number): Row {
    const { fields, ...row } = this.#mapping.toRow(record);
    return {
      keys: {},
      lookups: {},
      prefixes: [],
      tags: {},
      dueAt: undefined,
      touchedAt: undefined,
      seenDay: undefined,
      ...row,
      revision,
      doc: this.#sealer.seal(row, fields),
    };
  }
  async #refusing<R>(write: Promise<R>): Promise<R> {
    try {
      return await write;
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      throw new HostError(this.#mapping.conflicts?.[error.key] ?? 'handle_taken', { cause: error });
    }
  }
}
