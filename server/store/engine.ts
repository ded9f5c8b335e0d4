import { HostError } from '../model/errors.ts';
import type { Figure, Metric } from '../model/figure.ts';
import type { FigureQuery } from '../ports/store/figures.ts';
import type { Place } from '../ports/store/page.ts';
import type { CounterOperations } from './counter-operations.ts';
import type { TableName } from './tables.ts';

/**
 * What a database must be able to do, as small as the promises of `ports/store` allow. Two engines implement
 * it: `sqlite/` and `mongodb/`. The records of the domain are mapped onto rows, sealed and keyed in the other
 * files of this folder, once for both.
 */

/**
 * A row as an engine keeps it. `keys` and `prefixes` are keyed hashes; what is personal or secret in `doc` is
 * already sealed.
 */
export interface Row {
  id: string;
  appId: string;
  revision: number;
  /**
   * Unique within (table, appId), some within the table, by index name. Every unique index of the table has
   * an entry, but those a row may lack.
   */
  keys: Record<string, string>;
  /** Not unique, by index name. */
  lookups: Record<string, string>;
  /** Keyed hashes of what many rows may share: beginnings of names, and marks (`marks.ts`). */
  prefixes: readonly string[];
  /** Small clear values to filter by. Every tag of the table has an entry, but those a row may lack. */
  tags: Record<string, string>;
  createdAt: number;
  /** When the row falls due, in tables with `due`: to be sent, to be removed. */
  dueAt: number | undefined;
  /** Last use; set by `touch`, left alone by `replace`. */
  touchedAt: number | undefined;
  /** Last UTC day of use, in tables with `seen`; moved by `see`, left alone by `replace`. */
  seenDay: number | undefined;
  /**
   * Plain JSON: no undefined anywhere. What the database keeps in its place when that is no object:
   * `brokenDoc`.
   */
  doc: Record<string, unknown>;
}

/** Stands in for a document that can no longer be read as one. It has no `schema`, so that it never opens. */
export function brokenDoc(broken: unknown): Record<string, unknown> {
  return { broken };
}
/**
 * What reading answers: hashes and tags only serve to find a row. An engine may answer the same object again
 * as long as nothing of the stored row changed.
 */
export type StoredRow = Readonly<
  Pick<Row, 'id' | 'appId' | 'revision' | 'createdAt' | 'dueAt' | 'touchedAt' | 'seenDay' | 'doc'>
>;

/** An insert or a replace met another row with the same key. */
export class DuplicateKeyError extends Error {
  override readonly name = 'DuplicateKeyError';
  /** The unique index, or `id`. */
  readonly key: string;
  constructor(key: string) {
    super(`duplicate ${key}`);
    this.key = key;
  }
}

/** The database was written by a later version of the host: the start has to be refused (exit code 78). */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
  constructor(found: number, known: number) {
    super(
      `the database has schema ${found}, this version knows schemas up to ${known}: install a newer version`,
    );
  }
}

/**
 * The refusal for a database that cannot be reached, is full or cannot be written. `cause` must hold no
 * credential.
 */
export function unavailable(cause?: unknown): HostError {
  return new HostError('service_unavailable', { cause, retryAfterSeconds: 1 });
}

export interface Filter {
  /** Absent only for `removeWhere` and for what is due. */
  appId?: string;
  /** All must match; a list means any of, null a row without it. */
  tags?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Null: rows without it. */
  lookup?: { name: string; value: string | null };
  /** Only rows that lack this key. */
  lacking?: string;
  prefix?: string;
  createdFrom?: number;
  createdBefore?: number;
  due?: TimeRange;
  touched?: TimeRange;
}
/** Rows with a time from `from` on and before `before`; `never`: those without one. */
export type TimeRange = { from?: number; before?: number } | 'never';

/** What a list that pages by key is sorted by. */
export type WalkKey = 'createdAt' | 'touchedAt' | 'dueAt';
export interface WalkOptions {
  /** Rows without that time are left out; those that share one are in the order of age and id. */
  by: WalkKey;
  descending: boolean;
  /** Only rows behind this one, in the same walk. */
  after?: Place | undefined;
  limit: number;
}
/** A row, and where it stands in the walk: as the engine likes to find it again. */
export interface WalkedRow {
  row: StoredRow;
  place: Place;
}
export interface ListOptions {
  /** `newest`: createdAt, then id, descending · `id`: ascending · `due`: dueAt ascending. */
  order: 'newest' | 'id' | 'due';
  offset?: number;
  /** With order `id`: only rows after this id. */
  after?: string;
  limit: number;
}

/** Which row, and as of which revision if that matters. */
export interface RowPlace {
  appId: string;
  id: string;
  revision?: number;
}

/** That a row was used on a UTC day, and the day it says so of: the write is left where it says another. */
export interface Sight {
  day: number;
  before: number | undefined;
}

/** A row that was seen on a UTC day, counted since 1970. */
export interface SeenRow {
  appId: string;
  id: string;
  day: number;
}

/** How much of a queue is taken, and of whose. */
export interface DueInput {
  now: number;
  leaseUntil: number;
  limit: number;
  /** Rows of these apps stay. */
  exceptApps?: readonly string[];
}

/** The rows of all tables. */
export interface TableOperations {
  /** Rejects with `DuplicateKeyError`. */
  insert(table: TableName, row: Row): Promise<void>;
  /**
   * As `insert`, and as `replace` for a row of another table: in one step in the embedded database, in this
   * order elsewhere. Answers what `replace` does.
   */
  insertAndReplace(table: TableName, row: Row, other: { table: TableName; row: Row }): Promise<boolean>;
  /** In batches; not atomic as a whole. Rejects with `DuplicateKeyError` at the first conflict. */
  insertMany(table: TableName, rows: readonly Row[]): Promise<void>;
  /**
   * As `insertMany` for a table without keys, but leaves a row alone that is there: for rows whose first
   * writing may have succeeded. Noted.
   */
  insertMissing(table: TableName, rows: readonly Row[]): Promise<void>;
  /**
   * In batches; not atomic as a whole. Leaves out every row that meets another with the same key or id, and
   * answers which were inserted. Noted.
   */
  insertNew(table: TableName, rows: readonly Row[]): Promise<boolean[]>;
  find(table: TableName, appId: string, id: string): Promise<StoredRow | undefined>;
  /** As `find`, but the row may be two seconds old; the very same object while nothing changed. */
  findLately(table: TableName, appId: string, id: string): Promise<StoredRow | undefined>;
  findByKey(table: TableName, appId: string, key: string, value: string): Promise<StoredRow | undefined>;
  /** Those with one of these values of a unique key, or one of these prefixes; some thousands at most. */
  findAny(
    table: TableName,
    appId: string,
    by: { key: string } | 'prefix',
    values: readonly string[],
  ): Promise<StoredRow[]>;
  /** By a key that is unique in the whole table. */
  findEverywhere(table: TableName, key: string, value: string): Promise<StoredRow | undefined>;
  /**
   * Writes `row` (whose `revision` is the new one) only if the stored revision is `row.revision - 1`. Rejects
   * with `DuplicateKeyError`. With `isNoted` it is only noted.
   */
  replace(table: TableName, row: Row, isNoted?: boolean): Promise<boolean>;
  /**
   * Puts another document into a row that still has that revision, and moves it; what the row is found by
   * stays. With `touchedAt` it is touched, with `seen` seen in the same write; with `isNoted` it is noted.
   */
  rewrite(
    table: TableName,
    row: Pick<StoredRow, 'appId' | 'id' | 'revision'> & { touchedAt?: number; seen?: Sight | undefined },
    doc: Record<string, unknown>,
    isNoted?: boolean,
  ): Promise<boolean>;
  /**
   * Renews what a row that still has that revision is listed by, and nothing else; answers whether that was
   * another before.
   */
  relist(
    table: TableName,
    row: Pick<Row, 'appId' | 'id' | 'revision' | 'createdAt' | 'prefixes' | 'dueAt'>,
  ): Promise<boolean>;
  /** Sets `touchedAt`, and with `seen` the day; only at that revision when one is given. Noted. */
  touch(table: TableName, row: RowPlace & { seen?: Sight | undefined }, at: number): Promise<boolean>;
  /**
   * Moves `seenDay` of each row that was not seen that day or later; the revision stays. Answers those that
   * moved, with what stood there before, and rejects only when none did. A few hundred at most.
   * Noted.
   */
  see(table: TableName, visits: readonly SeenRow[]): Promise<(SeenRow & { before: number | undefined })[]>;
  /** Only at that revision when one is given. */
  remove(table: TableName, appId: string, id: string, revision?: number): Promise<boolean>;
  list(table: TableName, filter: Filter, options: ListOptions): Promise<StoredRow[]>;
  /**
   * The next rows of a list that is read along an index: what comes and goes before `after` moves nothing.
   * With a prefix only by `createdAt`.
   */
  walk(table: TableName, filter: Filter, options: WalkOptions): Promise<WalkedRow[]>;
  /** With `most` it stops counting there. */
  count(table: TableName, filter: Filter, most?: number): Promise<number>;
  /**
   * Removes at most `limit` matching rows (default: all, in batches that do not block others for long);
   * answers how many.
   */
  removeWhere(table: TableName, filter: Filter, limit?: number): Promise<number>;
  /**
   * Takes due rows of a queue: moves `dueAt` of each to `leaseUntil` in one conditional write, so no row is
   * taken twice. Noted: with the power the lease may go, as it would a while later.
   */
  takeDue(table: TableName, input: DueInput): Promise<StoredRow[]>;
  /** Sets `dueAt` alone; `undefined` takes the row out of the queue. */
  setDue(table: TableName, appId: string, id: string, dueAt: number | undefined): Promise<void>;
  /**
   * A row with everything it is found by, whatever its document looks like; for a backup of rows that do not
   * open.
   */
  findWhole(table: TableName, appId: string, id: string): Promise<Row | undefined>;
}

/** Figures of all apps; see `FigureStore`. */
export interface FigureOperations {
  /** One upsert for each. Noted. */
  figuresAdd(figures: readonly Figure[]): Promise<void>;
  figureSums(
    appId: string,
    query: FigureQuery,
  ): Promise<Pick<Figure, 'day' | 'first' | 'second' | 'count'>[]>;
  figuresCounted(appId: string, metric: Metric, second: string | undefined): Promise<boolean>;
  figuresFirstDay(appId: string): Promise<number | undefined>;
  /** Of days before one, or of one app; at most `limit`. */
  figuresRemove(which: { before: number } | { appId: string }, limit: number): Promise<number>;
  /** An app's figures in the order of their keys, those after one. */
  figurePage(appId: string, after: Figure | undefined, limit: number): Promise<Figure[]>;
}

/** Named texts of the host itself; see `MetaStore`. */
export interface MetaOperations {
  metaGet(name: string): Promise<string | undefined>;
  metaCompareAndSet(name: string, expected: string | undefined, value: string): Promise<boolean>;
}

/**
 * Every method is atomic on its own, durable when it resolves, and rejects with
 * `HostError('service_unavailable')` when the database cannot be reached in time. What is only *noted*
 * outlives the process, and may be gone when the machine loses its power within a second, with whatever was
 * noted after it; never when something durable came after (operations: what a power cut takes).
 */
export interface Engine extends TableOperations, CounterOperations, FigureOperations, MetaOperations {
  readonly kind: 'sqlite' | 'mongodb';
  ping(): Promise<void>;
  close(): Promise<void>;
}
