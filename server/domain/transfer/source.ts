import { refused } from '../../model/errors.ts';
import type { OpenArchive, TableRow } from '../../ports/archive.ts';
import { CellError, Cells } from './cells.ts';
import { APP_TABLE, SPREADSHEET, type TransferTable } from './tables.ts';

/** The one column name that may stand twice. */
const DOUBLED = 'htmlTemplate';

/** A row before anything in it is looked at. */
interface SourceRow {
  line: number;
  /**
   * Its cells; undefined for a row without an `appId`, which is skipped (contract §4.5). Throws `CellError`.
   */
  open(): Cells | undefined;
}

/** The tables of an export file as an import reads them, by column name and as often as it needs. */
export class ImportSource {
  readonly #archive: OpenArchive;
  #spreadsheet = false;

  constructor(archive: OpenArchive) {
    this.#archive = archive;
  }

  /**
   * Makes something of the app's row, which says how all others are to be read: comes first. Only the first
   * row counts, but the file is read to its end: damage shows there. Throws `refused` for a file without a
   * row, and for a cell that cannot be used.
   */
  async appRow<T>(build: (cells: Cells) => Promise<T>): Promise<T> {
    const header = await this.#header(APP_TABLE);
    let first: TableRow | undefined;
    for await (const row of this.#archive.rows(APP_TABLE.file)) first ??= row;
    if (!first) throw refused(`${APP_TABLE.file} has no row`);
    const { line, cells } = first;
    try {
      this.#spreadsheet = new Cells(header, cells).boolean(SPREADSHEET, false);
      return await build(new Cells(header, cells, this.#spreadsheet));
    } catch (error) {
      throw refused(cellProblem(APP_TABLE.file, line, error));
    }
  }

  /** Throws `refused` for a header that cannot be used. */
  async *rows<T>(table: TransferTable<T>): AsyncGenerator<SourceRow> {
    const header = await this.#header(table);
    for await (const { line, cells } of this.#archive.rows(table.file)) {
      const open = () => {
        const named = new Cells(header, cells, this.#spreadsheet);
        return named.text('appId') === undefined ? undefined : named;
      };
      yield { line, open };
    }
  }

  async #header<T>(table: TransferTable<T>): Promise<readonly string[]> {
    const header = await this.#archive.header(table.file);
    const doubled = header.find((column, index) => column !== DOUBLED && header.indexOf(column) !== index);
    if (doubled !== undefined) throw refused(`${table.file} has the column ${doubled} twice`);
    const needed = table === APP_TABLE ? 'name' : 'appId';
    if (!header.includes(needed)) throw refused(`${table.file} has no column ${needed}`);
    return header;
  }
}

/** What is wrong with a row, by file and line. Throws what is no `CellError` on. */
export function cellProblem(file: string, line: number, error: unknown): string {
  if (error instanceof CellError) return `${file} line ${line}: ${error.message}`;
  throw error;
}
