const ESCAPE = '\u001b';
const TOKENS = new RegExp(`${ESCAPE}\\[[?\\d;]*[A-Za-z]|[\\s\\S]`, 'gu');

/**
 * What somebody sees after a terminal of that width has got `raw`: its lines from the first to the last, with
 * what was overwritten gone. Understands what this project and its prompts send, and throws for the rest.
 */
export function screenOf(raw: string, columns: number): string {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  const cells = () => {
    rows[row] ??= [];
    return rows[row] as string[];
  };
  const put = (character: string) => {
    if (column >= columns) {
      row++;
      column = 0;
    }
    const line = cells();
    while (line.length < column) line.push(' ');
    line[column++] = character;
  };
  for (const [token] of raw.matchAll(TOKENS)) {
    if (token === '\r') column = 0;
    else if (token === '\n') {
      row++;
      cells();
    } else if (token === '\b') column = Math.max(0, column - 1);
    else if (token === '\u0007') continue;
    else if (token.startsWith('\u001b[')) control(token);
    else if (token >= ' ') put(token);
    else throw new Error(`unknown control character ${JSON.stringify(token)}`);
  }
  return `${rows
    .map((line) => line.join('').trimEnd())
    .join('\n')
    .trim()}\n`;

  function control(sequence: string): void {
    const count = Number(sequence.slice(2, -1)) || 0;
    switch (sequence.at(-1)) {
      case 'A':
        row = Math.max(0, row - (count || 1));
        break;
      case 'B':
        row += count || 1;
        break;
      case 'C':
        column += count || 1;
        break;
      case 'D':
        column = Math.max(0, column - (count || 1));
        break;
      case 'G':
        column = (count || 1) - 1;
        break;
      case 'K':
        if (count === 2) rows[row] = [];
        else if (count === 0) cells().length = Math.min(cells().length, column);
        else throw new Error('unknown way of erasing');
        break;
      case 'J':
        rows.length = row + 1;
        cells().length = Math.min(cells().length, column);
        break;
      case 'm':
      case 'h':
      case 'l':
        break;
      default:
        throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
    }
  }
}
