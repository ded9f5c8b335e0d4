import { type Readable, Transform } from 'node:stream';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Options as CsvOptions, type Info, parse } from 'csv-parse';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import {
  ArchiveError,
  type ArchiveLimits,
  type ArchiveProblem,
  type OpenArchive,
  type TableRow,
} from '../ports/archive.ts';

const MAX_ENTRIES = 16;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_COLUMNS = 256;
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

async function readEntries(zip: ZipFile, { names, others = [] }: ArchiveLimits): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES)
    throw new ArchiveError(`the ZIP holds ${zip.entryCount} files instead of ${names.length}`, 'other_files');
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('error', () =>
      reject(new ArchiveError('the ZIP is damaged, or holds a file name that leads elsewhere')),
    );
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      const { fileName } = entry;
      if (!names.includes(fileName) && !others.includes(fileName))
        return reject(
          new ArchiveError(
            `the ZIP holds an unexpected file: ${JSON.stringify(fileName.slice(0, 100))}`,
            'other_files',
          ),
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
  if (missing.length > 0) throw new ArchiveError(`the ZIP lacks ${missing.join(', ')}`, 'other_files');
  return entries;
}

class Archive implements OpenArchive {
  readonly #zip: ZipFile;
  readonly #entries: Map<string, Entry>;
  readonly #maxBytes: number;
  readonly #maxRows: number;
  readonly #delimiters = new Map<string, string>();
  /** What each file inflated to so far, at most: they may be read more than once. */
  readonly #inflated = new Map<string, number>();
  /** What is being read: a file of empty lines alone would go on for long with nobody to stop it. */
  readonly #reading = new Set<Readable>();

  constructor(zip: ZipFile, entries: Map<string, Entry>, { maxInflatedBytes, maxRows }: ArchiveLimits) {
    this.#zip = zip;
    this.#entries = entries;
    this.#maxBytes = maxInflatedBytes;
    this.#maxRows = maxRows;
  }

  async header(name: string): Promise<readonly string[]> {
    const delimiter = await this.#delimiterOf(name);
    for await (const { cells } of this.#read(name, { delimiter })) {
      if (cells.length > MAX_COLUMNS)
        throw new ArchiveError(`${name} has ${cells.length} columns, more than ${MAX_COLUMNS}`);
      return cells;
    }
    throw new ArchiveError(`${name} has no header line`);
  }

  async *rows(name: string): AsyncIterable<TableRow> {
    const delimiter = await this.#delimiterOf(name);
    let rows = -1;
    for await (const row of this.#read(name, { delimiter })) {
      if (++rows > this.#maxRows) throw new ArchiveError(`${name} has more than ${this.#maxRows} rows`);
      if (rows > 0) yield row;
    }
  }

  close(): void {
    for (const stream of this.#reading) stream.destroy(new Error('closed'));
    this.#zip.close();
  }

  /**
   * A comma; or a semicolon, as European spreadsheets save it, where the whole header is one cell with one in
   * it.
   */
  async #delimiterOf(name: string): Promise<string> {
    let delimiter = this.#delimiters.get(name);
    if (delimiter !== undefined) return delimiter;
    delimiter = ',';
    for await (const { cells } of this.#read(name, { delimiter, relax_quotes: true })) {
      if (cells.length === 1 && cells[0]?.includes(';')) delimiter = ';';
      break;
    }
    this.#delimiters.set(name, delimiter);
    return delimiter;
  }

  async *#read(name: string, options: CsvOptions): AsyncIterable<TableRow> {
    const entry = this.#entries.get(name);
    if (!entry) throw new TypeError(`${name} is not in the archive`);
    const source = await this.#inflate(entry);
    const text = this.#onlyText(entry);
    const csv = parse({
      ...options,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_BYTES,
    });
    // An error anywhere ends the parser, which is what is read.
    source.on('error', (error) => csv.destroy(error));
    text.on('error', (error) => csv.destroy(error));
    source.pipe(text).pipe(csv);
    this.#reading.add(csv);
    let lastLine = 0;
    // csv-parse counts a CR LF inside quotes as two lines.
    let doubled = 0;
    try {
      for await (const { record, info } of csv as AsyncIterable<{ record: string[]; info: Info }>) {
        const breaks = record.join(' ').match(/\r\n?|\n/g) ?? [];
        doubled += breaks.filter((text) => text.length === 2).length;
        lastLine = info.lines - doubled;
        yield { line: lastLine - breaks.length, cells: record };
      }
    } catch (error) {
      throw new ArchiveError(`${name}, after line ${lastLine}: ${reasonOf(error)}`, problemOf(error));
    } finally {
      this.#reading.delete(csv);
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

  /**
   * Lets UTF-8 pass, and no more of it than allowed: what a ZIP says of its own size is not believed. Fails
   * at the end when the text is another than the one the check sum was made of (PKWARE APPNOTE 4.4.7).
   */
  #onlyText({ fileName, crc32: expected }: Entry): Transform {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let bytes = 0;
    let sum = 0;
    const pass = (chunk?: Buffer) => {
      if (chunk === undefined && sum !== expected) return new DamagedError();
      bytes += chunk?.length ?? 0;
      sum = chunk === undefined ? sum : crc32(chunk, sum);
      if (this.#countedWith(fileName, bytes) > this.#maxBytes) return new TooLargeError();
      try {
        decoder.decode(chunk, { stream: chunk !== undefined });
      } catch {
        return new NoTextError();
      }
    };
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(pass(chunk), chunk),
      flush: (done) => done(pass()),
    });
  }

  /** Of all files together. */
  #countedWith(name: string, bytes: number): number {
    this.#inflated.set(name, Math.max(bytes, this.#inflated.get(name) ?? 0));
    return [...this.#inflated.values()].reduce((sum, size) => sum + size, 0);
  }
}

class TooLargeError extends Error {}
class NoTextError extends Error {}
class DamagedError extends Error {}

function problemOf(error: unknown): ArchiveProblem {
  if (error instanceof TooLargeError) return 'too_large';
  return error instanceof NoTextError ? 'no_text' : 'damaged';
}

/** csv-parse quotes cells in its messages; only its kind of error is passed on. */
function reasonOf(error: unknown): string {
  if (error instanceof TooLargeError) return 'the files inflate to more than is allowed';
  if (error instanceof NoTextError) return 'the text is not UTF-8; spreadsheets save it as "CSV UTF-8"';
  const code = (error as { code?: unknown }).code;
  if (code === 'CSV_MAX_RECORD_SIZE') return 'a row is longer than 1 MB';
  if (typeof code === 'string' && code.startsWith('CSV_')) return 'quotes or line feeds are out of place';
  return 'the file is damaged';
}
