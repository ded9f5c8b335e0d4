/**
 * A file to be written into a ZIP: a table with a header line, or a text. Rows are pulled only as fast as the
 * reader takes them.
 */
export type ArchiveFile =
  | {
      name: string;
      header: readonly string[];
      rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>;
    }
  | { name: string; text: string };

/**
 * Limits of a received ZIP: nothing is unpacked to disk, and nothing is believed that the file says of its
 * own size.
 */
export interface ArchiveLimits {
  /** Names at the root that must be there. */
  names: readonly string[];
  /** Names that may be there; no other is allowed. */
  others?: readonly string[];
  /** Of all files together, after inflating. */
  maxInflatedBytes: number;
  /** Of one table, without its header: what is remembered of a table grows with them. */
  maxRows: number;
}

/** One line of a table: cells by position, and the line in the file where the row begins. */
export interface TableRow {
  line: number;
  cells: readonly string[];
}

export interface OpenArchive {
  /** Header cells of a table. Throws `ArchiveError`. */
  header(name: string): Promise<readonly string[]>;
  /**
   * Rows after the header, streamed; may be read more than once. Throws `ArchiveError` for broken UTF-8,
   * broken quoting or too much text, and behind the last row for a damaged file: only rows that were read to
   * the end are whole.
   */
  rows(name: string): AsyncIterable<TableRow>;
  close(): void;
}

/** What kind of thing is wrong with a received file. */
export type ArchiveProblem = 'damaged' | 'other_files' | 'too_large' | 'no_text';

/** What is wrong with a received file; the message is meant for the portal. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly problem: ArchiveProblem;
  constructor(message: string, problem: ArchiveProblem = 'damaged') {
    super(message);
    this.problem = problem;
  }
}

/**
 * ZIP files of CSV tables (contract §4.5). Cells are written and read exactly as they are; what a spreadsheet
 * saved is read too: with a byte order mark, CR LF and semicolons.
 */
export interface Archives {
  /** A ZIP as it is made, file after file. When the reader goes away, the rows stop. */
  write(files: AsyncIterable<ArchiveFile> | Iterable<ArchiveFile>): Promise<NodeJS.ReadableStream>;
  /** Looks a ZIP through: names, encryption, number of entries. Throws `ArchiveError`. */
  open(path: string, limits: ArchiveLimits): Promise<OpenArchive>;
}
