import { z } from 'zod';
import type { ListPage } from '../../domain/portal/list.ts';
import { numberOrDigits } from './portal-parameter.ts';

const ROWS = 25;
const MOST_ROWS = 100;
/** Longer than any cursor a host makes. */
const CURSOR_LENGTH = 2_048;

/** Paging by key (additions §4). Portals send empty parameters for what is not set. */
export const listPaging = {
  after: z.string().max(CURSOR_LENGTH).optional(),
  limit: z
    .union([z.literal('').transform(() => ROWS), numberOrDigits(z.int().min(1).max(MOST_ROWS))])
    .default(ROWS),
};

/** A page of a list whose rows have that schema, with what else its route answers. */
export function listAnswer<R extends z.ZodType, M extends z.ZodRawShape>(row: R, more: M = {} as M) {
  return z.strictObject({
    rows: z.array(row),
    next: z.string().optional(),
    total: z.int().optional(),
    totalIsExact: z.boolean().optional(),
    ...more,
  });
}
/** The page with its rows as they are answered. */
export function wireList<T, R>({ rows, ...page }: ListPage<T>, wireRow: (row: T) => R) {
  return { ...page, rows: rows.map(wireRow) };
}
