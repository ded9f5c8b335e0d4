import { CliError, EXIT } from './exit.ts';

/**
 * `name=value…` as an object. As `json`, a value that parses is taken as what it is, other text as text.
 * Throws `CliError` 64.
 */
export function fieldsOf(words: readonly string[], values: 'text' | 'json'): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw new CliError(EXIT.usage, `${JSON.stringify(word)} is not of the form NAME=VALUE.`);
      const text = word.slice(at + 1);
      return [word.slice(0, at), values === 'json' ? jsonOrText(text) : text];
    }),
  );
}

/** What a text is as JSON, else the text. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
