import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { ZipFile } from 'yazl';
import type { ArchiveFile } from '../ports/archive.ts';

/** See `Archives.write`. */
export function writeArchive(files: AsyncIterable<ArchiveFile> | Iterable<ArchiveFile>): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const ended = new AbortController();
  output.once('close', () => ended.abort());
  addAll(zip, files, ended.signal).then(
    () => zip.end(),
    (error: unknown) => output.destroy(error instanceof Error ? error : new Error('archive')),
  );
  return output;
}

/** One file after the other: the next one is asked for only when the one before is written. */
async function addAll(
  zip: ZipFile,
  files: AsyncIterable<ArchiveFile> | Iterable<ArchiveFile>,
  ended: AbortSignal,
): Promise<void> {
  for await (const file of files) {
    if (ended.aborted) return;
    const content = 'text' in file ? Readable.from([file.text]) : table(file, ended);
    const written = new Promise<void>((resolve, reject) => {
      content.once('end', resolve);
      content.once('error', reject);
      ended.addEventListener('abort', () => resolve(), { once: true });
    });
    zip.addReadStream(content, file.name, { mtime: EPOCH });
    await written;
  }
}

/** Exports of the same data are the same bytes. */
const EPOCH = new Date(Date.UTC(1980, 0, 1));

function table({ header, rows }: Extract<ArchiveFile, { header: unknown }>, ended: AbortSignal): Readable {
  async function* lines() {
    yield header;
    yield* rows;
  }
  const source = Readable.from(lines());
  const csv = stringify({ record_delimiter: '\n' });
  source.on('error', (error) => csv.destroy(error));
  ended.addEventListener('abort', () => source.destroy(), { once: true });
  return source.pipe(csv);
}
