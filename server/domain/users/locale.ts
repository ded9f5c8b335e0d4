import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';

/**
 * A locale of the app in upper case; `EN`, which every app has, when none is named (contract A15). Throws
 * `invalid_data`.
 */
export function requireLocale(app: App, text: string | undefined): string {
  const locale = text?.trim().toUpperCase() || DEFAULT_LOCALE;
  if (locale !== DEFAULT_LOCALE && !app.locales.includes(locale)) {
    throw new HostError('invalid_data', { because: { reason: 'unknown_locale', field: 'locale' } });
  }
  return locale;
}

/** A locale the app has dropped, or none, is read in English. */
export function usedLocale(app: App, wanted: string | undefined): string {
  return wanted !== undefined && app.locales.includes(wanted) ? wanted : DEFAULT_LOCALE;
}
