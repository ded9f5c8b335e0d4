import type { Call, CallOptions } from './call.ts';

export interface FiguresQuery {
  appId: string;
  /** UTC days, both inclusive, at most 800: `2026-01-31`. */
  from: string;
  to: string;
  /** Comma-separated. */
  metric: string;
  /** One or two dimensions, comma-separated. */
  by?: string | undefined;
}

export interface Figures {
  from: string;
  to: string;
  /** The first day that was counted. */
  since: string;
  series: {
    metric: string;
    /** Value of the dimension asked for; of two, in their order. */
    key?: string | string[] | undefined;
    /** Ascending; days without a count are left out. */
    days: { day: string; count: number }[];
  }[];
}

/** Counts by app and day, without personal data. */
export function figures(call: Call) {
  return {
    get: (query: FiguresQuery, options?: CallOptions) =>
      call.get<Figures>('/api/app/figures', query, options),
  };
}
