import type { App } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import { DEFAULT_LOCALE, LOCALES, languageOf } from '../../model/locale.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeApp } from './apps.ts';

/**
 * Sets which locales an app has: known codes in upper case, each once, `EN` first and always (contract P17).
 * Edited texts of a dropped locale go. Throws `app_gone`.
 */
export async function setLocales(
  deps: Pick<Deps, 'store' | 'clock' | 'events'>,
  { appId, locales }: { appId: string; locales: readonly string[] },
): Promise<App> {
  const wanted = normalised(locales);
  const { after: app } = await changeApp(deps, appId, (current) => ({ ...current, locales: wanted }));
  await removeDroppedTexts(deps, app);
  deps.events.emit('app_setting_changed', { appId, settings: ['locales'] });
  return app;
}

/** Removes edited texts in languages that the app has not. */
export async function removeDroppedTexts(
  { store }: Pick<Deps, 'store'>,
  { id, locales }: App,
): Promise<void> {
  // By what is stored, not by what was dropped just now: a repeated call finishes what a crash left.
  const stored = await store.templates.list(id);
  const dropped = new Set(stored.map(({ locale }) => locale).filter((locale) => !locales.includes(locale)));
  for (const locale of dropped) await store.templates.removeLocale(id, locale);
}

/** As `setLocales` keeps them; throws `refused` for a language nobody knows. */
export function requireLocales(locales: readonly string[]): string[] {
  const unknown = locales.find((locale) => !LOCALES.has(languageOf(locale) ?? ''));
  if (unknown === undefined) return normalised(locales);
  throw refused(`"${unknown}" is no language`, { reason: 'unknown_value', field: 'locales' });
}

function normalised(locales: readonly string[]): string[] {
  const known = locales.map((locale) => languageOf(locale) ?? '').filter((locale) => LOCALES.has(locale));
  return [...new Set([DEFAULT_LOCALE, ...known])];
}

/**
 * Gives every app that lacks it the locale `EN`; texts need no repair, built-in ones stand in (contract P5).
 * Can be repeated.
 */
export async function patchLocales(deps: Pick<Deps, 'store' | 'clock' | 'events'>): Promise<true> {
  for await (const { id, locales } of deps.store.apps.stream()) {
    if (!locales.includes(DEFAULT_LOCALE)) await setLocales(deps, { appId: id, locales });
  }
  return true;
}
