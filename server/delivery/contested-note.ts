import { DEFAULT_LOCALE } from '../model/locale.ts';
import { fileAt, type TextFile } from './text-files.ts';

/** The value that holds the paragraph; no text can name it. */
export const NOTE = 'NOTE';
const IN_TEXT = '{{#if NOTE}}\n\n{{NOTE}}{{/if}}';
const IN_HTML = '{{#if NOTE}}<p class="note">{{NOTE}}</p>{{/if}}';

/** The fixed paragraph of a contested signup in a reader's language. */
export function contestedNote(files: ReadonlyMap<string, TextFile>, locale: string): string {
  const path = (language: string) => `messages/${language}/contestedNote.hbs`;
  return (files.get(path(locale)) ?? fileAt(files, path(DEFAULT_LOCALE))).body;
}

/** The source of a text part with room for the paragraph at its end. */
export function withTextNote(source: string): string {
  return source + IN_TEXT;
}

/** The same of HTML, also where a text is a document of its own. */
export function withHtmlNote(source: string): string {
  const end = [...source.matchAll(/<\/body\b/gi)].at(-1)?.index ?? source.length;
  return source.slice(0, end) + IN_HTML + source.slice(end);
}
