/** Most handles of one call to a host. */
export const HANDLES_MAX = 500;

/** A handle of a pasted list, and what is to be seen of it before anybody is asked. */
export interface ListedHandle {
  handle: string;
  check: 'ready' | 'invalid' | 'double';
}

/**
 * The handles of what was pasted: one a line, or between commas, semicolons or tabs; or a CSV, of which the
 * column counts whose head names addresses or numbers, else the first that holds some.
 */
export function handleList(text: string, kind: 'email' | 'phone'): ListedHandle[] {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map(cellsOf)
    .filter((cells) => cells.some((cell) => cell !== ''));
  const seen = new Set<string>();
  return columnOf(lines, kind).map((handle) => {
    const spelled = kind === 'email' ? handle.toLowerCase() : handle.replaceAll(/[^\d+]/g, '');
    const isDouble = seen.has(spelled);
    seen.add(spelled);
    return { handle, check: !looksLike(handle, kind) ? 'invalid' : isDouble ? 'double' : 'ready' };
  });
}

const HEADS = /^(?:e-?mail.*|mail|phone.*|telephone|tel|mobile|handle|adresse|telefon)$/i;

function columnOf(lines: readonly string[][], kind: 'email' | 'phone'): string[] {
  const [head = [], ...rest] = lines;
  const named = head.findIndex((cell) => HEADS.test(cell) && !looksLike(cell, kind));
  if (named >= 0) return rest.map((cells) => cells[named] ?? '').filter((cell) => cell !== '');
  const handlesIn = (cells: readonly string[]) => cells.filter((cell) => looksLike(cell, kind));
  // A line of a table holds one handle beside other things; a line of handles holds nothing else.
  const isTable =
    lines.length > 1 && lines.every((cells) => cells.length > 1 && handlesIn(cells).length <= 1);
  return lines.flatMap((cells) => {
    const handles = handlesIn(cells);
    if (isTable) return handles[0] ?? cells.find((cell) => cell !== '') ?? [];
    return cells.filter((cell) => cell !== '');
  });
}

function looksLike(text: string, kind: 'email' | 'phone'): boolean {
  if (text.length > 254) return false;
  if (kind === 'email') return /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(text);
  return /^\+[\d\s()./-]{6,30}$/.test(text);
}

/** Cells of a line, empty ones too; quoted ones may hold the separators. */
function cellsOf(line: string): string[] {
  const cells = `,${line}`.matchAll(/[,;\t](?:\s*"((?:[^"]|"")*)"\s*|([^,;\t]*))/g);
  return [...cells].map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim());
}
