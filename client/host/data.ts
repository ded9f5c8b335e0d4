import type { App } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';
import type { UserFilter } from './users.ts';

const MOVE_IN_MS = 86_400_000;

/** How much an exported file holds. */
export interface ExportOptions {
  /** False leaves keys, credentials and password hashes out. */
  withSecrets?: boolean | undefined;
  /** True writes an apostrophe in front of what a spreadsheet would take for a formula. */
  spreadsheet?: boolean | undefined;
}

/** Where a file of people comes from. */
export type MoveInFormat =
  | 'firebase'
  | 'auth0'
  | 'supabase'
  | 'pocketbase'
  | 'keycloak'
  | 'better-auth'
  | 'supertokens'
  | 'appwrite'
  | 'clerk'
  | 'cognito'
  | 'parse'
  | 'cosync';

/** How people are moved in; the first of the words is what holds where nothing is said. */
export interface MoveInOptions {
  format: MoveInFormat;
  /** Writes nothing, and reports the same. */
  dryRun?: boolean | undefined;
  /** What to do with those whose handle somebody has. */
  conflict?: 'skip' | 'update' | 'fail' | undefined;
  /** What those become whose address was never verified. */
  unverified?: 'pending' | 'active' | undefined;
  /** Which field becomes the handle, and which become metadata. */
  map?: { handle?: string | undefined; metaData?: Record<string, string> | undefined } | undefined;
  base64_signer_key?: string | undefined;
  base64_salt_separator?: string | undefined;
  rounds?: number | undefined;
  mem_cost?: number | undefined;
}
/** The second file that some formats know. */
export interface MoveInFiles {
  file: Blob;
  /** Auth0. */
  passwords?: Blob | undefined;
  /** Supabase. */
  identities?: Blob | undefined;
  /** Better Auth. */
  accounts?: Blob | undefined;
}

/** How far an import is. */
export interface MoveIn {
  job: string;
  state: Job['state'];
  format: MoveInFormat;
  /** Nothing is written. */
  dryRun: boolean;
  /** Why it waits or failed. */
  reason?: JobReason | undefined;
  read: number;
  total?: number | undefined;
  report?: MoveInReport | undefined;
}
export interface MoveInReport {
  created: number;
  updated: number;
  skipped: number;
  refused: number;
  /** Of those created or updated. */
  canLogIn: {
    atOnce: number;
    newClientOrReset: number;
    resetOnly: number;
    socialOnly: number;
  };
  /** Second factors that could not come along. */
  factorsDropped: number;
  /** Invitations that came along, of `cosync`. */
  invites?: number | undefined;
  /** The first hundred. */
  refusedRows: { line: number; reason: string; id?: string | undefined }[];
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
    /** Begins to move people in from a file of another system; the file may take a day to arrive. */
    moveIn: (parts: { appId: string } & MoveInFiles & MoveInOptions, options?: CallOptions) =>
      call.upload<{ job: string }>('/api/app/import', parts, { timeoutMs: MOVE_IN_MS, ...options }),
    import: (query: { job: string }, options?: CallOptions) =>
      call.get<MoveIn>('/api/app/import', query, options),
    /** Every row that was refused, as CSV. */
    importRefused: (query: { job: string }, options?: CallOptions) =>
      call.download('/api/app/importRefused', query, options),
    stopImport: (body: { job: string }, options?: CallOptions) =>
      call.post<true>('/api/app/stopImport', body, options),
  };
}

/** Why a job waits or failed; all but the first two are those of an import. */
export type JobReason =
  | 'file_elsewhere'
  | 'unexpected'
  | 'no_seats'
  | 'taken'
  | 'not_utf8'
  | 'broken_file'
  | 'broken_gzip'
  | 'too_large'
  | 'file_gone'
  | 'wrong_kind'
  | 'too_slow';

/** Work on many that the host does in steps. */
export interface Job {
  job: string;
  kind: 'bulk' | 'import';
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  /** Why it waits or failed. */
  reason?: JobReason | undefined;
  appId: string;
  /** What is done, of a bulk action. */
  action?: string | undefined;
  /** Of an import: where people come from, and whether nothing is written. */
  format?: string | undefined;
  dryRun?: boolean | undefined;
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
