import type { Metric } from './figure.ts';

const DAY_MS = 86_400_000;

/** UTC day of a time, counted since 1970. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** ISO week of a day, counted since the one that holds 1 January 1970, a Thursday. */
function weekIndex(day: number): number {
  return Math.floor((day + 3) / 7);
}

/** ISO 8601 name of the week that holds a day: `2026-W01`. */
function isoWeek(day: number): string {
  // The year is that of the week's Thursday.
  const thursday = weekIndex(day) * 7;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - dayOf(Date.UTC(year, 0, 1))) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function monthIndex(day: number): number {
  const date = new Date(day * DAY_MS);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}

/**
 * What the first visit of a day counts as. `lastSeenDay`: the day of the visit before; `createdAt`: when the
 * user joined.
 */
export function figuresOfVisit(input: {
  day: number;
  lastSeenDay: number | undefined;
  createdAt: number;
}): readonly (readonly [metric: Metric, first?: string, second?: string])[] {
  const { day, lastSeenDay, createdAt } = input;
  const isNew = (index: (day: number) => number) =>
    lastSeenDay === undefined || index(lastSeenDay) !== index(day);
  const joined = Math.min(day, dayOf(createdAt));
  const weeks = weekIndex(day) - weekIndex(joined);
  return [
    ['active_day'],
    ...(isNew(weekIndex) ? ([['active_week'], ['returned', isoWeek(joined), String(weeks)]] as const) : []),
    ...(isNew(monthIndex) ? ([['active_month']] as const) : []),
  ];
}
