import { ForeignFileError, type ForeignRow } from '../../ports/foreign-files.ts';
import { fromSpreadsheet } from '../../tools/spreadsheet.ts';
import { RECORD_MAX } from './json-rows.ts';

const COLUMNS_MAX = 256;

interface Line {
  line: number;
  cells: string[];
}

/**
 * CSV (RFC 4180) as records by the names of its header, or of `columns` where it has none. Semicolons are
 * taken where the first line has no comma. Empty cells are left out. Throws `ForeignFileError` where a quote
 * never ends.
 */
export async function* csvRows(
  text: AsyncIterable<string>,
  columns?: readonly string[],
): AsyncGenerator<ForeignRow> {
  let names = columns;
  for await (const { line, cells } of lines(text)) {
    if (names === undefined) {
      names = cells.map((cell) => cell.trim());
      if (names.length > COLUMNS_MAX) throw new ForeignFileError('broken_file', line);
      continue;
    }
    const isHeader = columns !== undefined && line === 1 && cells[0] === columns[0];
    if (isHeader || (cells.length === 1 && cells[0] === '')) continue;
    const known = names;
    const letters = cells.reduce((sum, { length }) => sum + length, 0);
    if (cells.length > COLUMNS_MAX || (columns === undefined && cells.length > known.length)) {
      yield { line, letters, problem: 'broken_row' };
      continue;
    }
    const fields = cells.flatMap((cell, at) => {
      const name = known[at];
      return cell === '' || name === undefined ? [] : [[name, cell] as const];
    });
    yield { line, letters, fields: Object.fromEntries(fields) };
  }
}

async function* lines(text: AsyncIterable<string>): AsyncGenerator<Line> {
  let delimiter: string | undefined;
  let line = 1;
  let begun = 1;
  let cells: string[] = [];
  let cell = '';
  let size = 0;
  let isQuoted = false;
  /** Behind a quote inside a quoted cell: doubled, or the end. */
  let isAfterQuote = false;
  for await (const chunk of text) {
    delimiter ??= delimiterOf(chunk);
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const letter = chunk[at];
      if (letter === '\n') line++;
      if (isQuoted) {
        if (letter !== '"') continue;
        cell += chunk.slice(from, at);
        [from, isQuoted, isAfterQuote] = [at + 1, false, true];
        continue;
      }
      if (isAfterQuote && letter === '"') [isQuoted, from] = [true, at];
      else if (letter === '"' && cell === '' && at === from) [isQuoted, from] = [true, at + 1];
      else if (letter === delimiter || letter === '\n') {
        // One too many says that the row is broken; what follows is passed over.
        if (cells.length <= COLUMNS_MAX) {
          cell += chunk.slice(from, at);
          cells.push(cleaned(letter === '\n' && cell.endsWith('\r') ? cell.slice(0, -1) : cell));
          size += cell.length + 1;
        }
        [cell, from] = ['', at + 1];
        if (letter === '\n') {
          yield { line: begun, cells };
          [cells, begun, size] = [[], line, 0];
        }
      }
      isAfterQuote = false;
    }
    cell += chunk.slice(from);
    if (size + cell.length > RECORD_MAX) throw new ForeignFileError('broken_file', begun);
  }
  if (isQuoted) throw new ForeignFileError('broken_file', begun);
  if (cell !== '' || cells.length > 0) yield { line: begun, cells: [...cells, cleaned(cell)] };
}

function cleaned(cell: string): string {
  return fromSpreadsheet(cell);
}

function delimiterOf(text: string): string {
  const [header = ''] = text.split('\n', 1);
  return !header.includes(',') && header.includes(';') ? ';' : ',';
}
