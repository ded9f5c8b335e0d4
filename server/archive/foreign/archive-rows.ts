import { ArchiveError, type ArchiveProblem, type OpenArchive } from '../../ports/archive.ts';
import {
  type FileProblem,
  ForeignFileError,
  type ForeignRow,
  type ForeignShape,
} from '../../ports/foreign-files.ts';
import { openArchive } from '../read.ts';

type Shape = NonNullable<ForeignShape['archive']>;

const PROBLEMS = {
  damaged: 'broken_file',
  other_files: 'wrong_kind',
  too_large: 'too_large',
  no_text: 'not_utf8',
} as const satisfies Record<ArchiveProblem, FileProblem>;

/** The rows of some tables of an export, one table after the other. Throws `ForeignFileError`. */
export async function* archiveRows(
  path: string,
  { names, tables, spreadsheet }: Shape,
  { maxBytes, gone }: { maxBytes: number; gone?: AbortSignal },
): AsyncGenerator<ForeignRow> {
  let archive: OpenArchive | undefined;
  let line = 0;
  const leave = () => archive?.close();
  gone?.addEventListener('abort', leave);
  try {
    const limits = { names, maxInflatedBytes: maxBytes, maxRows: Number.MAX_SAFE_INTEGER };
    archive = await openArchive(path, limits);
    const isForSpreadsheet = await isWrittenFor(archive, spreadsheet);
    for (const table of tables) {
      const header = await archive.header(table);
      const before = line;
      for await (const row of archive.rows(table)) {
        if (gone?.aborted) throw new ForeignFileError('file_gone', line);
        line = before + row.line;
        const letters = row.cells.reduce((sum, { length }) => sum + length, 0);
        if (row.cells.length > header.length) yield { line, letters, table, problem: 'broken_row' };
        else {
          const fields = Object.fromEntries(header.map((name, at) => [name, row.cells[at] ?? '']));
          yield { line, letters, table, fields, isForSpreadsheet };
        }
      }
    }
  } catch (error) {
    if (gone?.aborted) throw new ForeignFileError('file_gone', line);
    throw error instanceof ArchiveError ? new ForeignFileError(PROBLEMS[error.problem], line) : error;
  } finally {
    gone?.removeEventListener('abort', leave);
    archive?.close();
  }
}

/** What the first row of a table says. */
async function isWrittenFor(archive: OpenArchive, { table, column }: Shape['spreadsheet']): Promise<boolean> {
  const at = (await archive.header(table)).indexOf(column);
  for await (const { cells } of archive.rows(table)) return cells[at] === 'true';
  return false;
}
