import { z } from 'zod';
import type { ListPage } from '../../domain/portal/list.ts';
import { reason } from '../frame/reason.ts';
import { numberOrDigits } from './portal-parameter.ts';

export const defaultRows = 25;
const MOST_ROWS = 100;
/** Longer than any cursor a host makes. */
const CURSOR_LENGTH = 2_048;

/** Paging by key (additions §4). Portals send empty parameters for what is not set. */
export const listPaging = {
  after: z.string().max(CURSOR_LENGTH).optional(),
  limit: z
    .union([z.literal('').transform(() => defaultRows), numberOrDigits(z.int().min(1).max(MOST_ROWS))])
    .default(defaultRows),
};

/** For a route whose `limit` may be more as long as it does not page by key. */
export function refuseLongPage(
  { after, limit }: { after?: string | undefined; limit?: number | undefined },
  { addIssue }: z.core.$RefinementCtx,
): void {
  if (after === undefined || limit === undefined || limit <= MOST_ROWS) return;
  addIssue({ code: 'custom', path: ['limit'], message: reason('unknown_value').error });
}

/** A filter of a list with a few values; an empty one counts as absent. */
export function choice<const V extends readonly [string, ...string[]]>(values: V) {
  return z.union([z.literal('').transform(() => undefined), z.enum(values)]).optional();
}
/** A filter of a list with a text; an empty one counts as absent. */
export const textFilter = z
  .string()
  .max(254)
  .transform((text) => (text.trim() === '' ? undefined : text))
  .optional();

/** A page of a list whose rows have that schema. */
export function listAnswer<R extends z.ZodType>(row: R) {
  return z.strictObject({
    rows: z.array(row),
    next: z.string().optional(),
    total: z.int().optional(),
    totalIsExact: z.boolean().optional(),
    searched: z.enum(['exact', 'beginning', 'newest 1000']).optional(),
  });
}
/** The page with its rows as they are answered. */
export function wireList<T, R>({ rows, ...page }: ListPage<T>, wireRow: (row: T) => R) {
  return { ...page, rows: rows.map(wireRow) };
}
