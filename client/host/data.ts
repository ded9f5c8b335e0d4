import type { App } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';
import type { UserFilter } from './users.ts';

interface ExportOptions {
  /** False leaves keys, credentials and password hashes out. */
  withSecrets?: boolean | undefined;
  /** True writes an apostrophe in front of what a spreadsheet would take for a formula. */
  spreadsheet?: boolean | undefined;
}

/** Whole apps as files. */
export function data(call: Call) {
  return {
    export: (query: { appId: string } & ExportOptions, options?: CallOptions) =>
      call.download('/api/app/export', query, options),
    exportHost: (query: ExportOptions = {}, options?: CallOptions) =>
      call.download('/api/app/exportHost', query, options),
    /** Makes a new app of an exported file. */
    importApp: (parts: { appName: string; file: Blob; newKeys?: boolean }, options?: CallOptions) =>
      call.upload<App>('/api/app/importDatabase', parts, options),
  };
}

/** Work on many that the host does in steps. */
export interface Job {
  job: string;
  kind: 'bulk';
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  /** Why it waits or failed. */
  reason?: 'file_elsewhere' | 'unexpected' | undefined;
  appId: string;
  /** What is done, of a bulk action. */
  action?: string | undefined;
  /** The operator who began it. */
  by?: string | undefined;
  /** How many rows were looked at. */
  read: number;
  total?: number | undefined;
  /** What became of them, by outcome. */
  report: Record<string, number>;
  createdAt: string;
  endedAt?: string | undefined;
}

export type BulkAction = 'suspend' | 'activate' | 'delete' | 'sendPasswordReset';

export function jobs(call: Call) {
  return {
    /** Does something to every user of a filter. `perHour` spreads mails. */
    bulk: (
      body: { appId: string; filter: UserFilter; action: BulkAction; perHour?: number },
      options?: CallOptions,
    ) => call.post<{ job: string }>('/api/app/bulk', body, options),
    list: (query: { appId: string } & Paging, options?: CallOptions) =>
      call.get<List<Job>>('/api/app/jobs', query, options),
    get: (query: { job: string }, options?: CallOptions) => call.get<Job>('/api/app/job', query, options),
    stop: (body: { job: string }, options?: CallOptions) =>
      call.post<true>('/api/app/stopJob', body, options),
  };
}
