import { ForeignFileError, type ForeignRow } from '../../ports/foreign-files.ts';

/** Of one record. */
export const RECORD_MAX = 1024 * 1024;
const DEPTH_MAX = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * JSON lines: a record a line. A line that is none is refused by itself; one that is too long is passed over.
 */
export async function* jsonLines(text: AsyncIterable<string>): AsyncGenerator<ForeignRow> {
  let line = 1;
  let kept = '';
  let isTooLong = false;
  for await (const chunk of text) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      if (isTooLong || kept.length + end - from > RECORD_MAX)
        yield { line, letters: 0, problem: 'too_large' };
      else yield* rowOf(line, kept + chunk.slice(from, end));
      [kept, isTooLong, from] = ['', false, end + 1];
      line++;
    }
    if (kept.length + chunk.length - from > RECORD_MAX) [kept, isTooLong] = ['', true];
    else kept += chunk.slice(from);
  }
  if (isTooLong) yield { line, letters: 0, problem: 'too_large' };
  else yield* rowOf(line, kept);
}

function* rowOf(line: number, text: string): Generator<ForeignRow> {
  if (text.trim() === '') return;
  yield parsed(line, text);
}

/** A record from its text; nothing in it is deeper than a reader can walk. */
function parsed(line: number, text: string): ForeignRow {
  const letters = text.length;
  if (depthOf(text) > DEPTH_MAX) return { line, letters, problem: 'broken_row' };
  try {
    const fields: unknown = JSON.parse(text);
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
    if (!isObject) return { line, letters, problem: 'broken_row' };
    return { line, letters, fields: fields as Record<string, unknown> };
  } catch {
    return { line, letters, problem: 'broken_row' };
  }
}

/** Counts brackets outside texts, up to one more than matters. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= DEPTH_MAX; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at++;
      while (at < text.length && text.charCodeAt(at) !== QUOTE)
        at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
    } else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

/**
 * The records of a JSON document: of the list it is, or of the list that its member `list` is. Nothing is
 * kept but the record at hand. Throws `ForeignFileError` for a document that is broken, or has no such list.
 */
export async function* jsonDocument(text: AsyncIterable<string>, list: string): AsyncGenerator<ForeignRow> {
  const scan = new DocumentScan(list);
  for await (const chunk of text) yield* scan.read(chunk);
  scan.end();
}

class DocumentScan {
  readonly #list: string;
  #depth = 0;
  /** At which depth records stand; 0 until the list was found. */
  #listDepth = 0;
  #isOver = false;
  #isOpen = false;
  #isInText = false;
  #isEscaped = false;
  /** The last text between records, which may be a member's name. */
  #name = '';
  #named = false;
  #line = 0;
  #record = '';
  #isTooLarge = false;
  /** What stands in the list now is no record: a text, a number, null. */
  #isBare = false;

  constructor(list: string) {
    this.#list = list;
  }

  *read(chunk: string): Generator<ForeignRow> {
    /** Where the record at hand begins in this chunk. */
    let from = this.#isInRecord ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (this.#isInText) {
        this.#readText(code, chunk[at] ?? '');
        continue;
      }
      switch (code) {
        case QUOTE:
          this.#isInText = true;
          this.#name = '';
          this.#isBare ||= this.#isBetweenRecords;
          break;
        case 0x7b: // {
        case 0x5b: // [
          if (this.#isOpen && this.#depth === 0) throw this.#broken();
          this.#isOpen = true;
          this.#depth++;
          if (this.#isInRecord && this.#depth === this.#listDepth + 1) {
            from = at;
            this.#line++;
          } else if (code === 0x5b && this.#isList()) this.#listDepth = this.#depth;
          this.#named = false;
          break;
        case 0x7d: // }
        case 0x5d: // ]
          yield* this.#bareRow();
          if (--this.#depth < 0) throw this.#broken();
          if (this.#listDepth > 0 && this.#depth === this.#listDepth) {
            yield this.#row(chunk.slice(from, at + 1));
            from = -1;
          } else if (this.#listDepth > 0 && this.#depth < this.#listDepth) {
            this.#listDepth = 0;
            this.#isOver = true;
          }
          this.#named = false;
          break;
        case 0x3a: // :
          this.#named = this.#depth === 1 && this.#name === this.#list;
          break;
        case 0x2c: // ,
          yield* this.#bareRow();
          this.#named = false;
          break;
        default:
          if (code > 0x20) this.#isBare ||= this.#isBetweenRecords;
      }
    }
    if (from >= 0) this.#keep(chunk.slice(from));
  }

  end(): void {
    if (this.#depth !== 0 || this.#isInText) throw this.#broken();
    if (!this.#isOver) throw new ForeignFileError('wrong_kind', this.#line);
  }

  get #isInRecord(): boolean {
    return this.#listDepth > 0 && this.#depth > this.#listDepth;
  }

  get #isBetweenRecords(): boolean {
    return this.#listDepth > 0 && this.#depth === this.#listDepth;
  }

  *#bareRow(): Generator<ForeignRow> {
    if (!this.#isBare) return;
    this.#isBare = false;
    yield { line: ++this.#line, letters: 0, problem: 'broken_row' };
  }

  #isList(): boolean {
    return (
      !this.#isOver && this.#listDepth === 0 && (this.#depth === 1 || (this.#depth === 2 && this.#named))
    );
  }

  #readText(code: number, letter: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === BACKSLASH) this.#isEscaped = true;
    else if (code === QUOTE) this.#isInText = false;
    else if (this.#depth === 1 && this.#name.length <= this.#list.length) this.#name += letter;
  }

  #keep(text: string): void {
    if (this.#record.length + text.length > RECORD_MAX) [this.#record, this.#isTooLarge] = ['', true];
    else if (!this.#isTooLarge) this.#record += text;
  }

  #row(text: string): ForeignRow {
    this.#keep(text);
    const [record, isTooLarge] = [this.#record, this.#isTooLarge];
    [this.#record, this.#isTooLarge] = ['', false];
    return isTooLarge ? { line: this.#line, letters: 0, problem: 'too_large' } : parsed(this.#line, record);
  }

  #broken(): ForeignFileError {
    return new ForeignFileError('broken_file', this.#line);
  }
}
