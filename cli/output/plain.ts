import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const WITHOUT_WIDTH = /[\p{M}\u200b-\u200f\u2060]/u;

/**
 * Text of a user or an app, made harmless for a terminal: control sequences go, other control and direction
 * characters become a visible one, so that no handle can move the cursor or hide its neighbour.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    '\ufffd',
  );
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(plain).join('\t'))
    .join('\n');
}

/** A value as a cell of a table. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'string') return plain(timeText(value));
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return plain(value.join(', '));
  return plain(JSON.stringify(value));
}

/** An ISO time to the minute; other text as it is. */
function timeText(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(text);
  return parts ? `${parts[1]} ${parts[2]}Z` : text;
}

/** How many columns of a terminal it takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (WITHOUT_WIDTH.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Cut to a width, with an ellipsis, or filled up with blanks. */
export function fitted(text: string, width: number): string {
  const own = widthOf(text);
  if (own <= width) return text + ' '.repeat(width - own);
  let cut = '';
  let used = 0;
  for (const character of text) {
    const next = widthOf(character);
    if (used + next > width - 1) break;
    cut += character;
    used += next;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - used - 1))}`;
}
