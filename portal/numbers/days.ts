const DAY_MS = 86_400_000;
/** More days are not answered at once. */
export const MOST_DAYS = 800;
const DAY = /^\d{4}-\d\d-\d\d$/;
const DEFAULT_DAYS = 30;

/** A range of UTC days such as `2026-01-31`, both included. */
export interface Range {
  from: string;
  to: string;
}
export type Unit = 'day' | 'week' | 'month';

/** The day that many days later. */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

export function daysIn({ from, to }: Range): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

/** What a query asks for, whole and in order; without one the last thirty days. `now`: epoch ms. */
export function rangeOf(query: URLSearchParams, now: number): Range {
  const today = new Date(now).toISOString().slice(0, 10);
  const [from, to] = [dayOf(query.get('from')), dayOf(query.get('to')) ?? today];
  const begin = from ?? addDays(to, 1 - DEFAULT_DAYS);
  const range = begin <= to ? { from: begin, to } : { from: to, to: begin };
  return daysIn(range) > MOST_DAYS ? { from: addDays(range.to, 1 - MOST_DAYS), to: range.to } : range;
}

function dayOf(text: string | null): string | undefined {
  const isDay = text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text));
  return isDay && new Date(text).toISOString().startsWith(text) ? text : undefined;
}

/** The range of the same length before; undefined where both together are too long to be asked for. */
export function rangeBefore(range: Range): Range | undefined {
  const days = daysIn(range);
  return days * 2 > MOST_DAYS ? undefined : { from: addDays(range.from, -days), to: addDays(range.from, -1) };
}

/** How finely a range is drawn. */
export function unitOf(range: Range): Unit {
  const days = daysIn(range);
  return days <= 62 ? 'day' : days <= 400 ? 'week' : 'month';
}

/** The first day of the bucket that a day lies in. */
export function bucketOf(day: string, unit: Unit): string {
  if (unit === 'day') return day;
  if (unit === 'month') return `${day.slice(0, 7)}-01`;
  return addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
}

/** Every bucket of a range, in order. */
export function bucketsOf({ from, to }: Range, unit: Unit): string[] {
  const buckets = new Set<string>();
  for (let day = from; day <= to; day = addDays(day, 1)) buckets.add(bucketOf(day, unit));
  return [...buckets];
}

/** The ISO week of a Monday: `2026-W03`. */
export function weekName(monday: string): string {
  const thursday = addDays(monday, 3);
  const year = thursday.slice(0, 4);
  const week = Math.floor((Date.parse(thursday) - Date.parse(`${year}-01-01`)) / DAY_MS / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
