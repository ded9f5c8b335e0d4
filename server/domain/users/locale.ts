import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { canonicalLanguage, DEFAULT_LOCALE, languageOf } from '../../model/locale.ts';

/**
 * The locale of the app that a sent tag means (additions §1.3): the app's first one for a language it has
 * not, `EN` when none is named (contract A15).
 */
export function chosenLocale(app: App, tag: string | undefined): string {
  if (!tag?.trim()) return DEFAULT_LOCALE;
  return findLocale(app, tag) ?? app.locales[0] ?? DEFAULT_LOCALE;
}

/** As `chosenLocale`, but throws `invalid_data` for a language the app has not. */
export function requireLocale(app: App, tag: string): string {
  const locale = findLocale(app, tag);
  if (!locale)
    throw new HostError('invalid_data', { because: { reason: 'unknown_locale', field: 'locale' } });
  return locale;
}

/** The locale of the app that a tag means. Every app has `EN`, whatever its list says. */
export function findLocale(app: App, tag: string): string | undefined {
  const language = languageOf(tag);
  if (!language) return undefined;
  const locales = new Set([...app.locales, DEFAULT_LOCALE]);
  if (locales.has(language)) return language;
  return [...locales].find((locale) => canonicalLanguage(locale) === canonicalLanguage(language));
}

/** A locale the app has dropped, or none, is read in English. */
export function usedLocale(app: App, wanted: string | undefined): string {
  return wanted !== undefined && app.locales.includes(wanted) ? wanted : DEFAULT_LOCALE;
}
