/**
 * One line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, unless
 * `raw`; a `+` followed by digits alone is a phone number and stays.
 */
export function csvLine(cells: readonly unknown[], raw = false): string {
  return `${cells.map((value) => quoted(harmless(textOf(value), raw))).join(',')}\r\n`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function harmless(text: string, raw: boolean): string {
  return !raw && /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
