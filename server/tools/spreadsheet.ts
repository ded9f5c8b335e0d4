/**
 * Behind any number of apostrophes: where a spreadsheet begins to calculate, or to look for what it could
 * calculate.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** A cell that no spreadsheet takes for a formula. The import takes one apostrophe off again. */
export function forSpreadsheet(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}
