/**
 * One line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, also
 * within a cell behind what another spreadsheet takes for the end of one, unless `raw`; a `+` followed by
 * digits alone is a phone number and stays.
 */
export function csvLine(cells: readonly unknown[], raw = false): string {
  return `${cells.map((value) => quoted(harmless(textOf(value), raw))).join(',')}\r\n`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function harmless(text: string, raw: boolean): string {
  if (raw) return text;
  const inner = text.replaceAll(/([;\t\r\n] *)(?=[=+\-@])/g, "$1'");
  return /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text) ? `'${inner}` : inner;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
