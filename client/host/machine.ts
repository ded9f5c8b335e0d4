import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';

/** `unknown`: not done, or nobody to ask. */
export type Verdict = boolean | 'unknown';

export interface HostFacts {
  name: string;
  version: string;
  apiUrl: string;
  startedAt: string;
  database: { kind: 'sqlite' | 'mongodb'; ok: Verdict };
  mail: { kind: 'outbox' | 'smtp' | 'sendgrid'; from: string };
  sms: { kind: 'outbox' | 'twilio' | 'none' };
  /** Names of settings that are weaker than they should be. */
  insecure: string[];
  apps: number;
  users: number;
  node: string;
  disk?: { free: number; total: number } | undefined;
  lastBackupAt?: string | undefined;
  hashQueue: number;
  /** The address the host believes the caller has. */
  clientAddress?: string | undefined;
}

export interface HostSetting {
  name: string;
  /** Absent of secrets, and where none is set. */
  value?: string | undefined;
  origin: 'environment' | 'file' | 'default';
  secret: boolean;
}

export interface Check {
  name: string;
  ok: Verdict;
  detail: string;
  repair?: string | undefined;
}

export interface CheckStep {
  step: string;
  ok: Verdict;
  ms: number;
  detail: string;
  repair?: string | undefined;
}
export interface CheckOutcome {
  ok: Verdict;
  steps: CheckStep[];
}

/** What became of a mail or SMS; never its text. */
export interface Delivery {
  id: string;
  appId: string;
  channel: 'email' | 'sms';
  template: string;
  locale: string;
  /** Masked unless `reveal` was asked for. */
  to: string;
  state: 'waiting' | 'sent' | 'failed' | 'withdrawn';
  tries: number;
  queuedAt: string;
  sentAt?: string | undefined;
  nextTryAt?: string | undefined;
  lastError?: string | undefined;
}

export interface DeliveryQuery extends Paging {
  appId?: string | undefined;
  state?: Delivery['state'] | undefined;
  reveal?: boolean | undefined;
}

const TEST_TIMEOUT_MS = 60_000;

/** The host itself. */
export function machine(call: Call) {
  return {
    facts: (options?: CallOptions) => call.get<HostFacts>('/api/host', {}, options),
    settings: (options?: CallOptions) => call.get<HostSetting[]>('/api/host/settings', {}, options),
    checks: (options?: CallOptions) =>
      call.get<Check[]>('/api/host/checks', {}, { timeoutMs: TEST_TIMEOUT_MS, ...options }),
    /** `appId`: through the app's own account. */
    testMail: (body: { to: string; appId?: string }, options?: CallOptions) =>
      call.post<CheckOutcome>('/api/host/testMail', body, { timeoutMs: TEST_TIMEOUT_MS, ...options }),
    testSms: (body: { to: string; appId?: string }, options?: CallOptions) =>
      call.post<CheckOutcome>('/api/host/testSms', body, { timeoutMs: TEST_TIMEOUT_MS, ...options }),
    messages: (query: DeliveryQuery = {}, options?: CallOptions) =>
      call.get<List<Delivery>>('/api/host/messages', query, options),
    retryMessage: (body: { id: string }, options?: CallOptions) =>
      call.post<true>('/api/host/retryMessage', body, options),
    /** True when address and secret are right. */
    ping: (options?: CallOptions) => call.get<true>('/api/app/connection', {}, options),
    versions: (options?: CallOptions) => call.get<unknown>('/api/app/getCosyncVersions', {}, options),
    testAppMail: (body: { appId: string }, options?: CallOptions) =>
      call.post<true>('/api/app/testEmailExtension', body, options),
    testAppSms: (
      body: { appId: string; phone: string; handle?: string; locale?: string },
      options?: CallOptions,
    ) => call.post<{ twoFactorCode: 0 }>('/api/app/testAppTwilio', body, options),
  };
}
