import { z } from 'zod';
import type { FigureSeries } from '../../domain/portal/figures.ts';
import { METRICS, type Metric } from '../../model/figure.ts';

const DAY_MS = 86_400_000;
const METRIC_NAMES = Object.keys(METRICS) as [Metric, ...Metric[]];

function isMetric(name: string): name is Metric {
  return Object.hasOwn(METRICS, name);
}

/** A UTC day, `2026-01-31`, as days since 1970. */
export const day = z
  .string()
  .max(10)
  .regex(/^\d{4}-\d\d-\d\d$/)
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text))
  .transform((text) => Date.parse(text) / DAY_MS);

/** Names of metrics, comma-separated. */
export const metricList = z
  .string()
  .max(1_024)
  .refine((text) => text.split(',').every(isMetric))
  .transform((text) => text.split(',').filter(isMetric));
/** Names of dimensions, comma-separated; empty for none. */
export const dimensionList = z
  .string()
  .max(64)
  .transform((text) => (text === '' ? [] : text.split(',')))
  .optional();

const dayText = z.string().regex(/^\d{4}-\d\d-\d\d$/);

/** Figures of an app (additions §4). */
export const figuresAnswer = z.strictObject({
  from: dayText,
  to: dayText,
  since: dayText,
  series: z.array(
    z.strictObject({
      metric: z.enum(METRIC_NAMES),
      key: z.union([z.string(), z.array(z.string())]).optional(),
      days: z.array(z.strictObject({ day: dayText, count: z.int() })),
    }),
  ),
});

export function wireFigures({
  from,
  to,
  since,
  series,
}: {
  from: number;
  to: number;
  since: number;
  series: readonly FigureSeries[];
}): z.infer<typeof figuresAnswer> {
  return {
    from: textOf(from),
    to: textOf(to),
    since: textOf(since),
    series: series.map(({ metric, key, days }) => ({
      metric,
      // One name stands alone.
      ...(key && { key: key.length === 1 ? (key[0] ?? '') : [...key] }),
      days: days.map(({ day: at, count }) => ({ day: textOf(at), count })),
    })),
  };
}

function textOf(at: number): string {
  return new Date(at * DAY_MS).toISOString().slice(0, 10);
}
