/** A stretch of bytes, both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The stretch that a `Range` asks for; undefined where it asks for none, for several or for other units, and
 * everything is answered (RFC 9110 §14.2).
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    return length === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** What a `Content-Range` of an upload says; NaN, which fits nothing, where it cannot be read. */
export function contentRangeOf(
  header: string | undefined,
): { from: number; to: number; total: number | undefined } | undefined {
  if (header === undefined) return undefined;
  const [, from = 'x', to = 'x', total = 'x'] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header.trim()) ?? [];
  return { from: Number(from), to: Number(to), total: total === '*' ? undefined : Number(total) };
}
