import { BoundedMap } from '../../tools/bounded-map.ts';
import { brokenDoc, type StoredRow } from '../engine.ts';
import type { TableName } from '../tables.ts';
import type { Columns, Statements } from './statements.ts';

/** Rows of a table that are remembered. */
const CAPACITY = 5_000;
/** So long `findLately` goes by what SQLite said last of foreign commits. */
const LATELY_MS = 100;

/** A row as it was read; its document is parsed only when it is asked for. */
export class ReadRow implements StoredRow {
  readonly id: string;
  readonly appId: string;
  readonly revision: number;
  readonly createdAt: number;
  readonly dueAt: number | undefined;
  readonly touchedAt: number | undefined;
  readonly seenDay: number | undefined;
  readonly #text: string;
  constructor(columns: Columns) {
    this.id = columns.id as string;
    this.appId = columns.appId as string;
    this.revision = columns.revision as number;
    this.createdAt = columns.createdAt as number;
    this.dueAt = (columns.dueAt as number | null) ?? undefined;
    this.touchedAt = (columns.touchedAt as number | null) ?? undefined;
    this.seenDay = (columns.seenDay as number | null | undefined) ?? undefined;
    this.#text = columns.doc as string;
  }

  get doc(): Record<string, unknown> {
    return parsedDoc(this.#text);
  }

  /** Whether nothing of the stored row changed since. */
  stillIs(columns: Columns): boolean {
    return (
      this.#text === columns.doc &&
      this.revision === columns.revision &&
      this.touchedAt === (columns.touchedAt ?? undefined) &&
      this.seenDay === (columns.seenDay ?? undefined) &&
      this.dueAt === (columns.dueAt ?? undefined) &&
      this.createdAt === columns.createdAt
    );
  }
}

interface Remembered {
  row: ReadRow;
  /** What the database said of foreign commits just before the row was read. */
  version: unknown;
}

/**
 * Rows as they were read last: token checks read the same users again and again. One is answered without
 * reading it again only while no other connection has committed anything since, which SQLite is asked
 * (`PRAGMA data_version`), and this one has not written it, which whoever writes has to say.
 */
export class RememberedRows {
  readonly #statements: Statements;
  readonly #tables = new Map<TableName, BoundedMap<Remembered>>();
  /** What SQLite said last, and when. */
  #asked: { version: unknown; at: number } = { version: undefined, at: 0 };
  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The row, read by `read` unless it is known to be what it was. */
  find(
    table: TableName,
    { appId, id }: { appId: string; id: string },
    read: () => Columns | undefined,
  ): StoredRow | undefined {
    const version = this.#version();
    const known = this.#table(table).get(place(appId, id));
    if (known && known.version === version) return known.row;
    return this.#remember(table, read(), version);
  }

  /** As `find`, but what another process changed is seen a tenth of a second later. */
  findLately(
    table: TableName,
    key: { appId: string; id: string },
    read: () => Columns | undefined,
  ): StoredRow | undefined {
    const { version, at } = this.#asked;
    const known = this.#table(table).get(place(key.appId, key.id));
    if (known && known.version === version && performance.now() - at < LATELY_MS) return known.row;
    return this.find(table, key, read);
  }

  /** As `find`, for a row whose id is not known before it is read. */
  read(table: TableName, read: () => Columns | undefined): StoredRow | undefined {
    const version = this.#version();
    return this.#remember(table, read(), version);
  }

  forget(table: TableName, { appId, id }: { appId: string; id: string }): void {
    this.#tables.get(table)?.delete(place(appId, id));
  }
  forgetAll(table: TableName): void {
    this.#tables.delete(table);
  }

  /** Answers the object of an earlier read where nothing of the row changed. */
  #remember(table: TableName, columns: Columns | undefined, version: unknown): StoredRow | undefined {
    if (!columns) return undefined;
    const rows = this.#table(table);
    const key = place(columns.appId as string, columns.id as string);
    const known = rows.get(key);
    if (known?.row.stillIs(columns)) {
      known.version = version;
      return known.row;
    }
    const row = new ReadRow(columns);
    rows.set(key, { row, version });
    return row;
  }

  #table(table: TableName): BoundedMap<Remembered> {
    let rows = this.#tables.get(table);
    if (!rows) {
      rows = new BoundedMap(CAPACITY);
      this.#tables.set(table, rows);
    }
    return rows;
  }

  #version(): unknown {
    const version = this.#statements.get('PRAGMA data_version', {})?.data_version;
    this.#asked = { version, at: performance.now() };
    return version;
  }
}

/** A text that a damaged disk changed must not stop whoever reads many rows. */
function parsedDoc(text: string): Record<string, unknown> {
  try {
    const doc: unknown = JSON.parse(text);
    if (typeof doc === 'object' && doc !== null && !Array.isArray(doc)) return doc as Record<string, unknown>;
  } catch {
    // Answered below.
  }
  return brokenDoc(text);
}

function place(appId: string, id: string): string {
  return `${appId}/${id}`;
}
