import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ZipFile as ZipWriter } from 'yazl';

export type Files = Record<string, string | Buffer>;
/** A table by column name; of a doubled column the last one shows. */
export type Rows = Record<string, string>[];

/** A ZIP with these files. */
export function zipOf(files: Files, { compress = true } = {}): Promise<Buffer<ArrayBuffer>> {
  const zip = new ZipWriter();
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.from(content), name, { compress });
  zip.end();
  return buffer(zip.outputStream) as Promise<Buffer<ArrayBuffer>>;
}

/** The files of a ZIP as texts. */
export async function unzipped(zip: Buffer): Promise<Record<string, string>> {
  const open = promisify<Buffer, yauzl.Options, ZipFile>(yauzl.fromBuffer);
  const file = await open(zip, { lazyEntries: true });
  const texts: Record<string, string> = {};
  await new Promise<void>((resolve, reject) => {
    file.on('error', reject).on('end', resolve);
    file.on('entry', (entry: Entry) => {
      file.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error);
        texts[entry.fileName] = (await buffer(stream)).toString('utf8');
        file.readEntry();
      });
    });
    file.readEntry();
  });
  return texts;
}

export function rowsOf(csv: string | undefined): Rows {
  return parse(csv ?? '', { columns: true }) as Rows;
}

/** The table as CSV, with the columns of the first row. */
export function csvOf(rows: Rows): string {
  return stringify(rows, { header: true });
}
