import { APP_FIELDS } from './apps.ts';
import type { Engine, StoredRow } from './engine.ts';
import { INVITE_FIELDS } from './invites.ts';
import { type SealedFields, Sealer, type SealingDeps } from './sealed.ts';
import { SIGNUP_FIELDS } from './signups.ts';
import { HOST_SCOPE, type TableName } from './tables.ts';
import { USER_FIELDS } from './users.ts';

/** Rows read together. */
const BATCH = 200;
/**
 * Rows written at once: the embedded database commits them together, a server answers each over one of its
 * few connections.
 */
const AT_ONCE: Readonly<Record<Engine['kind'], number>> = { sqlite: 200, mongodb: 20 };
/** A row that others keep changing is being sealed by them. */
const ATTEMPTS = 20;

export interface SealingProgress {
  /** Rows looked at. */
  done: number;
  /** Of them those that were not sealed as a whole, and are now. */
  sealed: number;
  total: number;
}

/**
 * Seals every row anew that was written before its table was sealed as a whole. May be stopped and begun
 * again, and done by several processes at once: a row is written only as it was read, and one in the new form
 * is left alone. Rows that do not open stay as they are.
 */
export async function sealWholeRows(
  engine: Engine,
  deps: SealingDeps,
  onProgress: (progress: SealingProgress) => void,
): Promise<SealingProgress> {
  const sealers = {
    users: sealerOf(engine, deps, 'users', USER_FIELDS),
    signups: sealerOf(engine, deps, 'signups', SIGNUP_FIELDS),
    invites: sealerOf(engine, deps, 'invites', INVITE_FIELDS),
  };
  const tables = Object.keys(sealers) as (keyof typeof sealers)[];
  const progress: SealingProgress = { done: 0, sealed: 0, total: 0 };
  const sealAll = async (table: TableName, appId: string, sealAnew: SealAnew) => {
    for await (const rows of batches(engine, table, appId)) {
      for (let start = 0; start < rows.length; start += AT_ONCE[engine.kind]) {
        const part = rows.slice(start, start + AT_ONCE[engine.kind]);
        const sealed = await Promise.all(part.map(sealAnew));
        progress.done += part.length;
        progress.sealed += sealed.filter(Boolean).length;
        onProgress({ ...progress });
      }
    }
  };
  const appIds: string[] = [];
  for await (const rows of batches(engine, 'apps', HOST_SCOPE)) appIds.push(...rows.map(({ id }) => id));
  const counts = appIds.flatMap((appId) => tables.map((table) => () => engine.count(table, { appId })));
  progress.total = appIds.length;
  for (const count of counts) progress.total += await count();
  await sealAll('apps', HOST_SCOPE, sealerOf(engine, deps, 'apps', APP_FIELDS));
  for (const appId of appIds) for (const table of tables) await sealAll(table, appId, sealers[table]);
  return progress;
}

async function* batches(engine: Engine, table: TableName, appId: string): AsyncIterable<StoredRow[]> {
  for (let after = ''; ; ) {
    const rows = await engine.list(table, { appId }, { order: 'id', after, limit: BATCH });
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    after = last.id;
  }
}

/** Seals one row anew; false when there was nothing to do. */
type SealAnew = (row: StoredRow) => Promise<boolean>;

function sealerOf<T extends object>(
  engine: Engine,
  deps: SealingDeps,
  table: TableName,
  fields: SealedFields<T>,
): SealAnew {
  const sealer = new Sealer(table, fields, deps);
  return async (first) => {
    let row: StoredRow | undefined = first;
    for (let attempt = 0; attempt < ATTEMPTS && row && !sealer.isWhole(row); attempt++) {
      const opened = sealer.tryOpen(row);
      if (!opened) return false;
      if (await engine.rewrite(table, row, sealer.seal(row, opened))) return true;
      row = await engine.find(table, row.appId, row.id);
    }
    return false;
  };
}
