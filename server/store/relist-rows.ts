import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine, Row, StoredRow } from './engine.ts';
import type { TableName } from './tables.ts';

/**
 * Rows whose lists are renewed at once: the embedded database commits them together, a server answers each
 * over one of its few connections.
 */
const RELIST: Readonly<Record<Engine['kind'], number>> = { sqlite: 50, mongodb: 20 };

/**
 * Renews what the rows of an app are listed by, where another version of the host wrote them; answers how
 * many that were. One of which `listedBy` answers nothing, or that somebody else is writing, is left as it
 * is. Others have their turn between batches.
 */
export async function relistRows(
  engine: Engine,
  table: TableName,
  { appId, isStopped }: { appId: string; isStopped: () => boolean },
  listedBy: (row: StoredRow) => Partial<Pick<Row, 'prefixes' | 'dueAt'>> | undefined,
): Promise<number> {
  const limit = RELIST[engine.kind];
  async function relist(row: StoredRow): Promise<boolean> {
    const listed = listedBy(row);
    if (!listed) return false;
    const { prefixes = [], dueAt } = listed;
    const { id, revision, createdAt } = row;
    return engine.relist(table, { appId, id, revision, createdAt, prefixes, dueAt });
  }
  let relisted = 0;
  for (let after = ''; !isStopped(); ) {
    const rows = await engine.list(table, { appId }, { order: 'id', after, limit });
    const outcomes = await Promise.all(rows.map(relist));
    relisted += outcomes.filter(Boolean).length;
    const last = rows.at(-1);
    if (!last || rows.length < limit) break;
    after = last.id;
    await nextTurn();
  }
  return relisted;
}
