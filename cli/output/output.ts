import { once } from 'node:events';
import { csvLine } from '../../client/host/csv.ts';
import type { List, Paging } from '../../client/host/index.ts';
import type { Terminal } from '../../setup/terminal/terminal.ts';
import { cellText, plainLines, widthOf } from './plain.ts';
import { type Column, Table } from './table.ts';

export type Format = 'text' | 'json' | 'jsonl' | 'csv';

const PAGE = 100;

/** What a command found, on stdout, in the form that was asked for. */
export class Output {
  readonly format: Format;
  readonly stream: NodeJS.WriteStream;
  readonly #raw: boolean;
  /** For remarks: what is no result. */
  readonly #remarks: Terminal;
  constructor(options: { format: Format; raw: boolean; stream: NodeJS.WriteStream; remarks: Terminal }) {
    this.format = options.format;
    this.#raw = options.raw;
    this.stream = options.stream;
    this.#remarks = options.remarks;
  }

  /** A list by pages. Without `all` it ends after 100 rows and says how many there are. */
  async list<R extends object>({
    page,
    columns,
    all,
    after,
    empty,
  }: {
    page: (paging: Paging) => Promise<List<R>>;
    columns: readonly Column<R>[];
    all: boolean;
    after?: string | undefined;
    /** What to say of an empty list. */
    empty: string;
  }): Promise<void> {
    let first: List<R> | undefined;
    let writer: RowWriter<R> | undefined;
    let next = after;
    let count = 0;
    do {
      const found = await page({ after: next, limit: all ? PAGE : PAGE - count });
      first ??= found;
      if (found.rows.length > 0) writer ??= this.#writer(columns, found.rows);
      for (const row of found.rows) writer?.row(row);
      if (this.stream.writableNeedDrain) await once(this.stream, 'drain');
      count += found.rows.length;
      next = found.next;
    } while (next !== undefined && (all || count < PAGE));
    writer ??= this.#writer(columns, []);
    writer.end(next);
    if (count === 0) this.#remarks.line(empty);
    if (next !== undefined) {
      const total = first?.total;
      const about = first?.totalIsExact ? '' : 'about ';
      // A count may be a minute old.
      const of = total === undefined || total <= count ? '' : ` of ${about}${total.toLocaleString('en')}`;
      this.#remarks.line(`first ${count}${of}; --all`);
    }
  }

  /** Rows that are here already. */
  rows<R extends object>(rows: readonly R[], columns: readonly Column<R>[]): void {
    const writer = this.#writer(columns, rows);
    for (const row of rows) writer.row(row);
    writer.end(undefined);
  }

  /** Prints rows as they come, in batches; for what never ends. */
  follow<R extends object>(columns: readonly Column<R>[]): (rows: readonly R[]) => void {
    let writer: RowWriter<R> | undefined;
    return (rows) => {
      if (rows.length > 0) writer ??= this.#writer(columns, rows);
      for (const row of rows) writer?.row(row);
    };
  }

  /** One thing: a line for each of its values, or of those `shown`. */
  record(record: object, shown: Readonly<Record<string, unknown>> = { ...record }): void {
    if (this.format === 'text') {
      const entries = Object.entries(shown).filter(([, value]) => value !== undefined && value !== '');
      const width = Math.max(0, ...entries.map(([name]) => widthOf(name)));
      for (const [name, value] of entries) this.#line(`${name.padEnd(width)}  ${cellText(value)}`);
    } else if (this.format === 'csv') {
      this.#write(csvLine(Object.keys(shown), this.#raw));
      this.#write(csvLine(Object.values(shown), this.#raw));
    } else this.#json(record, this.format === 'json' ? 2 : undefined);
  }

  /** The outcome of a command that has one sentence for people, and one object for programs. */
  done(sentence: string, record: object): void {
    if (this.format === 'text') this.#line(plainLines(sentence));
    else this.record(record);
  }

  /** A text that is the result itself: a token, a template. Ends with a line feed. */
  text(text: string, record: object): void {
    if (this.format !== 'text') {
      this.record(record);
      return;
    }
    this.raw(text);
  }

  /** Text that is printed as it is whatever form was asked for; harmless on a terminal. */
  raw(text: string): void {
    const harmless = this.stream.isTTY ? plainLines(text) : text;
    this.#write(harmless.endsWith('\n') ? harmless : `${harmless}\n`);
  }

  #writer<R extends object>(columns: readonly Column<R>[], first: readonly R[]): RowWriter<R> {
    switch (this.format) {
      case 'json': {
        const rows: R[] = [];
        return {
          row: (row) => void rows.push(row),
          end: (next) => this.#json({ rows, ...(next !== undefined && { next }) }, 2),
        };
      }
      case 'jsonl':
        return { row: (row) => this.#json(row), end: () => {} };
      case 'csv':
        this.#write(
          csvLine(
            columns.map(({ title }) => title),
            this.#raw,
          ),
        );
        return {
          row: (row) =>
            this.#write(
              csvLine(
                columns.map(({ of }) => of(row)),
                this.#raw,
              ),
            ),
          end: () => {},
        };
      case 'text': {
        if (first.length === 0) return { row: () => {}, end: () => {} };
        const table = new Table(columns, first, this.stream.isTTY ? this.stream.columns : undefined);
        this.#line(table.head());
        return { row: (row) => this.#line(table.row(row)), end: () => {} };
      }
    }
  }

  #line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** C1 controls are legal in JSON; a terminal would obey them. */
  #json(value: unknown, indent?: number): void {
    const text = JSON.stringify(value, undefined, indent);
    const escaped = (character: string) => `\\u00${character.charCodeAt(0).toString(16)}`;
    this.#line(text.replaceAll(/[\u007f-\u009f]/g, escaped));
  }

  #write(text: string): void {
    this.stream.write(text);
  }
}

interface RowWriter<R> {
  row(row: R): void;
  end(next: string | undefined): void;
}
