import { relative } from 'node:path';

/** A path as people read it best: from here where it lies below, else whole. */
export function shownPath(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
}
