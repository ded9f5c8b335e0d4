import type { Figures, HostClient } from '../../client/host/index.ts';
import { bucketOf, type Range, type Unit } from './days.ts';

type Series = Figures['series'];

/** Figures that were asked for together, and ways to add them up. */
export class Counts {
  readonly #series: Series;
  constructor(series: Series) {
    this.#series = series;
  }

  /** Those that a key begins with these values; none: all. */
  #of(metric: string, ...key: readonly string[]): Series {
    return this.#series.filter(
      (one) => one.metric === metric && key.every((value, place) => keyOf(one)[place] === value),
    );
  }
  sum(metric: string, range: Range, ...key: readonly string[]): number {
    const days = this.#of(metric, ...key).flatMap((one) => one.days);
    return days
      .filter(({ day }) => day >= range.from && day <= range.to)
      .reduce((total, { count }) => total + count, 0);
  }
  /** By bucket, in their order. */
  rows(metric: string, range: Range, { buckets, unit }: Buckets, ...key: readonly string[]): number[] {
    const sums = new Map(buckets.map((bucket) => [bucket, 0]));
    for (const { days } of this.#of(metric, ...key)) {
      for (const { day, count } of days) {
        if (day < range.from || day > range.to) continue;
        const bucket = bucketOf(day, unit);
        sums.set(bucket, (sums.get(bucket) ?? 0) + count);
      }
    }
    return buckets.map((bucket) => sums.get(bucket) ?? 0);
  }
  /** The keys that a metric has, the largest first. */
  keys(metric: string, range: Range): string[][] {
    return this.#of(metric)
      .map((one) => ({ key: keyOf(one), count: this.sum(metric, range, ...keyOf(one)) }))
      .filter(({ count }) => count > 0)
      .sort((one, other) => other.count - one.count)
      .map(({ key }) => key);
  }
}

export interface Buckets {
  buckets: readonly string[];
  unit: Unit;
}

function keyOf({ key = [] }: Series[number]): string[] {
  return typeof key === 'string' ? [key] : key;
}

/** All that the screen shows, by what it is told apart. */
export interface AppFigures {
  since: string;
  /** Not told apart, the period before included. */
  totals: Counts;
  flow: Counts;
  flowLocale: Counts;
  client: Counts;
  bucket: Counts;
  method: Counts;
  reason: Counts;
  message: Counts;
  returned: Counts;
}

const TOTALS = [
  ...['signup_requested', 'signup_sent', 'signup_verified', 'signup_expired', 'login', 'login_failed'],
  ...['invite_sent', 'invite_accepted', 'invite_withdrawn', 'invite_expired', 'message'],
  ...['active_day', 'active_week', 'active_month', 'user_deleted', 'user_imported'],
].join(',');

/** Asks a host for them; `earlier` and `later` reach beyond the range for what needs it. */
export async function readFigures(
  host: HostClient,
  appId: string,
  { from, to, earlier, later }: Range & { earlier: string; later: string },
): Promise<AppFigures> {
  const ask = async (metric: string, by?: string, range = { from, to }) => {
    const figures = await host.figures.get({ appId, ...range, metric, by });
    return { since: figures.since, counts: new Counts(figures.series) };
  };
  const [totals, ...others] = await Promise.all([
    ask(TOTALS, undefined, { from: earlier, to: later }),
    ask('signup_opened,signup_tried,login_within_a_day', 'flow'),
    ask('signup_requested,signup_verified', 'flow,locale'),
    ask('client', 'client,step'),
    ask('verified_within', 'bucket'),
    ask('login', 'method'),
    ask('login_failed', 'reason'),
    ask('message', 'channel,outcome'),
    ask('returned', 'week,weeks', { from, to: later }),
  ]);
  const [flow, flowLocale, client, bucket, method, reason, message, returned] = others.map(
    ({ counts }) => counts,
  ) as [Counts, Counts, Counts, Counts, Counts, Counts, Counts, Counts];
  return {
    since: totals.since,
    totals: totals.counts,
    flow,
    flowLocale,
    client,
    bucket,
    method,
    reason,
    message,
    returned,
  };
}
