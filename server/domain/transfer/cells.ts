import { HostError } from '../../model/errors.ts';
import { isMailAddress, isPlainLine, WHOLE_NUMBER_MAX } from '../../model/portal-limits.ts';
import { parseDateText } from '../../tools/date-text.ts';
import { fromSpreadsheet } from '../../tools/spreadsheet.ts';

/** Why a cell cannot be used; the import reports it with file and line. */
export class CellError extends Error {
  override readonly name = 'CellError';
}

/** Characters of a list or of other JSON. */
export const LIST_MAX = 64 * 1024;

/** What the old host wrote where it should have written JSON: the value is lost. */
const LOST = '[object Object]';

/**
 * How values are written into cells (contract §4.5): an absent value is an empty cell, dates are ISO, objects
 * and lists are JSON.
 */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}
/** A time as a cell; nothing for none. */
export function dateCell(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString();
}

/**
 * The cells of one row by column name. Texts the old host wrote are understood; anything else throws
 * `CellError`.
 */
export class Cells {
  readonly #byName: ReadonlyMap<string, string>;

  constructor(header: readonly string[], cells: readonly string[], isForSpreadsheet = false) {
    if (cells.length > header.length)
      throw new CellError(`has ${cells.length} cells under ${header.length} column names`);
    const byName = new Map<string, string>();
    for (const [index, name] of header.entries()) {
      // `htmlTemplate` stands twice: the first that is filled counts.
      const cell = cells[index] ?? '';
      if (!byName.get(name)) byName.set(name, isForSpreadsheet ? fromSpreadsheet(cell) : cell);
    }
    this.#byName = byName;
  }

  /** `undefined` for an empty cell and for a column that is not there. */
  text(name: string, maxLength = 1024): string | undefined {
    const value = this.#byName.get(name) ?? '';
    if (value === '' || value === LOST) return undefined;
    if (value.length > maxLength) throw new CellError(`${name} is longer than ${maxLength} characters`);
    return value;
  }
  required(name: string, maxLength?: number): string {
    const value = this.text(name, maxLength);
    if (value === undefined) throw new CellError(`${name} is empty`);
    return value;
  }
  /** One line without control characters. */
  line(name: string, maxLength: number): string | undefined {
    const value = this.text(name, maxLength);
    if (value !== undefined && !isPlainLine(value)) throw new CellError(`${name} holds a control character`);
    return value;
  }
  mailAddress(name: string): string | undefined {
    const value = this.text(name);
    if (value !== undefined && !isMailAddress(value)) throw new CellError(`${name} is no address`);
    return value;
  }
  /** In any case: spreadsheets save `TRUE`. Other words are a guess about a flag, and refused. */
  boolean(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.trim().toLowerCase();
    if (value === undefined) return fallback;
    if (value !== 'true' && value !== 'false') throw new CellError(`${name} is neither true nor false`);
    return value === 'true';
  }
  /** A whole number from 0 on. */
  integer(name: string, fallback: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,12}$/.test(value)) throw new CellError(`${name} is no whole number`);
    if (Number(value) > WHOLE_NUMBER_MAX) throw new CellError(`${name} is larger than ${WHOLE_NUMBER_MAX}`);
    return Number(value);
  }
  /** Digits, perhaps with a fraction, behind a comma where a European spreadsheet saved it. */
  number(name: string, fallback: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,9}([.,]\d{1,6})?$/.test(value)) throw new CellError(`${name} is no number`);
    return Number(value.replace(',', '.'));
  }
  choice<const T extends string>(name: string, values: readonly T[], fallback: T): T {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const found = values.find((known) => known === value);
    if (found === undefined) throw new CellError(`${name} is none of ${values.filter(Boolean).join(', ')}`);
    return found;
  }
  /** See `parseDateText`. */
  date(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const at = parseDateText(value);
    if (at === undefined) throw new CellError(`${name} is no date`);
    return at;
  }
  json(name: string, maxLength = LIST_MAX): unknown {
    const value = this.text(name, maxLength);
    if (value === undefined) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw new CellError(`${name} is no JSON`);
    }
  }
  object(name: string): Record<string, unknown> | undefined {
    const value = this.json(name);
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw new CellError(`${name} is no JSON object`);
    }
    return value as Record<string, unknown> | undefined;
  }
  /** A JSON list, or the comma text the old host wrote. Damage of the old host inside counts as absent. */
  texts(name: string): string[] {
    const value = this.text(name, LIST_MAX);
    if (value === undefined) return [];
    const items: unknown =
      value.startsWith('[') && !value.startsWith(LOST) ? this.json(name) : value.split(',');
    if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
      throw new CellError(`${name} is no list of texts`);
    return items.map((item) => item.trim()).filter((item) => item !== '' && item !== LOST);
  }
  objects(name: string): Record<string, unknown>[] {
    const value = this.text(name, LIST_MAX);
    if (value === undefined || value.includes(LOST)) return [];
    const items = this.json(name);
    const isList =
      Array.isArray(items) &&
      items.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
    if (!isList) throw new CellError(`${name} is no list of objects`);
    return items as Record<string, unknown>[];
  }
}

/** Does what may refuse with a `HostError`; throws `CellError` with this reason then. */
export function refusedAs<T>(reason: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HostError ? new CellError(reason) : error;
  }
}
