import type { OffsetPaging } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';

/** A row of an app's log. */
export interface LogRow {
  _id: string;
  appId?: string | undefined;
  handle?: string | undefined;
  action: string;
  value: string;
  logType: 'user' | 'app';
  status: 'success' | 'error';
  createdAt: string;
  /** The operator who did it. */
  by?: string | undefined;
}

export interface LogFilter {
  appId: string;
  type?: 'app' | 'user' | 'all' | undefined;
  status?: 'success' | 'error' | 'all' | undefined;
  fromDate?: string | undefined;
  toDate?: string | undefined;
  /** Actions, comma-separated. */
  filterAction?: string | undefined;
  handle?: string | undefined;
  userId?: string | undefined;
}

/** The log of an app, newest first. */
export function logs(call: Call) {
  return {
    list: (query: LogFilter & Paging, options?: CallOptions) =>
      call.get<List<LogRow>>('/api/app/logs', { ...query, after: query.after ?? '' }, options),
    page: (query: Omit<LogFilter, 'handle' | 'userId'> & OffsetPaging, options?: CallOptions) =>
      call.get<{ totalLog: number; logs: LogRow[] }>('/api/app/logs', query, options),
  };
}
