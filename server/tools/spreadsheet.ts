/**
 * Behind any number of apostrophes: where a spreadsheet begins to calculate, or to look for what it could
 * calculate.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** A cell that no spreadsheet takes for a formula. */
export function forSpreadsheet(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

/** The cell that `forSpreadsheet` was given. */
export function fromSpreadsheet(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
