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

/** What is counted. */
export type Metric =
  | 'signup_requested'
  | 'signup_sent'
  | 'signup_opened'
  | 'signup_tried'
  | 'signup_verified'
  | 'signup_expired'
  | 'verified_within'
  | 'login_within_a_day'
  | 'client'
  | 'login'
  | 'login_failed'
  | 'renewed'
  | 'invite_sent'
  | 'invite_accepted'
  | 'invite_expired'
  | 'invite_withdrawn'
  | 'message'
  | 'factor_on'
  | 'factor_off'
  | 'password_reset'
  | 'user_deleted'
  | 'user_imported'
  | 'active_day'
  | 'active_week'
  | 'active_month'
  | 'returned';

export interface Figures {
  from: string;
  to: string;
  /** The first day that was counted. */
  since: string;
  series: {
    metric: Metric;
    /** The value of the dimension asked for, of two a list in their order. */
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
