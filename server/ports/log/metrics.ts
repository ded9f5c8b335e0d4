/** Counters for the metrics port. Labels come from fixed lists only. */
export interface Metrics {
  login(outcome: 'succeeded' | 'challenged' | 'failed' | 'delayed'): void;
  message(channel: 'email' | 'sms', outcome: 'sent' | 'failed' | 'limited'): void;
  request(route: string, method: string, status: number, seconds: number): void;
}
