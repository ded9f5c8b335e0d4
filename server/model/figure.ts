/**
 * The figures and what each is told apart by, in the order in which the dimensions are kept (additions §5).
 * A figure outlives people: no dimension may tell who somebody is.
 */
export const METRICS = {
  signup_requested: ['flow', 'locale'],
  signup_sent: ['flow', 'locale'],
  signup_opened: ['flow', 'locale'],
  signup_tried: ['flow', 'locale'],
  signup_verified: ['flow', 'locale'],
  signup_expired: ['flow', 'locale'],
  verified_within: ['bucket', 'flow'],
  login_within_a_day: ['flow'],
  client: ['client', 'step'],
  login: ['method'],
  login_failed: ['reason'],
  renewed: [],
  invite_sent: ['sender'],
  invite_accepted: ['sender'],
  invite_expired: ['sender'],
  invite_withdrawn: ['sender'],
  message: ['channel', 'outcome'],
  factor_on: ['kind'],
  factor_off: ['kind'],
  password_reset: ['kind'],
  user_deleted: ['kind'],
  user_imported: ['kind'],
  active_day: [],
  active_week: [],
  active_month: [],
  returned: ['week', 'weeks'],
} as const satisfies Record<string, readonly string[]>;
export type Metric = keyof typeof METRICS;

/** One counter of an app: how often something happened on a UTC day. */
export interface Figure {
  appId: string;
  /** Days since 1970. */
  day: number;
  metric: Metric;
  /** Empty where the metric has no such dimension. */
  first: string;
  second: string;
  count: number;
}
