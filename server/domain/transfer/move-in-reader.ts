import type { Job } from '../../model/job.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ForeignIndex, ForeignRow } from '../../ports/foreign-files.ts';
import type { Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { type MoveInProgress, taskOf } from './move-in-task.ts';

/** Rows done in one step, whether hashed or not, and letters they may have in all. */
const ROWS = 100;
const LETTERS = 4 * 1024 * 1024;
/** How long a step may read on where nothing is to be done. */
const STEP_MS = 2_000;
/** Rows read before others have their turn. */
const TURN_ROWS = 100;

/** What is open of the import at hand. */
interface Reading {
  jobId: string;
  phase: MoveInProgress['phase'];
  rows: AsyncGenerator<ForeignRow>;
  index: ForeignIndex;
  /** The line that was read last. */
  line: number;
}

export interface Taken {
  /** None where they are only counted. */
  rows: ForeignRow[];
  count: number;
  /** The last one done with. */
  line: number;
  isOver: boolean;
}

export interface MoveInReader {
  /** What is open already is read on, as long as it is not ahead of the job. Throws `ForeignFileError`. */
  open(job: Job, progress: MoveInProgress): Promise<Reading>;
  close(): Promise<void>;
  /** The next rows behind a line; after an interruption it may take several steps to get there. */
  take(at: Reading, behind: number, options: { onlyCounts: boolean }): Promise<Taken>;
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

    async take(at, behind, { onlyCounts }) {
      const until = clock.now() + STEP_MS;
      const rows: ForeignRow[] = [];
      let [count, letters] = [0, 0];
      const taken = (isOver: boolean) => ({ rows, count, line: Math.max(behind, at.line), isOver });
      for (let read = 1; rows.length < ROWS && letters < LETTERS; read++) {
        const { value, done } = await at.rows.next();
        if (done) return taken(true);
        at.line = value.line;
        if (value.line > behind) {
          count++;
          if (!onlyCounts) {
            rows.push(value);
            letters += value.letters;
          }
        }
        if (clock.now() >= until) break;
        if (read % TURN_ROWS === 0) await clock.pause(0);
      }
      return taken(false);
    },
  };
}
