import { ForeignFileError, type ForeignRow, type ForeignShape } from '../../ports/foreign-files.ts';
import { csvRows } from './csv-rows.ts';
import { jsonDocument, jsonLines, RECORD_MAX } from './json-rows.ts';
import { sqliteRows } from './sqlite-rows.ts';
import { beginning, textOf } from './text.ts';

const SQLITE = 'SQLite format 3\0';
const ZIP = 'PK\u0003\u0004';

/**
 * See `ForeignFiles.rows`; `gone` ends it, and lets go of the file. What a file is, it says itself, in its
 * first line.
 */
export async function* foreignRows(
  path: string,
  shape: ForeignShape,
  limits: { maxBytes: number; gone?: AbortSignal },
): AsyncGenerator<ForeignRow> {
  const begins = (await beginning(path, SQLITE.length)).toString('latin1');
  const [isSqlite, isZip] = [begins === SQLITE, begins.startsWith(ZIP)];
  if (isSqlite !== (shape.sqlite ?? false) || isZip !== (shape.archive !== undefined)) {
    throw new ForeignFileError('wrong_kind');
  }
  if (shape.archive) {
    const { archiveRows } = await import('./archive-rows.ts');
    yield* archiveRows(path, shape.archive, limits);
  } else if (isSqlite) yield* sqliteRows(path, limits.gone);
  else {
    const text = textOf(path, limits);
    const { first, whole } = await peeked(text);
    try {
      switch (kindOf(first, shape)) {
        case 'lines':
          yield* jsonLines(whole);
          break;
        case 'document':
          yield* jsonDocument(whole, shape.list);
          break;
        case 'csv':
          yield* csvRows(whole, shape.columns);
      }
    } finally {
      await text.return(undefined);
    }
  }
}

/** The first line, or as much of it as a record may have, and the whole text once more. */
async function peeked(
  text: AsyncGenerator<string>,
): Promise<{ first: string; whole: AsyncIterable<string> }> {
  let first = '';
  while (first.length < RECORD_MAX && !first.trimStart().includes('\n')) {
    const { value, done } = await text.next();
    if (done) break;
    first += value;
  }
  async function* whole() {
    yield first;
    yield* text;
  }
  const [line = ''] = first.trimStart().split('\n', 1);
  return { first: line, whole: whole() };
}

function kindOf(first: string, { list }: ForeignShape): 'lines' | 'document' | 'csv' {
  if (first === '') throw new ForeignFileError('wrong_kind');
  if (first.startsWith('[')) return 'document';
  if (!first.startsWith('{')) return 'csv';
  // A document on one line is an object too, but has the list.
  if (!first.trimEnd().endsWith('}')) return 'document';
  try {
    const fields: unknown = JSON.parse(first);
    const isDocument = typeof fields === 'object' && fields !== null && Object.hasOwn(fields, list);
    return isDocument ? 'document' : 'lines';
  } catch {
    return 'lines';
  }
}
