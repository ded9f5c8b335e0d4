/** The start of an assignment as `util.parseEnv` reads it; `y` begins where it is told to. */
const ASSIGNMENT = /[^\S\n]*(?:export[^\S\n]+)?([^\s=#]+)[^\S\n]*=[^\S\n]*(['"`]?)/y;

/** A name that is given on several lines of an environment file; lines count from 1. */
export interface RepeatedName {
  name: string;
  lines: number[];
}

/**
 * Names that a text in the form of `util.parseEnv` assigns more than once. Readers take the last line,
 * writers change the first: such a file says two things. What stands inside quotes over several lines is no
 * assignment.
 */
export function repeatedNames(text: string): RepeatedName[] {
  const lines = new Map<string, number[]>();
  let line = 1;
  for (let start = 0; start < text.length; ) {
    ASSIGNMENT.lastIndex = start;
    const found = ASSIGNMENT.exec(text);
    const [whole = '', name = '', quote = ''] = found ?? [];
    if (found) lines.set(name, [...(lines.get(name) ?? []), line]);
    const valueAt = start + whole.length;
    const closing = quote === '' ? -1 : text.indexOf(quote, valueAt);
    const lineEnd = text.indexOf('\n', Math.max(valueAt, closing));
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    line += text.slice(start, next).split('\n').length - 1;
    start = next;
  }
  return [...lines].filter(([, each]) => each.length > 1).map(([name, each]) => ({ name, lines: each }));
}

/** What to say of one: `stands on lines 2 and 7 of FILE`. */
export function describeRepeated({ lines }: RepeatedName, file: string): string {
  return `stands on lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)} of ${file}`;
}
