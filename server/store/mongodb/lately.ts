import type { Clock } from '../../ports/clock.ts';
import { RecordCache } from '../cache.ts';
import type { StoredRow, TableOperations } from '../engine.ts';
import type { TableName } from '../tables.ts';
import type { ForeignWrites } from './foreign-writes.ts';

/** Rows that are remembered. */
const CAPACITY = 5_000;
/** How old one may be where nobody says that it changed; every process agrees within 5 s (threats F15). */
const MAX_AGE_MS = 2_000;

/** The table whose rows token checks read again and again. */
export const REMEMBERED: TableName = 'users';

/**
 * Answers `findLately` from memory. A row is forgotten as soon as a write of this process was answered,
 * whatever the answer was, or the server told of a write of another, and is at most two seconds old in any
 * case. `watch` is called once, when the first row is asked for.
 */
export function rememberLately(
  operations: Omit<TableOperations, 'findLately'>,
  clock: Pick<Clock, 'now'>,
  watch: (listener: ForeignWrites) => void,
): TableOperations {
  const options = { capacity: CAPACITY, rememberAbsent: false, maxAgeMs: MAX_AGE_MS };
  const rows = new RecordCache<StoredRow>(clock, options);
  let watching = false;

  async function forgetting<T>(table: TableName, ids: readonly string[], write: Promise<T>): Promise<T> {
    try {
      return await write;
    } finally {
      if (table === REMEMBERED) for (const id of ids) rows.forget(id);
    }
  }

  return {
    ...operations,
    async findLately(table, appId, id) {
      if (table !== REMEMBERED) return operations.find(table, appId, id);
      if (!watching) watch({ changed: (id) => rows.forget(id), unknown: () => rows.clear() });
      watching = true;
      const row = await rows.get(id, async (known) => {
        const read = await operations.find(table, appId, id);
        return read && known && isSame(known, read) ? known : read;
      });
      return row?.appId === appId ? row : operations.find(table, appId, id);
    },
    replace: (table, row, isNoted) => forgetting(table, [row.id], operations.replace(table, row, isNoted)),
    rewrite: (table, row, doc) => forgetting(table, [row.id], operations.rewrite(table, row, doc)),
    touch: (table, row, at) => forgetting(table, [row.id], operations.touch(table, row, at)),
    see(table, visits) {
      const ids = visits.map(({ id }) => id);
      return forgetting(table, ids, operations.see(table, visits));
    },
    remove: (table, appId, id, revision) =>
      forgetting(table, [id], operations.remove(table, appId, id, revision)),
    async removeWhere(table, filter, limit) {
      try {
        return await operations.removeWhere(table, filter, limit);
      } finally {
        if (table === REMEMBERED) rows.clear();
      }
    },
  };
}

/** Whether nothing changed that a row is opened from; every sealing makes another text. */
function isSame(known: StoredRow, read: StoredRow): boolean {
  return (
    known.doc.sealed !== undefined &&
    known.doc.sealed === read.doc.sealed &&
    known.doc.schema === read.doc.schema &&
    known.revision === read.revision &&
    known.touchedAt === read.touchedAt &&
    known.seenDay === read.seenDay
  );
}
