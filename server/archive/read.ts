import { type Readable, Transform } from 'node:stream';
import { promisify } from 'node:util';
import { type Info, parse } from 'csv-parse';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ArchiveError, type ArchiveLimits, type OpenArchive, type TableRow } from '../ports/archive.ts';

const MAX_ENTRIES = 16;
const MAX_RECORD_BYTES = 1024 * 1024;
const ENCRYPTED = 1;

/** See `Archives.open`. */
export async function openArchive(path: string, limits: ArchiveLimits): Promise<OpenArchive> {
  const open = promisify<string, yauzl.Options, ZipFile>(yauzl.open);
  let zip: ZipFile;
  try {
    zip = await open(path, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    });
  } catch {
    throw new ArchiveError('the file is no ZIP');
  }
  try {
    return new Archive(zip, await readEntries(zip, limits), limits);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readEntries(zip: ZipFile, { names }: ArchiveLimits): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES)
    throw new ArchiveError(`the ZIP holds ${zip.entryCount} files instead of ${names.length}`);
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('error', () =>
      reject(new ArchiveError('the ZIP is damaged, or holds a file name that leads elsewhere')),
    );
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      const { fileName } = entry;
      if (!names.includes(fileName))
        return reject(
          new ArchiveError(`the ZIP holds an unexpected file: ${JSON.stringify(fileName.slice(0, 100))}`),
        );
      if (entries.has(fileName)) return reject(new ArchiveError(`the ZIP holds ${fileName} twice`));
      if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0)
        return reject(new ArchiveError(`${fileName} is encrypted`));
      entries.set(fileName, entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
  const missing = names.filter((name) => !entries.has(name));
  if (missing.length > 0) throw new ArchiveError(`the ZIP lacks ${missing.join(', ')}`);
  return entries;
}

class Archive implements OpenArchive {
  readonly #zip: ZipFile;
  readonly #entries: Map<string, Entry>;
  readonly #limits: ArchiveLimits;

  constructor(zip: ZipFile, entries: Map<string, Entry>, limits: ArchiveLimits) {
    this.#zip = zip;
    this.#entries = entries;
    this.#limits = limits;
  }

  async header(name: string): Promise<readonly string[]> {
    for await (const { cells } of this.#read(name)) return cells;
    throw new ArchiveError(`${name} has no header line`);
  }

  async *rows(name: string): AsyncIterable<TableRow> {
    let isHeader = true;
    for await (const row of this.#read(name)) {
      if (!isHeader) yield row;
      isHeader = false;
    }
  }

  close(): void {
    this.#zip.close();
  }

  async *#read(name: string): AsyncIterable<TableRow> {
    const entry = this.#entries.get(name);
    if (!entry) throw new ArchiveError(`the ZIP lacks ${name}`);
    const source = await this.#inflate(entry);
    const csv = parse({
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_BYTES,
    });
    const text = strictText(this.#limits.maxInflatedBytes);
    // An error anywhere ends the parser, which is what is read.
    source.on('error', (error) => csv.destroy(error));
    text.on('error', (error) => csv.destroy(error));
    source.pipe(text).pipe(csv);
    let line = 1;
    try {
      for await (const { record, info } of csv as AsyncIterable<{ record: string[]; info: Info }>) {
        yield { line, cells: record };
        line = info.lines + 1;
      }
    } catch (error) {
      throw error instanceof ArchiveError
        ? error
        : new ArchiveError(`${name}, from line ${line}: ${reasonOf(error)}`);
    } finally {
      source.destroy();
    }
  }

  async #inflate(entry: Entry): Promise<Readable> {
    try {
      return await promisify<Entry, Readable>(this.#zip.openReadStream.bind(this.#zip))(entry);
    } catch {
      throw new ArchiveError(`${entry.fileName} is packed in a way that cannot be read`);
    }
  }
}

/** UTF-8 or nothing, and no more of it than allowed: what a ZIP says of its own size is not believed. */
function strictText(maxBytes: number): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let bytes = 0;
  const decode = (chunk: Buffer | undefined) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new ArchiveError('a file is not UTF-8');
    }
  };
  return new Transform({
    decodeStrings: true,
    encoding: 'utf8',
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        return done(new ArchiveError(`a file inflates to more than ${Math.round(maxBytes / 1e6)} MB`));
      try {
        done(null, decode(chunk));
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        done(null, decode(undefined));
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** csv-parse quotes cells in its messages; only its kind of error is passed on. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'CSV_MAX_RECORD_SIZE') return 'a row is longer than 1 MB';
  if (typeof code === 'string' && code.startsWith('CSV_')) return 'quotes or line feeds are out of place';
  return 'the file is damaged';
}
