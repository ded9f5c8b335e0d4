import type { Texts } from '../frame/texts.ts';
import { barChart, type Chart, type ChartSeries, lineChart } from './chart.ts';
import type { AppFigures, Buckets, Counts } from './counts.ts';
import { addDays, bucketsOf, type Range, unitOf } from './days.ts';

/** What the first chart can be told apart by. */
export const SPLITS = ['flow', 'locale', 'client'] as const;
export type Split = (typeof SPLITS)[number];
/** More series cannot be told apart by colour. */
const MOST_SERIES = 7;
const WITHIN = ['1m', '5m', '15m', '1h', '6h', '24h', '48h'] as const;

interface Drawn {
  texts: Texts;
  range: Range;
  figures: AppFigures;
  split: Split | undefined;
  /** Users there are now, and the day that is; unknown where figures do not reach it. */
  users: number | undefined;
  today: string;
}

/** The charts of the screen, in its order. */
export function chartsOf(drawn: Drawn): Chart[] {
  const { texts, range, figures } = drawn;
  const unit = unitOf(range);
  const buckets: Buckets = { buckets: bucketsOf(range, unit), unit };
  const axis = texts.say(`chart.unit.${unit}`);
  const places = buckets.buckets.map((day) => texts.day(day, { short: unit !== 'month' }));
  const frame = (id: string) => ({
    id,
    axis,
    places,
    title: texts.say(`chart.${id}`),
    caption: texts.say(`chart.${id}.text`),
  });
  const total = (label: string, metric: string): ChartSeries => ({
    label: texts.say(label),
    values: figures.totals.rows(metric, range, buckets),
  });
  const apart = (counts: Counts, metric: string): ChartSeries[] =>
    counts
      .keys(metric, range)
      .slice(0, MOST_SERIES)
      .map((key) => ({
        label: key.map((part) => nameOf(texts, metric, part)).join(' · '),
        values: counts.rows(metric, range, buckets, ...key),
      }));
  return [
    barChart({ ...frame('signups'), series: signups(drawn, buckets) }),
    timeToVerify(drawn),
    barChart({
      ...frame('invites'),
      series: [
        total('chart.sent', 'invite_sent'),
        total('chart.accepted', 'invite_accepted'),
        total('chart.withdrawn', 'invite_withdrawn'),
        total('chart.expired', 'invite_expired'),
      ],
    }),
    lineChart({
      ...frame('active'),
      series: [
        total('chart.perDay', 'active_day'),
        total('chart.perWeek', 'active_week'),
        total('chart.perMonth', 'active_month'),
      ],
    }),
    barChart({ ...frame('logins'), series: apart(figures.method, 'login') }),
    barChart({ ...frame('refusals'), series: apart(figures.reason, 'login_failed') }),
    barChart({ ...frame('messages'), series: apart(figures.message, 'message') }),
    ...(drawn.users === undefined
      ? []
      : [
          lineChart({
            ...frame('users'),
            series: [{ label: texts.say('chart.users'), values: allUsers(drawn, drawn.users, buckets) }],
          }),
        ]),
  ];
}

/** What a value of a dimension is called; names of clients and languages are their own. */
export function nameOf(texts: Texts, metric: string, value: string): string {
  const name = `numbers.${metric}.${value}`;
  return texts.has(name) ? texts.say(name) : value;
}

function signups({ texts, range, figures, split }: Drawn, buckets: Buckets): ChartSeries[] {
  if (split !== undefined) return splitSignups({ texts, range, figures, split }, buckets);
  const rows = (metric: string) => figures.totals.rows(metric, range, buckets);
  const [requested, verified, expired] = [
    rows('signup_requested'),
    rows('signup_verified'),
    rows('signup_expired'),
  ];
  const open = requested.map((count, at) => Math.max(0, count - (verified[at] ?? 0) - (expired[at] ?? 0)));
  return [
    { label: texts.say('chart.verified'), values: verified },
    { label: texts.say('chart.waiting'), values: open },
    { label: texts.say('chart.expired'), values: expired },
  ];
}

/** Verified ones by one of their dimensions. */
function splitSignups(
  { texts, range, figures, split }: Pick<Drawn, 'texts' | 'range' | 'figures'> & { split: Split },
  buckets: Buckets,
): ChartSeries[] {
  const isClient = split === 'client';
  const counts = isClient ? figures.client : figures.flowLocale;
  const metric = isClient ? 'client' : 'signup_verified';
  const place = split === 'locale' ? 1 : 0;
  const bySplit = new Map<string, number[]>();
  for (const key of counts.keys(metric, range)) {
    if (isClient && key[1] !== 'signup_verified') continue;
    const value = key[place] ?? '';
    const rows = counts.rows(metric, range, buckets, ...key);
    bySplit.set(value, bySplit.get(value)?.map((count, at) => count + (rows[at] ?? 0)) ?? rows);
  }
  return [...bySplit]
    .slice(0, MOST_SERIES)
    .map(([value, values]) => ({ label: nameOf(texts, split, value), values }));
}

function timeToVerify({ texts, range, figures }: Drawn): Chart {
  const values = WITHIN.map((bucket) => figures.bucket.sum('verified_within', range, bucket));
  const names = WITHIN.map((bucket) => texts.say(`numbers.within.${bucket}`));
  const total = values.reduce((sum, value) => sum + value, 0);
  const until = (share: number) => {
    let sum = 0;
    const at = values.findIndex((value) => {
      sum += value;
      return sum >= total * share;
    });
    return names[at] ?? '';
  };
  return barChart({
    id: 'verify',
    title: texts.say('chart.verify'),
    caption:
      total === 0
        ? texts.say('chart.verify.text')
        : texts.say('chart.verify.told', { half: until(0.5), most: until(0.9) }),
    axis: texts.say('chart.within'),
    places: names,
    series: [{ label: texts.say('chart.verified'), values }],
  });
}

/** At the end of each bucket, counted back from today. */
function allUsers({ figures, range, today }: Drawn, users: number, { buckets }: Buckets): number[] {
  const since = (from: string) => {
    const later = { from, to: today };
    const { totals } = figures;
    const joined = totals.sum('signup_verified', later) + totals.sum('user_imported', later);
    return joined - totals.sum('user_deleted', later);
  };
  return buckets.map((_, at) => {
    const end = buckets[at + 1] ?? addDays(range.to, 1);
    return Math.max(0, users - since(end));
  });
}
