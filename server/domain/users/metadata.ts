import type { MetadataField } from '../../model/app.ts';
import { type ErrorName, HostError, type Reason } from '../../model/errors.ts';
import type { Metadata } from '../../model/user.ts';
import { parseJsonText } from '../../tools/json-text.ts';

/** What a user's metadata may take: they travel in every user JWT, and JWTs travel in request headers. */
const METADATA_MAX_BYTES = 8192;
const VALUE_MAX_LENGTH = 1024;
const DEPTH_MAX = 8;
/** Names that mean something to JavaScript stay out of paths and records. */
export const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

/** The refusal that blames metadata, and the field at `path` where it is one. */
export function refusedMetadata(
  reason: Reason,
  path?: string,
  error: ErrorName = 'invalid_metadata',
): HostError {
  return new HostError(error, { because: { reason, field: 'metaData', ...(path && { path }) } });
}

/**
 * JSON text of a client → the configured paths only, trimmed (contract §3.1); an app without fields takes
 * nothing. Throws `onBadText` when the text is no JSON object or a value no text, and `invalid_metadata` when
 * a required path is absent or something is too large.
 */
export function parseMetadata(
  fields: readonly MetadataField[],
  text: string | undefined,
  { onBadText }: { onBadText: ErrorName },
): Metadata {
  if (fields.length === 0) return {};
  const sent = text ? parseMetadataText(text, onBadText) : {};
  let metaData: Metadata = {};
  for (const { path, required } of fields) {
    const value = valueAt(sent, path);
    if (value === undefined && required) throw refusedMetadata('metadata_missing', path);
    if (value === undefined) continue;
    if (typeof value !== 'string') throw refusedMetadata('wrong_type', path, onBadText);
    metaData = withValue(metaData, path, value.trim());
  }
  requireStorable(metaData);
  return metaData;
}

/** JSON text → an object. Throws `onBadText`. */
export function parseMetadataText(text: string, onBadText: ErrorName): Metadata {
  const parsed = parseOrUndefined(text);
  if (!isObject(parsed)) throw refusedMetadata('not_json', undefined, onBadText);
  return parsed;
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}

/**
 * Throws `invalid_metadata` for more than 8 KiB of JSON, nesting deeper than 8, a text of more than 1,024
 * characters, and texts the stores or other systems would change: lone surrogates and NUL.
 */
export function requireStorable(metaData: Metadata): void {
  requireFitting(metaData, []);
  if (Buffer.byteLength(JSON.stringify(metaData)) > METADATA_MAX_BYTES) {
    throw refusedMetadata('metadata_too_large');
  }
}

function requireFitting(value: unknown, names: readonly string[]): void {
  const path = names.join('.');
  if (typeof value === 'string') {
    if (value.length > VALUE_MAX_LENGTH) throw refusedMetadata('metadata_too_large', path);
    if (!isPlainText(value)) throw refusedMetadata('wrong_type', path);
  }
  if (typeof value !== 'object' || value === null) return;
  if (names.length === DEPTH_MAX) throw refusedMetadata('metadata_too_large', path);
  for (const [name, inner] of Object.entries(value)) {
    // A name that cannot be written in an answer cannot be part of a path either.
    if (!isPlainText(name)) throw refusedMetadata('wrong_type', path);
    requireFitting(inner, [...names, name]);
  }
}

/** Throws `refused` for a name that may not stand in a record. */
export function requireSafeNames(value: unknown, path = ''): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (PROTOTYPE_NAMES.has(name)) throw refusedMetadata('metadata_reserved', here, 'refused');
    requireSafeNames(inner, here);
  }
}

function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Both, member by member; where both have a value `above` wins. */
export function mergeMetadata(below: Metadata, above: Metadata): Metadata {
  const merged = Object.entries(above).map(([name, value]) => {
    const under = ownValue(below, name);
    return [name, isObject(under) && isObject(value) ? mergeMetadata(under, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}

/** The value at a dotted path, own members only. */
export function valueAt(metaData: Metadata, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isObject(value) ? ownValue(value, name) : undefined), metaData);
}

/** A copy with `value` at a dotted path; what stood in the way there goes. */
export function withValue(metaData: Metadata, path: string, value: unknown): Metadata {
  const [name, rest] = splitPath(path);
  if (rest === undefined) return { ...metaData, [name]: value };
  const inner = ownValue(metaData, name);
  return { ...metaData, [name]: withValue(isObject(inner) ? inner : {}, rest, value) };
}

/** A copy without the value at a dotted path; objects that become empty go too. */
export function withoutValue(metaData: Metadata, path: string): Metadata {
  const [name, rest] = splitPath(path);
  const inner = ownValue(metaData, name);
  if (inner === undefined) return metaData;
  const { [name]: _, ...others } = metaData;
  if (rest === undefined) return others;
  if (!isObject(inner)) return metaData;
  const left = withoutValue(inner, rest);
  return Object.keys(left).length === 0 ? others : { ...metaData, [name]: left };
}

function splitPath(path: string): [name: string, rest: string | undefined] {
  const dot = path.indexOf('.');
  return dot === -1 ? [path, undefined] : [path.slice(0, dot), path.slice(dot + 1)];
}

/** Never what an object inherits: paths and names come from outside. */
function ownValue(object: Metadata, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
