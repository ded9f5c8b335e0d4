import { overviewOf } from '../app/app-home.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { csvDownload } from '../csv.ts';
import type { PortalReply, PortalRoute } from '../frame/route.ts';
import { choiceFilter, listAddress, listModel } from '../list.ts';
import { mask } from '../mask.ts';
import { chartsOf, SPLITS } from '../numbers/charts.ts';
import { type AppFigures, readFigures } from '../numbers/counts.ts';
import { addDays, bucketOf, daysIn, MOST_DAYS, type Range, rangeBefore, rangeOf } from '../numbers/days.ts';
import { dropsOf, funnelOf, returnsOf } from '../numbers/tables.ts';

const PRESETS = [7, 30, 90, 365];
const INVITERS = 10;
/** Every figure with what it is told apart by: the file of the screen. */
const METRICS: readonly (readonly [by: string, ...metrics: string[]])[] = [
  ['flow,locale', 'signup_requested', 'signup_sent', 'signup_opened', 'signup_tried'],
  ['flow,locale', 'signup_verified', 'signup_expired'],
  ['bucket,flow', 'verified_within'],
  ['flow', 'login_within_a_day'],
  ['client,step', 'client'],
  ['method', 'login'],
  ['reason', 'login_failed'],
  ['sender', 'invite_sent', 'invite_accepted', 'invite_expired', 'invite_withdrawn'],
  ['channel,outcome', 'message'],
  ['kind', 'factor_on', 'factor_off', 'password_reset', 'user_deleted', 'user_imported'],
  ['week,weeks', 'returned'],
  ['', 'renewed', 'active_day', 'active_week', 'active_month'],
];

/** How people join an app, come back and leave. */
export const numberRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/numbers', may: 'seeNumbers', respond: show }),
  appRoute({ method: 'GET', path: '/numbers/export', may: 'seeNumbers', respond: exportAll }),
];

async function show(request: AppRequest): Promise<PortalReply> {
  const { deps, texts, query, base, host, appId } = request;
  const path = `${base}/numbers`;
  const now = deps.clock.now();
  const today = new Date(now).toISOString().slice(0, 10);
  const range = rangeOf(query, now);
  const before = rangeBefore(range);
  const split = SPLITS.find((name) => name === query.get('by'));
  const span = spanOf(range, before, today);
  const [figures, overview, inviters] = await Promise.all([
    readFigures(host, appId, { ...range, ...span }),
    overviewOf(request),
    topInviters(request),
  ]);
  const filters = [
    { name: 'from', label: texts.say('from'), day: true, value: range.from } as const,
    { name: 'to', label: texts.say('to'), day: true, value: range.to } as const,
    choiceFilter(texts, query, {
      name: 'by',
      label: texts.say('numbers.by'),
      prefix: 'numbers.by.',
      values: SPLITS,
    }),
  ];
  return appPage(request, 'numbers', 'appBar.numbers', {
    range: texts.say('numbers.range', { from: texts.day(range.from), to: texts.day(range.to) }),
    presets: PRESETS.map((days) => ({
      label: texts.say('numbers.days', { count: days }),
      href: listAddress(path, query, { from: addDays(today, 1 - days), to: today }),
      current: range.to === today && daysIn(range) === days,
    })),
    since:
      figures.since > range.from ? texts.say('numbers.since', { day: texts.day(figures.since) }) : undefined,
    figures: headers(request, { range, before, figures }),
    charts: chartsOf({
      texts,
      range,
      figures,
      split,
      users: span.later < today ? undefined : overview.users,
      today,
    }),
    funnel: funnelOf(texts, range, figures),
    drops: dropsOf(texts, range, figures),
    returns: returnsOf(texts, range, figures),
    inviters,
    list: listModel(path, query, { filters }),
    exportAddress: listAddress(`${path}/export`, query, { ...range, by: '' }),
  });
}

/** As far as figures are asked for: the period before, whole weeks, and what became of it all since. */
function spanOf(range: Range, before: Range | undefined, today: string) {
  const whole = addDays(range.from, MOST_DAYS - 1);
  const later = today <= range.to ? range.to : today < whole ? today : whole;
  const least = addDays(later, 1 - MOST_DAYS);
  const wanted = [bucketOf(range.from, 'week'), before?.from ?? range.from].sort()[0] ?? range.from;
  return { earlier: wanted < least ? least : wanted, later };
}

function headers(
  { texts }: AppRequest,
  { range, before, figures }: { range: Range; before: Range | undefined; figures: AppFigures },
) {
  const { totals } = figures;
  const count = (label: string, metric: string) => {
    const value = totals.sum(metric, range);
    return {
      label: texts.say(label),
      value: texts.number(value),
      change: before && changeText(texts.number.bind(texts), value, totals.sum(metric, before)),
    };
  };
  const rate = (at: Range) => {
    const requested = totals.sum('signup_requested', at);
    return requested === 0 ? undefined : totals.sum('signup_verified', at) / requested;
  };
  const [now, earlier] = [rate(range), before && rate(before)];
  const rows = [
    count('numbers.requested', 'signup_requested'),
    count('numbers.verified', 'signup_verified'),
    {
      label: texts.say('numbers.rate'),
      value: now === undefined ? '–' : texts.share(Math.min(1, now)),
      change:
        now === undefined || earlier === undefined
          ? undefined
          : changeText(texts.share.bind(texts), Math.min(1, now), Math.min(1, earlier)),
    },
    count('numbers.logins', 'login'),
    count('numbers.refused', 'login_failed'),
    count('numbers.accepted', 'invite_accepted'),
  ];
  return rows.map((row) => ({
    ...row,
    change: row.change === undefined ? '' : texts.say('numbers.before', { change: row.change }),
  }));
}

function changeText(shown: (value: number) => string, now: number, before: number): string {
  if (now === before) return '±0';
  return `${now > before ? '+' : '−'}${shown(Math.abs(now - before))}`;
}

async function topInviters({ host, appId, access, texts }: AppRequest) {
  const { rows } = await host.invites.inviters({ appId, limit: INVITERS });
  return rows.map(({ senderHandle, sent, accepted, lastSentAt }) => ({
    sender: access === 'masked' ? mask(senderHandle) : senderHandle,
    sent: texts.number(sent),
    accepted: texts.number(accepted),
    lastSentAt,
  }));
}

async function exportAll({ host, appId, query, deps }: AppRequest): Promise<PortalReply> {
  const range = rangeOf(query, deps.clock.now());
  async function* rows() {
    for (const [by, ...metrics] of METRICS) {
      const asked = { appId, ...range, metric: metrics.join(','), by: by || undefined };
      const { series } = await host.figures.get(asked);
      for (const { metric, key = [], days } of series) {
        const [first = '', second = ''] = typeof key === 'string' ? [key] : key;
        for (const { day, count } of days) yield [day, metric, first, second, String(count)];
      }
    }
  }
  return csvDownload(
    `numbers-${range.from}-${range.to}.csv`,
    ['day', 'metric', 'first', 'second', 'count'],
    rows(),
  );
}
