/** What is done to many, by what does it. */
export const JOB_KINDS = ['bulk', 'import'] as const;
export type JobKind = (typeof JOB_KINDS)[number];
export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];
/** Why a job waits or failed, for people and programs. */
export const JOB_REASONS = [
  ...['file_elsewhere', 'unexpected'],
  // Of an import: the app has too few seats, somebody is there already, or the file cannot be read.
  ...['no_seats', 'taken'],
  ...['not_utf8', 'broken_file', 'broken_gzip', 'too_large', 'file_gone', 'wrong_kind', 'too_slow'],
] as const;
export type JobReason = (typeof JOB_REASONS)[number];

/** Something that is done to many in steps, by whichever process has the row (additions §4). */
export interface Job {
  /** 24 hex digits. */
  id: string;
  appId: string;
  revision: number;
  kind: JobKind;
  state: JobState;
  reason?: JobReason;
  /** The operator who began it. */
  by?: string;
  /** What is to be done; never changes. Known to the kind alone, as `progress` is. */
  task: Record<string, unknown>;
  /** How far it is. */
  progress: Record<string, unknown>;
  /** Rows looked at. */
  read: number;
  /** Of so many, where that is known. */
  total?: number;
  /** What became of them, by outcome. */
  report: Record<string, number>;
  /** Names the data folder that holds its file; only processes on that folder work on it. */
  folder?: string;
  /** How often the step at hand was begun without an end, the try under way too. */
  tries: number;
  /** When somebody last worked on it. */
  workedAt: number;
  /** The next step, or until when a process has it; absent once it ended. */
  dueAt?: number;
  createdAt: number;
  endedAt?: number;
}

/** Whether nothing more will happen to it. */
export function isEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'stopped';
}
