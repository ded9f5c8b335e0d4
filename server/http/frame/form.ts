/** A form or query as plain values, with the name of a parameter that came more than once. */
export interface Form {
  readonly values: Record<string, string>;
  readonly repeated: string | undefined;
}

const EMPTY: Form = { values: Object.freeze(Object.create(null)), repeated: undefined };

/** UTF-8 sequences in percent escapes; whatever else follows a `%` stays as it is (contract C2). */
const ESCAPED =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-4](?:%[89ab][\da-f]){3}/gi;

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? spaced.replaceAll(ESCAPED, decodeEscape) : spaced;
}

function decodeEscape(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    // An overlong form or a surrogate: no character at all.
    return escaped;
  }
}

/** Decodes a query, tolerating bad escapes. A name without `=` counts as absent. */
export function decodeQuery(text: string): Form {
  return text === '' ? EMPTY : collect(text.split('&'));
}

/**
 * Decodes a form body of clients that do not escape (contract C2, C3). The text is split at `&` only where a
 * parameter follows: a name of the route with `=`, `&` or the end behind it; or, outside unfinished JSON, any
 * other name with `=`, so that unknown parameters are dropped as they are from JSON. Everything else belongs
 * to the value before it.
 */
export function decodeForm(text: string, names: ReadonlySet<string>): Form {
  const parts: string[] = [];
  let progress = new JsonProgress('');
  for (const piece of text.split('&')) {
    const last = parts.length - 1;
    if (last < 0 || startsParameter(piece, names, progress)) {
      parts.push(piece);
      progress = new JsonProgress(piece.slice(piece.indexOf('=') + 1));
    } else {
      parts[last] = `${parts[last]}&${piece}`;
      progress.read(piece);
    }
  }
  return collect(parts);
}

function startsParameter(piece: string, names: ReadonlySet<string>, before: JsonProgress): boolean {
  const equals = piece.indexOf('=');
  const name = equals === -1 ? piece : piece.slice(0, equals);
  if (names.has(decode(name))) return true;
  return equals > 0 && /^[A-Za-z_][\w.-]*$/.test(name) && !before.unfinished;
}

/**
 * How far a value that begins like a JSON object or list has come. Reads every character once, however often
 * it is asked.
 */
class JsonProgress {
  readonly #isJson: boolean;
  #depth = 0;
  #inString = false;
  #escaped = false;
  constructor(start: string) {
    this.#isJson = /^\s*[{[]/.test(start);
    this.read(start);
  }
  get unfinished(): boolean {
    return this.#inString || this.#depth > 0;
  }
  read(text: string): void {
    if (!this.#isJson) return;
    for (const character of text) {
      if (this.#escaped) this.#escaped = false;
      else if (character === '"') this.#inString = !this.#inString;
      else if (this.#inString) this.#escaped = character === '\\';
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') this.#depth--;
    }
  }
}

function collect(parts: readonly string[]): Form {
  const values: Record<string, string> = Object.create(null);
  let repeated: string | undefined;
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals <= 0) continue;
    const name = decode(part.slice(0, equals));
    const value = decode(part.slice(equals + 1));
    const before = values[name];
    if (before === undefined) {
      values[name] = value;
    } else {
      // Joined as Node joins repeated headers, so that no use of the value can pass for one that came once.
      values[name] = `${before},${value}`;
      repeated ??= name;
    }
  }
  return { values, repeated };
}
