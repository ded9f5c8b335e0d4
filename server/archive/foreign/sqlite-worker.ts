import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Reads a foreign SQLite file: the first table of people that the collections name. Tables only, for a view
 * would run what somebody else wrote, and a virtual table, which has no page of its own, code for what it is.
 */

const PAGE = 200;
/** Letters of a page. */
const PAGE_LETTERS = 4 * 1024 * 1024;
const COLUMNS_MAX = 200;
const CELL_MAX = 100_000;
const NAME = /^\w{1,64}$/;
/** A column of such a name would stand for the row's own number, and could keep the pages from going on. */
const NUMBER = /^(?:rowid|_rowid_|oid|moved_rowid)$/i;

const { path } = workerData as { path: string };
let statement: StatementSync | undefined;
let after = -1;

parentPort?.on('message', () => {
  try {
    statement ??= open();
    if (!statement) {
      parentPort?.postMessage({ problem: 'wrong_kind' });
      return;
    }
    const rows = pageOf(statement);
    const { moved_rowid: last = after } = rows.at(-1) ?? {};
    if (!Number.isSafeInteger(last) || (rows.length > 0 && Number(last) <= after)) {
      throw new TypeError('rows that do not go on');
    }
    after = Number(last);
    parentPort?.postMessage({ rows: rows.map(plain) });
  } catch {
    parentPort?.postMessage({ problem: 'broken_file' });
  }
});

function pageOf(from: StatementSync): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  let letters = 0;
  for (const row of from.iterate(after, PAGE)) {
    rows.push(row);
    for (const value of Object.values(row)) letters += typeof value === 'string' ? value.length : 8;
    if (letters > PAGE_LETTERS) break;
  }
  return rows;
}

function open(): StatementSync | undefined {
  const db = new DatabaseSync(path, { readOnly: true, allowExtension: false });
  db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON');
  const tables = new Set(
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 LIMIT 1000")
      .all()
      .map(({ name }) => String(name)),
  );
  if (!tables.has('_collections')) return undefined;
  const collections = db
    .prepare("SELECT name FROM _collections WHERE type = 'auth' LIMIT 100")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => NAME.test(name) && tables.has(name) && !name.startsWith('_'));
  const table = collections.includes('users') ? 'users' : collections[0];
  if (table === undefined) return undefined;
  const columns = db
    .prepare(`PRAGMA table_info("${table}")`)
    .all()
    .map(({ name }) => String(name))
    .filter((name) => NAME.test(name))
    .slice(0, COLUMNS_MAX);
  const all = db.prepare(`PRAGMA table_xinfo("${table}")`).all();
  if (all.some(({ name }) => NUMBER.test(String(name)))) throw new TypeError('a column for the row number');
  // No generated columns: `table_info` leaves them out.
  const list = columns.map((name) => `substr("${name}", 1, ${CELL_MAX}) AS "${name}"`).join(', ');
  return db.prepare(
    `SELECT rowid AS moved_rowid, ${list} FROM "${table}" WHERE rowid > ? ORDER BY rowid LIMIT ?`,
  );
}

function plain({ moved_rowid: _, ...row }: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  );
}
