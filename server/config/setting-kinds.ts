import { isIP } from 'node:net';
import { parseDateText } from '../tools/date-text.ts';
import { originList } from './addresses.ts';

/**
 * One setting: how its text is understood and what the README says of it. `parse` throws an `Error` whose
 * message completes "NAME …".
 */
export interface Setting<T, F = T | undefined> {
  /**
   * What holds when nothing is given; undefined where that is nothing, or follows from other settings
   * (`config.ts`).
   */
  readonly fallback: F;
  /** The same as the operator reads it; `–` when there is none. */
  readonly default: string;
  readonly meaning: string;
  /** May also come from the file that `<NAME>_FILE` names. */
  readonly secret: boolean;
  readonly parse: (text: string) => T;
  /** How to write it right. */
  readonly repair: string;
  /** Whether a variable of the environment with this text is somebody else's, who uses the same name. */
  readonly isForeign?: (text: string) => boolean;
}

/** Shown as the default of a setting that has none. */
export const NONE = '–';

/** Any text; `shown` is its default as the operator reads it. */
export function text(
  shown: string,
  meaning: string,
  options: { secret?: boolean; repair?: string } = {},
): Setting<string, undefined> {
  return {
    fallback: undefined,
    default: shown,
    meaning,
    secret: options.secret ?? false,
    repair: options.repair ?? 'give it a text',
    parse: (value) => value,
  };
}

/** A whole number within bounds, both allowed. */
export function integer<F extends number | undefined>(
  fallback: F,
  [min, max]: [number, number],
  meaning: string,
): Setting<number, F> {
  return {
    fallback,
    default: fallback === undefined ? 'off' : String(fallback),
    meaning,
    secret: false,
    repair: `use a whole number from ${min} to ${max}`,
    parse(value) {
      const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= min && number <= max)) throw new Error(`is not a whole number from ${min} to ${max}`);
      return number;
    },
  };
}

/** One of a few words. */
export function choice<const T extends string, F extends T | undefined>(
  values: readonly T[],
  fallback: F,
  meaning: string,
  shown = `\`${fallback}\``,
): Setting<T, F> {
  return {
    fallback,
    default: shown,
    meaning,
    secret: false,
    repair: `use one of: ${values.join(', ')}`,
    parse(value) {
      const found = values.find((known) => known === value);
      if (found === undefined) throw new Error(`is none of: ${values.join(', ')}`);
      return found;
    },
  };
}

/** On or off, written `true` and `false`. */
export function flag(fallback: boolean, meaning: string): Setting<boolean, boolean> {
  const { parse, ...shown } = choice(['true', 'false'], `${fallback}`, meaning);
  return { ...shown, fallback, parse: (value) => parse(value) === 'true' };
}

/** An address of one of the kinds in `addresses.ts`, in its canonical form. */
export function address<F extends string | undefined>(
  parse: (text: string) => string,
  fallback: F,
  meaning: string,
  { shown = `\`${fallback}\``, secret = false, form = 'https://… or http://…' } = {},
): Setting<string, F> {
  return { fallback, default: shown, meaning, secret, repair: `write it as ${form}`, parse };
}

/** One e-mail address. */
export function email(shown: string, meaning: string): Setting<string, undefined> {
  return {
    ...text(shown, meaning, { repair: 'use one e-mail address, such as noreply@example.com' }),
    parse(value) {
      if (value.length > 254 || !/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(value))
        throw new Error('is not an e-mail address');
      return value;
    },
  };
}

/** Names of DNS, separated by commas. */
export function labels(meaning: string): Setting<readonly string[], readonly []> {
  return {
    fallback: [],
    default: NONE,
    meaning,
    secret: false,
    repair: 'use names of letters, digits, hyphens and dots, separated by commas',
    parse(value) {
      const names = value.split(',').map((name) => name.trim().toLowerCase());
      if (names.length > 10 || !names.every((name) => /^[a-z\d](?:[a-z\d._-]{0,61}[a-z\d])?$/.test(name)))
        throw new Error('is no list of at most 10 names of DNS');
      return names;
    },
  };
}

/** Origins for CORS, or everybody. */
export function origins(meaning: string): Setting<'*' | readonly string[], '*'> {
  return {
    fallback: '*',
    default: '`*`',
    meaning,
    secret: false,
    repair:
      'use * or origins such as https://app.example.com, capacitor://localhost or null, separated by commas',
    parse: originList,
  };
}

/** Networks in CIDR notation, or single addresses; none = everybody. */
export function networks(meaning: string): Setting<readonly string[], readonly string[]> {
  return {
    fallback: [],
    default: 'everybody',
    meaning,
    secret: false,
    repair: 'write networks such as 192.0.2.0/24 or 2001:db8::/32, separated by commas',
    parse(value) {
      const all = value.split(',').map((entry) => entry.trim());
      const wrong = all.find((entry) => entry !== '' && !isNetwork(entry));
      if (wrong !== undefined) throw new Error('names what is no network');
      return all.filter((entry) => entry !== '');
    },
  };
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** A day or a moment, as epoch milliseconds. */
export function isoDate(meaning: string): Setting<number, undefined> {
  return {
    fallback: undefined,
    default: 'unset',
    meaning,
    secret: false,
    repair: 'use a date such as 2027-01-31',
    parse(value) {
      const time = /^\d{4}-\d{2}-\d{2}(T[0-9:.]+Z)?$/.test(value) ? parseDateText(value) : undefined;
      if (time === undefined) throw new Error('is not an ISO date, or names a day that does not exist');
      return time;
    },
  };
}

/** A number in international form (E.164). */
export function phoneNumber(meaning: string): Setting<string, undefined> {
  return {
    ...text(NONE, meaning, { repair: 'write the number in international form, such as +15551234567' }),
    parse(value) {
      if (!/^\+[1-9]\d{7,14}$/.test(value)) throw new Error('is not a phone number in international form');
      return value;
    },
  };
}
