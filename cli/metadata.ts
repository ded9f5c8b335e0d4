import { CliError, EXIT } from './exit.ts';

const NO_NAMES = ['', '__proto__', 'constructor', 'prototype'];

/**
 * The data with another value at a path of names joined by dots; undefined removes it. Throws `CliError` 64.
 */
export function withPath(
  data: Readonly<Record<string, unknown>>,
  path: string,
  value: unknown,
): Record<string, unknown> {
  const at = path.indexOf('.');
  const name = at < 0 ? path : path.slice(0, at);
  if (NO_NAMES.includes(name)) throw new CliError(EXIT.usage, `${JSON.stringify(path)} is no path.`);
  const { [name]: before, ...others } = data;
  const after = at < 0 ? value : withPath(isTable(before) ? before : {}, path.slice(at + 1), value);
  return after === undefined ? others : { ...others, [name]: after };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
