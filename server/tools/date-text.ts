const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+ -])(\d\d):?(\d\d))?)?$/;
/** `Thu Jan 01 2026 09:00:00 GMT+0000 (Coordinated Universal Time)`, as JavaScript writes it. */
const JAVASCRIPT =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4})(?: (\d\d):(\d\d):(\d\d)(?: GMT(?:([+ -])(\d\d)(\d\d))?(?: \([^()]{1,60}\))?)?)?$/;
/** `Thu, 01 Jan 2026 09:00:00 GMT` (RFC 9110 §5.6.7). */
const HTTP = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * A date with or without a time: ISO 8601, or as JavaScript or HTTP write it; undefined for every other text
 * and for days and times that do not exist (`Date.parse` takes 30 February for 2 March). UTC unless the text
 * names an offset, whose plus may have become a blank in a query.
 */
export function parseDateText(text: string): number | undefined {
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = iso;
    const time = timeOf([year, month, day, hour, minute, second, fraction]);
    return withOffset(time, sign, offsetHour, offsetMinute);
  }
  const script = JAVASCRIPT.exec(text);
  if (script) {
    const [, month, day, year, hour, minute, second, sign, offsetHour, offsetMinute] = script;
    const time = timeOf([year, numberOfMonth(month), day, hour, minute, second]);
    return withOffset(time, sign, offsetHour, offsetMinute);
  }
  const [, day, month, year, hour, minute, second] = HTTP.exec(text) ?? [];
  return day === undefined ? undefined : timeOf([year, numberOfMonth(month), day, hour, minute, second]);
}

function numberOfMonth(name: string | undefined): string {
  return String(MONTHS.indexOf(name ?? '') + 1);
}

/** Milliseconds of a UTC time; undefined when the calendar or the clock has none such. */
function timeOf([year, month, day, hour = '0', minute = '0', second = '0', fraction = '0']: (
  | string
  | undefined
)[]): number | undefined {
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, m = 0, d = 0, h = 0, min = 0, s = 0] = parts;
  const time = Date.UTC(y, m - 1, d, h, min, s, Math.trunc(Number(`0.${fraction}`) * 1_000));
  const at = new Date(time);
  const same =
    at.getUTCFullYear() === y &&
    at.getUTCMonth() === m - 1 &&
    at.getUTCDate() === d &&
    at.getUTCHours() === h &&
    at.getUTCMinutes() === min &&
    at.getUTCSeconds() === s;
  return same ? time : undefined;
}

function withOffset(time: number | undefined, sign = '+', hours = '0', minutes = '0'): number | undefined {
  if (time === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? time + offsetMs : time - offsetMs;
}
