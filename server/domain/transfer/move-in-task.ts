import { hash } from 'node:crypto';
import type { Job } from '../../model/job.ts';
import type { RefusedRow } from '../../ports/foreign-files.ts';
import type { SourceOptions } from './from/moved-user.ts';
import type { SourceName } from './from/sources.ts';

export const CONFLICTS = ['skip', 'update', 'fail'] as const;
export const UNVERIFIED = ['pending', 'active'] as const;

/** Which fields of the other system become what. */
export interface MoveInMap {
  handle?: string | undefined;
  /** By the dotted path in the metadata, the dotted path in the record. */
  metaData?: Readonly<Record<string, string>> | undefined;
}

/** What an import is to do. */
export interface MoveInTask {
  format: SourceName;
  dryRun: boolean;
  conflict: (typeof CONFLICTS)[number];
  unverified: (typeof UNVERIFIED)[number];
  map: MoveInMap;
  options: SourceOptions;
  /** Names the folder of its files. */
  files: string;
  hasSecond: boolean;
  /** Of the files' bytes. */
  sum: string;
}

/** How far it is; `line`: the last one done in this phase. */
export interface MoveInProgress {
  phase: 'join' | 'check' | 'write';
  line: number;
  /** People that would be added. */
  adds: number;
  /** Whose handle somebody has, where that is not to be. */
  taken: number;
  /** The first hundred. */
  refusedRows: readonly RefusedRow[];
  /** Of the file of all of them. */
  refusedBytes: number;
  /** A step was broken off or done twice: seats and kinds of passwords are counted anew in the end. */
  miscounts?: boolean;
}

export function taskOf(job: Pick<Job, 'task'>): MoveInTask {
  return job.task as unknown as MoveInTask;
}

/** Undefined until somebody began to work on it. */
export function progressOf(job: Pick<Job, 'progress'>): MoveInProgress | undefined {
  return 'phase' in job.progress ? (job.progress as unknown as MoveInProgress) : undefined;
}

/**
 * The ids of who stands on a line, the same whenever it is asked: what a crash interrupted is done again, and
 * must find whom it made.
 */
export function idsFor(
  { id, createdAt }: Pick<Job, 'id' | 'createdAt'>,
  line: number,
): { id: string; uid: string } {
  const digest = hash('sha256', `${id} ${line}`, 'hex');
  const seconds = Math.floor(createdAt / 1000) % 2 ** 32;
  return { id: seconds.toString(16).padStart(8, '0') + digest.slice(0, 16), uid: digest.slice(16, 48) };
}
