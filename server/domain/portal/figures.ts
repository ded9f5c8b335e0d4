import { refused } from '../../model/errors.ts';
import { METRICS, type Metric } from '../../model/figure.ts';
import { dayOf } from '../../model/visit.ts';
import type { Deps } from '../../ports/deps.ts';
import type { FigureQuery } from '../../ports/store/figures.ts';
import { getAppForPortal } from '../apps/apps.ts';

/** Days of one answer. */
const MOST_DAYS = 800;
/** Dimensions of one answer. */
const MOST_DIMENSIONS = 2;

export interface FigureRequest {
  appId: string;
  /** Days since 1970, both included. */
  from: number;
  to: number;
  metrics: readonly Metric[];
  /** Names of dimensions. */
  by: readonly string[];
}
export interface FigureSeries {
  metric: Metric;
  /** In the order of `by`; absent where nothing is told apart. */
  key?: readonly string[];
  /** Ascending; days without a count are left out. */
  days: { day: number; count: number }[];
}

/**
 * Figures of an app over a range of days, with what this process has not written yet, and the day they begin
 * (today while there are none). Throws `app_gone`, and `refused` for a range that ends before it begins or is
 * longer than 800 days, and for a dimension that one of the metrics has not.
 */
export async function readFigures(
  deps: Pick<Deps, 'store' | 'activity' | 'clock'>,
  { appId, from, to, metrics, by }: FigureRequest,
): Promise<{ since: number; series: FigureSeries[] }> {
  await getAppForPortal(deps, appId);
  if (to < from || to - from >= MOST_DAYS) throw unknownValue('to');
  const queries = [...new Set(metrics)].map((metric) => queryOf(metric, by));
  await deps.activity.flush();
  const since = (await deps.store.figures.firstDay(appId)) ?? dayOf(deps.clock.now());
  const series = await Promise.all(
    queries.map(async (query) => {
      const sums = await deps.store.figures.sums(appId, { ...query, from, to });
      return seriesOf(query, sums);
    }),
  );
  return { since, series: series.flat() };
}

type Place = 'first' | 'second';
interface MetricQuery extends Pick<FigureQuery, 'metric' | 'second'> {
  by: readonly Place[];
}

/** Of `client` only log-ins are added up: one person would be counted at each step. */
function queryOf(metric: Metric, by: readonly string[]): MetricQuery {
  const dimensions: readonly string[] = METRICS[metric];
  const places = by.map((name) => dimensions.indexOf(name));
  const isKnown = places.every((place, n) => place >= 0 && places.indexOf(place) === n);
  if (!isKnown || by.length > MOST_DIMENSIONS) throw unknownValue('by');
  const asked = places.map((place) => (place === 0 ? 'first' : 'second'));
  const onlyLogins = metric === 'client' && !asked.includes('second');
  return { metric, by: asked, ...(onlyLogins && { second: 'login' }) };
}

function seriesOf(
  { metric, by }: MetricQuery,
  sums: readonly { day: number; first: string; second: string; count: number }[],
): FigureSeries[] {
  const daysOf = (rows: typeof sums) => rows.map(({ day, count }) => ({ day, count }));
  if (by.length === 0) return [{ metric, days: daysOf(sums) }];
  const groups = Map.groupBy(sums, (sum) => JSON.stringify(by.map((place) => sum[place])));
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, rows]) => ({ metric, key: JSON.parse(key) as string[], days: daysOf(rows) }));
}

function unknownValue(field: string) {
  return refused(`${field} is unknown`, { reason: 'unknown_value', field });
}
