/** One entry of a file that another system wrote. */
export interface ForeignRow {
  /** From 1: the line where it begins, or its place among the records of a JSON document. */
  line: number;
  /** How long its text is. */
  letters: number;
  fields?: Readonly<Record<string, unknown>>;
  /** Of an archive: the file it stands in. Lines of the second one count on behind those of the first. */
  table?: string;
  /** Of an archive whose cells were written for a spreadsheet. */
  isForSpreadsheet?: boolean;
  /** Why there are no fields. */
  problem?: 'broken_row' | 'too_large';
}

/** How to look at a file. */
export interface ForeignShape {
  /** The member of a JSON document that holds the records. */
  list: string;
  /** Of a CSV file without a header line. */
  columns?: readonly string[];
  /** It is a database file of SQLite. */
  sqlite?: boolean;
  /** It is a ZIP of these CSV files, of which some are read; a cell of another says how they were written. */
  archive?: {
    names: readonly string[];
    tables: readonly string[];
    spreadsheet: { table: string; column: string };
  };
}

/** Rows that were refused, as they stand in the report. */
export interface RefusedRow {
  line: number;
  reason: string;
  id?: string;
}

/** Which keys a file has, and what a second file says of them; on disk, so that memory stays flat. */
export interface ForeignIndex {
  /** The line a key was first seen on, this one included. Keys are kept hashed. */
  first(key: string, line: number): number;
  /** Adds what a second file says of a key. */
  join(key: string, value: Readonly<Record<string, unknown>>): void;
  joined(key: string): Readonly<Record<string, unknown>>[];
  /** What was added is kept from here on, also when the process is killed. */
  commit(): void;
  close(): void;
}

export type ForeignPart = 'file' | 'second';

/** Why a file as a whole cannot be taken. */
export type FileProblem =
  | 'not_utf8'
  | 'broken_file'
  | 'broken_gzip'
  | 'too_large'
  | 'file_gone'
  | 'wrong_kind'
  | 'too_slow';

export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
  readonly problem: FileProblem;
  /** The last line that could be read. */
  readonly line: number;
  constructor(problem: FileProblem, line = 0) {
    super(problem);
    this.problem = problem;
    this.line = line;
  }
}

/** The files of imports, a private folder for each. */
export interface ForeignFiles {
  /** Names the data folder that holds them. */
  folder(): string;
  /** Takes received files over; they lie where the frame put them. */
  keep(name: string, received: Partial<Record<ForeignPart, string>>): Promise<void>;
  /**
   * What a file holds, streamed: JSON lines, a JSON document, CSV or SQLite, packed with gzip or not. Throws
   * `ForeignFileError`.
   */
  rows(name: string, part: ForeignPart, shape: ForeignShape): AsyncGenerator<ForeignRow>;
  /** Empty unless `again`. */
  index(name: string, options: { again: boolean }): ForeignIndex;
  /** Whether an index that was begun is still there. */
  hasIndex(name: string): boolean;
  /** Writes refused rows behind the first `bytes` bytes; answers how many there are then. */
  refuse(name: string, rows: readonly RefusedRow[], bytes: number): Promise<number>;
  /** The CSV of refused rows; undefined where this machine has none. */
  refused(name: string): Promise<NodeJS.ReadableStream | undefined>;
  /** The same of rows that are kept elsewhere. */
  refusedCsv(rows: readonly RefusedRow[]): NodeJS.ReadableStream;
  /** Whether the disk has room for what an import keeps beside its files. */
  hasRoom(): Promise<boolean>;
  /** Removes everything but the refused rows. */
  release(name: string): Promise<void>;
  /** Looks at the files of all imports: those of one that `ended` are released, of a `lost` one all go. */
  sweep(stateOf: (name: string) => Promise<'needed' | 'ended' | 'lost'>): Promise<void>;
}
