import { z } from 'zod';
import { parseDateText } from '../../tools/date-text.ts';

/** A time as old clients parse it: ISO 8601 with three decimals and `Z` (contract C5). */
export const timeText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: 'date-time', examples: ['2026-01-31T09:30:00.000Z'] });

/** A `timeText`. Undefined stays out of the answer. */
export function wireTime(at: number): string;
export function wireTime(at: number | undefined): string | undefined;
export function wireTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

const date = z
  .string()
  .max(80)
  .transform((text, context) => {
    const time = parseDateText(text);
    if (time !== undefined) return time;
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  });
/** A date of a query, with or without a time. Portals send empty parameters for filters that are not set. */
export const optionalDate = z.union([z.literal('').transform(() => undefined), date]).optional();
