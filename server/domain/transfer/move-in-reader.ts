import type { Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ForeignIndex, ForeignRow } from '../../ports/foreign-files.ts';
import type { Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { type MoveInProgress, taskOf } from './move-in-task.ts';

/** Rows done in one step, of those that are hashed, and letters they may have in all. */
const ROWS = 500;
const SLOW_ROWS = 100;
const LETTERS = 4 * 1024 * 1024;
/** How long a step may read on where nothing is to be done. */
const STEP_MS = 2_000;

/** What is open of the import at hand. */
interface Reading {
  jobId: string;
  phase: MoveInProgress['phase'];
  rows: AsyncGenerator<ForeignRow>;
  index: ForeignIndex;
  /** The line that was read last. */
  line: number;
}

export interface MoveInReader {
  /** What is open already is read on, as long as it is not ahead of the job. Throws `ForeignFileError`. */
  open(job: Job, progress: MoveInProgress): Promise<Reading>;
  close(): Promise<void>;
  /** The next rows behind a line; after an interruption it may take several steps to get there. */
  take(at: Reading, job: Job, behind: number): Promise<{ rows: ForeignRow[]; isOver: boolean }>;
}

/** Reads the files of one import after the other. */
export function moveInReader({ clock, foreignFiles }: Pick<Deps, 'clock' | 'foreignFiles'>): MoveInReader {
  let reading: Reading | undefined;

  async function close(): Promise<void> {
    const open = reading;
    reading = undefined;
    await open?.rows.return(undefined);
    open?.index.close();
  }

  return {
    close,
    async open(job, progress) {
      const { phase } = progress;
      const fits = reading?.jobId === job.id && reading.phase === phase && reading.line <= progress.line;
      if (reading && fits) return reading;
      await close();
      const { files, format } = taskOf(job);
      const source: Source = SOURCES[format];
      const index = foreignFiles.index(files, { again: foreignFiles.hasIndex(files) });
      const isJoin = phase === 'join';
      const shape = isJoin ? { list: source.second?.list ?? '' } : source;
      const rows = foreignFiles.rows(files, isJoin ? 'second' : 'file', shape);
      reading = { jobId: job.id, phase, rows, index, line: 0 };
      return reading;
    },

    async take(at, job, behind) {
      const until = clock.now() + STEP_MS;
      const source: Source = SOURCES[taskOf(job).format];
      const most = source.hashes ? SLOW_ROWS : ROWS;
      const rows: ForeignRow[] = [];
      let letters = 0;
      while (rows.length < most && letters < LETTERS && (rows.length === 0 || clock.now() < until)) {
        const { value, done } = await at.rows.next();
        if (done) return { rows, isOver: true };
        at.line = value.line;
        if (value.line > behind) {
          rows.push(value);
          letters += value.letters;
        } else if (clock.now() >= until) break;
      }
      return { rows, isOver: false };
    },
  };
}
