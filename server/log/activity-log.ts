import type { Activity } from '../model/activity.ts';
import { isHostError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActivityLog } from '../ports/log/activity-log.ts';
import type { Events } from '../ports/log/events.ts';
import type { Codes } from '../ports/security/codes.ts';
import type { ActivityStore } from '../ports/store/activity.ts';
import { errorFields } from './events.ts';
import { requestContext } from './request-context.ts';
import { StrangersFailures } from './strangers-failures.ts';

const LONGEST_WAIT_MS = 250;
const FULL = 100;
/** Rows kept while the store does not take them; older ones go first. */
const MOST_ROWS = 10_000;

type NewRow = Omit<Activity, 'id' | 'createdAt'>;

/** `wake`: something else waits to be written with the next rows. */
export interface WritingLog extends ActivityLog {
  wake(): void;
}

/**
 * Collects rows and writes them together, off the path of any answer, and with them what `alongside` has. A
 * store that does not take them never breaks a request: the rows are kept for the next write, at most 10,000
 * of them.
 */
export function createActivityLog(deps: {
  store: ActivityStore;
  codes: Pick<Codes, 'newRowId'>;
  clock: Clock;
  events: Events;
  isKnownUser: (appId: string, handle: string) => Promise<boolean>;
  handleOfUser: (appId: string, userId: string) => Promise<string | undefined>;
  alongside: { write(): Promise<void> };
}): WritingLog {
  let waiting: Activity[] = [];
  let timer: NodeJS.Timeout | undefined;
  let minuteTimer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failing = false;
  const failures = new StrangersFailures();
  /** Rows of which it is not known yet whose they are. */
  const judging = new Set<Promise<void>>();

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    waiting = [];
    const [written, ...others] = await Promise.allSettled([
      rows.length > 0 ? deps.store.insertMany(rows) : undefined,
      deps.alongside.write(),
    ]);
    if (written.status === 'rejected') waiting = [...rows, ...waiting].slice(-MOST_ROWS);
    const failed = [written, ...others].find((outcome) => outcome.status === 'rejected');
    if (failed) {
      // A database that is away is told of by `database_lost`.
      const expected = isHostError(failed.reason, 'service_unavailable');
      if (!failing && !expected) deps.events.emit('unexpected_error', errorFields(failed.reason));
      schedule();
    }
    failing = failed !== undefined;
  }
  function flush(): Promise<void> {
    writing = writing.then(async () => {
      await Promise.all(judging);
      addCounted(deps.clock.now());
      await write();
    });
    return writing;
  }
  function schedule(): void {
    timer ??= setTimeout(() => void flush(), LONGEST_WAIT_MS).unref();
  }
  function scheduleMinutesEnd(now: number): void {
    if (minuteTimer) return;
    minuteTimer = setTimeout(() => {
      minuteTimer = undefined;
      void flush();
    }, failures.msLeft(now)).unref();
  }
  function add(row: NewRow, createdAt: number): void {
    waiting.push({ ...row, id: deps.codes.newRowId(createdAt), createdAt });
    if (waiting.length >= FULL && !failing) void flush();
    else schedule();
  }
  /** Rows for what was counted in minutes that ended before `time`. */
  function addCounted(time: number): void {
    for (const { row, at } of failures.endedBefore(time)) {
      waiting.push({ ...row, id: deps.codes.newRowId(at), createdAt: at });
    }
  }

  async function judge(row: NewRow, now: number): Promise<void> {
    const { appId, handle } = row;
    const isKnown = appId && handle ? await deps.isKnownUser(appId, handle).catch(() => false) : false;
    if (isKnown || failures.isFirst(row, now)) add(row, now);
    else scheduleMinutesEnd(now);
  }

  async function addNamed(row: NewRow & { appId: string }, userId: string, now: number): Promise<void> {
    const handle = await deps.handleOfUser(row.appId, userId).catch(() => undefined);
    add(handle === undefined ? row : { ...row, handle }, now);
  }

  function later(judge: Promise<void>): void {
    const judged = judge.finally(() => judging.delete(judged));
    judging.add(judged);
  }

  return {
    record: (row) => add(byOperator(row), deps.clock.now()),
    recordFailure: (row) => later(judge(row, deps.clock.now())),
    recordAbout: (row, userId) => later(addNamed({ ...row, ...byOperator(row) }, userId, deps.clock.now())),
    wake: schedule,
    flush,
    async close() {
      await flush();
      addCounted(Number.POSITIVE_INFINITY);
      await flush();
    },
  };
}

/** What a request of the portal did names its operator, wherever the row is made. */
function byOperator(row: NewRow): NewRow {
  const by = row.by ?? requestContext.getStore()?.operator;
  return by === undefined ? row : { ...row, by };
}
