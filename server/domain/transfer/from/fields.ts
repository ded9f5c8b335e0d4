import { type Fields, RowError } from './moved-user.ts';

const TEXT_MAX = 4_096;
/** What databases write into a CSV for nothing. */
const NOTHING = new Set(['', '\\N', 'NULL', 'null']);

/** A text, or a number as one; undefined for anything else and for what stands for nothing. */
export function textOf(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || NOTHING.has(text)) continue;
    if (text.length > TEXT_MAX) throw new RowError('too_large');
    return text;
  }
  return undefined;
}

/** The first member that says yes or no, in the spellings of JSON, CSV and SQL. */
export function flagOf(fields: Fields, ...names: readonly string[]): boolean {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0;
    if (typeof value === 'string') return /^(?:true|t|1|yes)$/i.test(value);
  }
  return false;
}

export function numberOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Epoch ms from ms, seconds, an ISO text, or MongoDB's `{"$date": …}`; undefined for what is no time. */
export function timeOf(fields: Fields, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const inner = objectOf(fields, name);
    const text = inner ? textOf(inner, '$date', 'iso') : textOf(fields, name);
    if (text === undefined) continue;
    const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(isoOf(text));
    if (!Number.isFinite(value) || value <= 0) continue;
    // Seconds until the year 2286, milliseconds from 1970 on.
    return Math.floor(value < 10_000_000_000 ? value * 1000 : value);
  }
  return undefined;
}

/** PostgreSQL writes a blank for the `T` and two digits for the zone. */
function isoOf(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T').replace(/([+-]\d\d)$/, '$1:00');
}

/** A member that is an object, or the JSON text of one. */
export function objectOf(fields: Fields, name: string): Fields | undefined {
  const value = parsed(Object.hasOwn(fields, name) ? fields[name] : undefined);
  return isFields(value) ? value : undefined;
}

/** The objects in a member that is a list, or the JSON text of one. */
export function listOf(fields: Fields, name: string): Fields[] {
  const value = parsed(Object.hasOwn(fields, name) ? fields[name] : undefined);
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new RowError('broken_row');
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A social account among those of other providers, which are left. */
export function socialOf(provider: string | undefined, id: string | undefined) {
  const name = /^(?:oauth_)?(apple|google)(?:\.com|-oauth2)?$/.exec(provider ?? '')?.[1];
  return id !== undefined && (name === 'apple' || name === 'google') ? [{ provider: name, id } as const] : [];
}

/** Hashes that say in their own text what they are. */
export function selfDescribed(hash: string | undefined) {
  return hash === undefined ? undefined : ({ of: 'clear', form: hash } as const);
}

/** Base64 in its usual letters, whichever it was written in. */
export function base64Of(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/');
}

/** The bytes of a text, in base64. */
export function bytesOf(text: string, encoding: 'utf8' | 'hex' = 'utf8'): string {
  return Buffer.from(text, encoding).toString('base64');
}
