import { DuplicateKeyError, unavailable } from '../engine.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const BUSY = 5;
const LOCKED = 6;
const CONSTRAINT = 19;
/** CORRUPT, NOTADB. */
const DAMAGED = new Set([11, 26]);
/** NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: the file, not the statement. */
const OUTAGES = new Set([7, 8, 10, 11, 13, 14, 15, 26]);

function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number')
    return undefined;
  // The low byte is the primary code, the rest says more.
  return thrown.errcode & 0xff;
}

/** Whether another process holds the lock just now. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code === BUSY || code === LOCKED;
}

/** Whether the file is no database, or not a whole one. */
export function isDamaged(thrown: unknown): boolean {
  return DAMAGED.has(resultCode(thrown) ?? 0);
}

/** Whether the database as a whole cannot do its work: what was asked for is not at fault. */
export function isOutage(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && (OUTAGES.has(code) || isBusy(thrown));
}

/**
 * What a caller of the engine is told: outages become `service_unavailable`, conflicts `DuplicateKeyError`,
 * the rest stays.
 */
export function translated(thrown: unknown): unknown {
  if (isOutage(thrown)) return unavailable(thrown);
  if (resultCode(thrown) === CONSTRAINT && thrown instanceof Error) {
    // SQLite names the columns of the index only in its message: "UNIQUE constraint failed: users.appId,
    // users.key_handle".
    const column = /^UNIQUE constraint failed: .*\.(?:key_)?(\w+)$/.exec(thrown.message)?.[1];
    if (column) return new DuplicateKeyError(column);
  }
  return thrown;
}
