import { cellText, fitted, widthOf } from './plain.ts';

/** A column of a list; the title is its name in CSV too. */
export interface Column<R> {
  title: string;
  of: (row: R) => unknown;
}

const GAP = '  ';
const NARROWEST = 6;

/**
 * Lays rows out below their titles. The widths come from the first rows given; on a terminal the widest
 * columns give way until a line fits.
 */
export class Table<R> {
  readonly #columns: readonly Column<R>[];
  readonly #widths: number[];
  constructor(columns: readonly Column<R>[], first: readonly R[], terminalWidth: number | undefined) {
    this.#columns = columns;
    this.#widths = columns.map(({ title, of }) =>
      Math.max(widthOf(title), ...first.map((row) => widthOf(cellText(of(row))))),
    );
    if (terminalWidth !== undefined) narrow(this.#widths, terminalWidth - GAP.length * (columns.length - 1));
  }
  head(): string {
    return this.#line(this.#columns.map(({ title }) => title.toUpperCase()));
  }
  row(row: R): string {
    return this.#line(this.#columns.map(({ of }) => cellText(of(row))));
  }
  #line(cells: readonly string[]): string {
    return cells
      .map((cell, place) => fitted(cell, this.#widths[place] ?? 0))
      .join(GAP)
      .trimEnd();
  }
}

function narrow(widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    over--;
  }
}
