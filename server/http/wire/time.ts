import { z } from 'zod';

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
