import { DEFAULT_LOCALE } from '../model/locale.ts';
import type { MessageName } from '../model/template.ts';
import { fileAt, type TextFile } from './text-files.ts';

/** The written Chinese of the built-in texts; elsewhere the locale is the language. */
const LANGUAGES: Readonly<Record<string, string>> = { ZH: 'zh-Hans' };

/** Puts sources of files together; values enter later, as data. */
export interface Layouts {
  /**
   * The document around a text: the mail's, or for the text of a page the page's. A text that is a whole
   * document stays as it is.
   */
  text(input: { name: MessageName; locale: string; subject: string; body: string }): string;
  /** A page from its markup and the words of one locale. */
  page(page: string, locale: string, words: Readonly<Record<string, string>>): string;
}

/** Throws an `Error` that names the file when a layout is missing. */
export function createLayouts(files: ReadonlyMap<string, TextFile>): Layouts {
  const pageLayout = fileAt(files, 'pages/layout.hbs').body;
  const mailLayout = fileAt(files, 'messages/layout.hbs').body;

  function page(name: string, locale: string, words: Readonly<Record<string, string>>): string {
    const content = insert(fileAt(files, `pages/${name}.hbs`).body, words);
    return isDocument(content)
      ? content
      : insert(pageLayout, { ...words, lang: languageOf(locale), content });
  }

  function verifiedWords(locale: string): Readonly<Record<string, string>> {
    const words = files.get(`pages/${locale}/verified.hbs`);
    return (words ?? fileAt(files, `pages/${DEFAULT_LOCALE}/verified.hbs`)).head;
  }

  return {
    page,
    text({ name, locale, subject, body }) {
      if (isDocument(body)) return body;
      if (name === 'clickThrough')
        return page('verified', locale, {
          ...verifiedWords(locale),
          title: subject.replaceAll('<', '&lt;'),
          text: body,
        });
      return insert(mailLayout, { lang: languageOf(locale), content: body });
    },
  };
}

function isDocument(source: string): boolean {
  return /<(?:!doctype|html|body)\b/i.test(source);
}

/** BCP 47 language of a locale. */
function languageOf(locale: string): string {
  return LANGUAGES[locale] ?? locale.toLowerCase();
}

/** Replaces `[[name]]` by the text of that name. */
function insert(layout: string, parts: Readonly<Record<string, string>>): string {
  return layout.replaceAll(/\[\[(\w+)\]\]/g, (_, name) => parts[name] ?? '');
}
