import type { MetadataField } from '../client/host/apps.ts';
import type { Metadata } from '../client/host/user.ts';
import type { Form } from './frame/form.ts';

/** Fields of metadata in a form are called so, and then their path. */
const PREFIX = 'meta:';

/** One value as a form shows it: text as it is, everything else as JSON. */
export interface MetadataInput {
  name: string;
  path: string;
  label: string;
  value: string;
  required: boolean;
}

/**
 * The inputs for an app's fields, then those for values outside of them, each with what is there. Text that
 * was typed stands over it.
 */
export function metadataInputs(
  fields: readonly MetadataField[],
  metadata: Metadata,
  typed?: Form,
): MetadataInput[] {
  const paths = new Set(fields.map(({ path }) => path));
  const others = leavesOf(metadata).filter((path) => !paths.has(path));
  return [...fields, ...others.map((path) => ({ path, fieldName: path, required: false }))].map(
    ({ path, fieldName, required }) => {
      const name = PREFIX + path;
      const value = typed?.has(name) ? typed.get(name) : textOf(valueAt(metadata, path));
      return { name, path, label: fieldName || path, value, required };
    },
  );
}

/** Metadata of a form, over what is there; `wrong`: the path of a value that is no JSON and should be. */
export function metadataOf(
  form: Form,
  paths: readonly string[],
  before: Metadata,
): { metadata: Metadata; wrong?: undefined } | { metadata?: undefined; wrong: string } {
  let metadata = structuredClone(before);
  for (const path of paths) {
    const name = PREFIX + path;
    if (!form.has(name)) continue;
    const text = form.get(name);
    const old = valueAt(before, path);
    if (text === textOf(old)) continue;
    // What was no text before stays a number, a truth value, a list.
    const isText = old === undefined || typeof old === 'string';
    try {
      const value: unknown = isText ? text : text === '' ? undefined : JSON.parse(text);
      metadata = withValue(metadata, path.split('.'), value === '' ? undefined : value);
    } catch {
      return { wrong: path };
    }
  }
  return { metadata };
}

function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function valueAt(metadata: Metadata, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      metadata,
    );
}

function withValue(metadata: Metadata, [name = '', ...rest]: readonly string[], value: unknown): Metadata {
  const { [name]: old, ...others } = metadata;
  const next = rest.length === 0 ? value : withValue(isObject(old) ? old : {}, rest, value);
  const isGone = next === undefined || (rest.length > 0 && Object.keys(next as Metadata).length === 0);
  return isGone ? others : { ...metadata, [name]: next };
}

/** Paths of the values that are no objects; a name with a dot in it has none. */
function leavesOf(metadata: Metadata, above = ''): string[] {
  return Object.entries(metadata).flatMap(([name, value]) => {
    if (name.includes('.')) return [];
    return isObject(value) ? leavesOf(value, `${above}${name}.`) : [above + name];
  });
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
