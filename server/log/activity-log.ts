import type { Activity } from '../model/activity.ts';
import { isHostError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActivityLog, Events } from '../ports/log.ts';
import type { Codes } from '../ports/security.ts';
import type { ActivityStore } from '../ports/store/activity.ts';
import { errorFields } from './events.ts';

const LONGEST_WAIT_MS = 250;
const FULL = 500;
/** Rows kept while the store does not take them; older ones go first. */
const MOST_ROWS = 10_000;

/**
 * Collects rows and writes them together, off the path of any answer. A store that does not take them never breaks a request: the rows are
 * kept for the next write, at most 10,000 of them.
 */
export function createActivityLog(deps: {
  store: ActivityStore;
  codes: Pick<Codes, 'newRowId'>;
  clock: Clock;
  events: Events;
}): ActivityLog {
  let waiting: Activity[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failing = false;

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    if (rows.length === 0) return;
    waiting = [];
    try {
      await deps.store.insertMany(rows);
      failing = false;
    } catch (error) {
      // A database that is away is told of by `database_lost`.
      const expected = isHostError(error, 'service_unavailable');
      if (!failing && !expected) deps.events.emit('unexpected_error', errorFields(error));
      failing = true;
      waiting = [...rows, ...waiting].slice(-MOST_ROWS);
      schedule();
    }
  }
  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }
  function schedule(): void {
    timer ??= setTimeout(() => void flush(), LONGEST_WAIT_MS).unref();
  }

  return {
    record(row) {
      const now = deps.clock.now();
      waiting.push({ ...row, id: deps.codes.newRowId(now), createdAt: now });
      if (waiting.length >= FULL && !failing) void flush();
      else schedule();
    },
    flush,
  };
}
