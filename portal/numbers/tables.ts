import type { Texts } from '../frame/texts.ts';
import { nameOf } from './charts.ts';
import type { AppFigures, Counts } from './counts.ts';
import { addDays, bucketOf, bucketsOf, type Range, weekName } from './days.ts';

/** Rows of the drop-off tables. */
const WORST = 20;
/** Weeks after the signup that are shown. */
const WEEKS = 8;
const COHORTS = 26;
/** Shades of the return table. */
const SHADES = 5;

/** Steps from a wish to join to coming back, each with its share of the first. */
export function funnelOf(texts: Texts, range: Range, { totals, flow, returned }: AppFigures) {
  const requested = totals.sum('signup_requested', range);
  const tried = flow
    .keys('signup_opened', range)
    .concat(flow.keys('signup_tried', range))
    .map(([key = '']) => key)
    .filter((key, at, all) => all.indexOf(key) === at)
    // A link is opened, a code is tried: one of the two is the way of a flow.
    .reduce(
      (sum, key) =>
        sum + Math.max(flow.sum('signup_opened', range, key), flow.sum('signup_tried', range, key)),
      0,
    );
  const weeks = bucketsOf(range, 'week').map(weekName);
  const always = { from: range.from, to: '9999-12-31' };
  const steps: [string, number][] = [
    ['requested', requested],
    ['sent', totals.sum('signup_sent', range)],
    ['tried', tried],
    ['verified', totals.sum('signup_verified', range)],
    ['within', flow.sum('login_within_a_day', range)],
    ['back', weeks.reduce((sum, week) => sum + returned.sum('returned', always, week, '1'), 0)],
  ];
  return steps.map(([name, count]) => ({
    label: texts.say(`numbers.funnel.${name}`),
    count: texts.number(count),
    share: requested === 0 ? '–' : texts.share(count / requested),
    width: requested === 0 ? 0 : Math.min(100, Math.round((count / requested) * 100)),
  }));
}

interface Drop {
  labels: string[];
  requested: number;
  verified: number;
}

/** Where signups are lost, the worst first: by way and language, and by client. */
export function dropsOf(texts: Texts, range: Range, { flowLocale, client }: AppFigures) {
  const byFlow = pairs(flowLocale, 'signup_requested', range).map(([flow, locale]) => ({
    labels: [nameOf(texts, 'flow', flow), locale],
    requested: flowLocale.sum('signup_requested', range, flow, locale),
    verified: flowLocale.sum('signup_verified', range, flow, locale),
  }));
  const families = pairs(client, 'client', range).filter(([, step]) => step === 'signup_requested');
  const byClient = families.map(([family]) => ({
    labels: [family],
    requested: client.sum('client', range, family, 'signup_requested'),
    verified: client.sum('client', range, family, 'signup_verified'),
  }));
  return { byFlow: worst(texts, byFlow), byClient: worst(texts, byClient) };
}

function pairs(counts: Counts, metric: string, range: Range): [string, string][] {
  return counts.keys(metric, range).map(([one = '', other = '']) => [one, other]);
}

function worst(texts: Texts, drops: readonly Drop[]) {
  return drops
    .map((drop) => ({ ...drop, lost: Math.max(0, 1 - drop.verified / drop.requested) }))
    .sort((one, other) => other.lost - one.lost || other.requested - one.requested)
    .slice(0, WORST)
    .map(({ labels, requested, verified, lost }) => ({
      labels,
      requested: texts.number(requested),
      verified: texts.number(verified),
      lost: texts.share(lost),
    }));
}

/** Who came back in the weeks after their signup, a row for each week of signups. */
export function returnsOf(texts: Texts, range: Range, { totals, returned }: AppFigures) {
  const always = { from: range.from, to: '9999-12-31' };
  const rows = bucketsOf(range, 'week')
    .slice(-COHORTS)
    .map((monday) => {
      const joined = totals.sum('signup_verified', { from: monday, to: addDays(monday, 6) });
      return {
        label: texts.day(bucketOf(monday, 'week')),
        joined,
        weeks: Array.from({ length: WEEKS }, (_, at) => {
          const count = returned.sum('returned', always, weekName(monday), String(at + 1));
          const share = joined === 0 ? 0 : Math.min(1, count / joined);
          return { text: count === 0 ? '' : texts.share(share), shade: `heat${Math.ceil(share * SHADES)}` };
        }),
      };
    })
    .filter(({ joined }) => joined > 0);
  return { rows, head: Array.from({ length: WEEKS }, (_, at) => String(at + 1)) };
}
