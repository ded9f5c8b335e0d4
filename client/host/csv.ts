/** As the guard of exports: where a spreadsheet begins to calculate, or looks for what it could calculate. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
/** Behind what another spreadsheet takes for the end of a cell. */
const INNER = /([;\t\r\n] *)(?=[=+\-@＝＋－＠])/g;
/** A phone number. */
const NUMBER = /^\+\d+$/;

/**
 * One line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, also
 * within a cell behind what another spreadsheet takes for the end of one, unless `raw`; a `+` followed by
 * digits alone is a phone number and stays.
 */
export function csvLine(cells: readonly unknown[], raw = false): string {
  return `${cells.map((value) => quoted(raw ? textOf(value) : guarded(textOf(value)))).join(',')}\r\n`;
}

/** A text without the apostrophe that `csvLine` put in front. */
export function unguarded(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function guarded(text: string): string {
  const inner = text.replaceAll(INNER, "$1'");
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${inner}` : inner;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
