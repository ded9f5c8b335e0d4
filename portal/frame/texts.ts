import { readFileSync } from 'node:fs';

/** Languages of the portal, the first where a browser asks for none of them. */
export const LANGUAGES = {
  EN: 'English',
  DE: 'Deutsch',
  ES: 'Español',
  FR: 'Français',
  JA: '日本語',
  ZH: '中文',
} as const;
export type Language = keyof typeof LANGUAGES;

const files = new Map<Language, Readonly<Record<string, string>>>();

/** Texts, numbers and times in one language and zone. */
export class Texts {
  readonly language: Language;
  readonly zone: string;
  readonly #texts: Readonly<Record<string, string>>;
  #times: Intl.DateTimeFormat | undefined;
  #numbers: Intl.NumberFormat | undefined;
  constructor(language: Language, zone = 'UTC') {
    this.language = language;
    this.zone = zone;
    this.#texts = textsOf(language);
  }

  /** The text of that name, with `{name}` filled in. Throws a `TypeError` when there is none. */
  say(name: string, values: Readonly<Record<string, unknown>> = {}): string {
    const text = this.has(name) ? this.#texts[name] : undefined;
    if (text === undefined) throw new TypeError(`no text ${name}`);
    return text.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''));
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#texts, name);
  }
  /** The text of that name with its `{name}`s; empty when there is none. */
  text(name: string): string {
    return this.has(name) ? (this.#texts[name] ?? '') : '';
  }
  /** The names that begin so. */
  names(prefix: string): string[] {
    return Object.keys(this.#texts).filter((name) => name.startsWith(prefix));
  }
  time(at: number): string {
    this.#times ??= new Intl.DateTimeFormat(tagOf(this.language), {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: this.zone,
    });
    return this.#times.format(at);
  }
  /** A UTC day such as `2026-01-31`, without its year where `short`. */
  day(day: string, { short = false }: { short?: boolean } = {}): string {
    const year = short ? {} : ({ year: 'numeric' } as const);
    const format = { day: 'numeric', month: 'short', timeZone: 'UTC', ...year } as const;
    return new Intl.DateTimeFormat(tagOf(this.language), format).format(Date.parse(day));
  }
  /** A share of 1 as a percentage. */
  share(value: number): string {
    const format = { style: 'percent', maximumFractionDigits: value < 0.1 ? 1 : 0 } as const;
    return new Intl.NumberFormat(tagOf(this.language), format).format(value);
  }
  number(value: number): string {
    this.#numbers ??= new Intl.NumberFormat(tagOf(this.language));
    return this.#numbers.format(value);
  }
}

function textsOf(language: Language): Readonly<Record<string, string>> {
  let texts = files.get(language);
  if (!texts) {
    texts = JSON.parse(readFileSync(new URL(`../texts/${language}.json`, import.meta.url), 'utf8'));
    files.set(language, texts as Readonly<Record<string, string>>);
  }
  return texts as Readonly<Record<string, string>>;
}

function tagOf(language: Language): string {
  return language === 'EN' ? 'en-GB' : language.toLowerCase();
}

/** For the `lang` attribute. */
export function languageTag(language: Language): string {
  return language.toLowerCase();
}

/** Narrows a text to a language of the portal. */
export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text);
}

/** The language a browser would rather have, by its `Accept-Language` (RFC 9110 §12.5.4). */
export function acceptedLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.trim().split(';');
      const weight = parameters.map((text) => /^\s*q=([\d.]+)$/.exec(text)?.[1]).find(Boolean);
      return { language: tag.slice(0, 2).toUpperCase(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  return wanted.map(({ language }) => language).find(isLanguage) ?? 'EN';
}

/** Whether Node knows this time zone. */
export function isZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
