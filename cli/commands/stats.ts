import type { Figures } from '../../client/host/index.ts';
import { systemClock } from '../../server/security/clock.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { type Bar, barLines } from '../output/bars.ts';
import type { Column } from '../output/table.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
const USUAL = 'signup_requested,signup_verified,login,login_failed,active_day';
/** Metrics that know a dimension. */
const METRICS_BY: Readonly<Record<string, string>> = {
  flow: 'signup_requested,signup_sent,signup_opened,signup_tried,signup_verified,signup_expired',
  locale: 'signup_requested,signup_verified,signup_expired',
  bucket: 'verified_within',
  client: 'client',
  step: 'client',
  method: 'login',
  reason: 'login_failed',
  sender: 'invite_sent,invite_accepted,invite_expired,invite_withdrawn',
  channel: 'message',
  outcome: 'message',
  kind: 'factor_on,factor_off,user_deleted',
  week: 'returned',
  weeks: 'returned',
};

interface Row {
  metric: string;
  key: string;
  day: string;
  count: number;
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'metric', of: ({ metric }) => metric },
  { title: 'key', of: ({ key }) => key },
  { title: 'day', of: ({ day }) => day },
  { title: 'count', of: ({ count }) => count },
];

export const statsCommand: Command = {
  name: 'stats',
  summary: 'signups, log-ins and active users of the last 30 days, as bars',
  example: 'stats --from 2026-01-01 --to 2026-01-31 --by flow',
  options: [
    ['--from <day>', 'first UTC day'],
    ['--to <day>', 'last UTC day (today)'],
    ['--by <dimensions>', 'flow, locale, client, method, reason, channel, outcome …; one or two'],
    ['--metric <metrics>', 'comma-separated; one alone is shown by day'],
  ],
  async run(context, given) {
    const { appId } = await context.app();
    const to = given.text('to') ?? dayOf(systemClock.now());
    const last = Number.isNaN(Date.parse(to)) ? systemClock.now() : Date.parse(to);
    const from = given.text('from') ?? dayOf(last - (DAYS - 1) * DAY_MS);
    const by = given.text('by');
    const metric = given.text('metric') ?? METRICS_BY[by?.split(',')[0] ?? ''] ?? USUAL;
    const figures = await (await context.host()).figures.get({ appId, from, to, metric, by });
    if (context.output.format === 'csv') context.output.rows(rowsOf(figures), COLUMNS);
    else {
      const { stream } = context.output;
      context.output.text(
        barLines(barsOf(figures, metric), stream.isTTY ? stream.columns : undefined).join('\n'),
        figures,
      );
    }
    if (figures.series.length === 0) context.terminal.line(`Nothing was counted from ${from} to ${to}.`);
    return EXIT.done;
  },
};

/** A metric alone by day, several by what they add up to. */
function barsOf({ series }: Figures, metrics: string): Bar[] {
  const [only] = series;
  if (only && series.length === 1 && !metrics.includes(',')) {
    return only.days.map(({ day, count }) => ({ label: day, count }));
  }
  return series.map(({ metric, key, days }) => ({
    label: [metric, keyText(key)].filter(Boolean).join(' '),
    count: days.reduce((sum, { count }) => sum + count, 0),
  }));
}

function rowsOf({ series }: Figures): Row[] {
  return series.flatMap(({ metric, key, days }) =>
    days.map((row) => ({ metric, key: keyText(key), ...row })),
  );
}

function keyText(key: string | readonly string[] | undefined): string {
  return typeof key === 'string' ? key : (key ?? []).join(' ');
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
