import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { type Cells, cellOf, dateCell } from './cells.ts';

/** A column: how an export writes it, and beside it what of the record an import makes of its cell. */
export interface Column<T, Row> {
  name: string;
  /** Stays empty with `withSecrets=false`. */
  secret?: boolean;
  write: (record: T) => string;
  /** Throws `CellError`. */
  read: (row: Row) => Partial<T>;
}

export type RecordDeps = Pick<
  Deps,
  'config' | 'codes' | 'keyPairs' | 'hostTokens' | 'passwords' | 'totp' | 'clock'
>;
/** A row that becomes the record `id` of an app. */
export interface RecordRow {
  deps: RecordDeps;
  cells: Cells;
  app: App;
  id: string;
  now: number;
}

/** Columns of a table, which keep what each of them reads. */
export function columnsOf<T, Row>() {
  return <const C extends readonly Column<T, Row>[]>(columns: C): C => columns;
}

type ReadOf<C extends readonly unknown[]> = (
  C[number] extends infer E
    ? E extends { read: (row: never) => infer R }
      ? (part: R) => void
      : never
    : never
) extends (part: infer All) => void
  ? All
  : never;

/**
 * What the cells of a row say of its record; of several that cannot be used the first is named. Throws
 * `CellError`.
 */
export function readColumns<Row, const C extends readonly { read: (row: Row) => object }[]>(
  columns: C,
  row: Row,
): ReadOf<C> {
  return Object.assign({}, ...columns.map(({ read }) => read(row))) as ReadOf<C>;
}

/** A column that is one field of the record. */
export function kept<F extends string, V, Row = RecordRow>(name: string, field: F, read: (row: Row) => V) {
  return {
    name,
    write: (record: { [K in F]?: unknown }) => cellOf(record[field]),
    read: (row: Row) => ({ [field]: read(row) }) as { [K in F]: V },
  };
}

/** Of columns from which nothing is read. */
export const notRead = () => ({});
/** Of columns that the old host has and we leave empty. */
export const never = () => '';

/** When the record was made and changed; now, where the file does not say. */
export const DATES = {
  createdAt: {
    name: 'createdAt',
    write: ({ createdAt }: { createdAt: number }) => dateCell(createdAt),
    read: ({ cells, now }: RecordRow) => ({ createdAt: cells.date('createdAt') ?? now }),
  },
  updatedAt: {
    name: 'updatedAt',
    write: ({ updatedAt }: { updatedAt: number }) => dateCell(updatedAt),
    read: (row: RecordRow) => ({ updatedAt: updatedAtOf(row) }),
  },
};

export function updatedAtOf({ cells, now }: Pick<RecordRow, 'cells' | 'now'>): number {
  return cells.date('updatedAt') ?? now;
}
