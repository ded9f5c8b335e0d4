import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { csvRows } from '../../server/archive/foreign/csv-rows.ts';
import { createForeignFiles } from '../../server/archive/foreign/files.ts';
import { jsonDocument, jsonLines } from '../../server/archive/foreign/json-rows.ts';
import { foreignRows } from '../../server/archive/foreign/rows.ts';
import { startStopwatch } from '../support/stopwatch.ts';

/** A database of PocketBase whose collection of people is made by some SQL. */
async function withDatabase<T>(sql: string, look: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
  try {
    const path = join(folder, 'data.db');
    const db = new DatabaseSync(path);
    db.exec(`
      CREATE TABLE _collections (id TEXT, name TEXT, type TEXT);
      INSERT INTO _collections VALUES ('1', 'users', 'auth');
    `);
    db.exec(sql);
    db.close();
    return await look(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Additions §4. */
describe('a foreign file', () => {
  it('of commas alone is one refused row, read at once', async () => {
    async function* chunks() {
      yield 'id,email\n';
      for (let n = 0; n < 80; n++) yield ','.repeat(65_536);
      yield '\n1,a@example.com\n';
    }
    const elapsed = startStopwatch();
    const rows = await Array.fromAsync(csvRows(chunks()));
    assert.ok(elapsed() < 5_000);
    assert.deepEqual(rows, [
      { line: 2, letters: 0, problem: 'broken_row' },
      { line: 3, letters: 14, fields: { id: '1', email: 'a@example.com' } },
    ]);
  });

  for (const column of ['rowid', '_ROWID_', 'oid', 'moved_rowid']) {
    it(`with a column ${column} that hides the number of a row is refused`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
      try {
        const path = join(folder, 'data.db');
        const db = new DatabaseSync(path);
        db.exec(`
          CREATE TABLE _collections (id TEXT, name TEXT, type TEXT);
          INSERT INTO _collections VALUES ('1', 'users', 'auth');
          CREATE TABLE users (id TEXT, email TEXT, ${column} TEXT);
          INSERT INTO users VALUES ('1', 'a@example.com', 'x');
        `);
        db.close();
        const reading = Array.fromAsync(
          foreignRows(path, { list: 'items', sqlite: true }, { maxBytes: 1_000_000 }),
        );
        await assert.rejects(reading, { problem: 'broken_file' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  const strange: [name: string, sql: string][] = [
    ['a view', "CREATE VIEW users AS SELECT '1' AS id, 'a@example.com' AS email"],
    [
      'a view that never ends',
      'CREATE VIEW users AS WITH RECURSIVE r(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM r) SELECT id FROM r',
    ],
    ['a virtual table', 'CREATE VIRTUAL TABLE users USING fts5(id, email)'],
  ];
  for (const [name, sql] of strange) {
    it(`with ${name} for its people has none`, async () => {
      const rows = withDatabase(sql, (path) =>
        Array.fromAsync(foreignRows(path, { list: 'items', sqlite: true }, { maxBytes: 1_000_000 })),
      );
      await assert.rejects(rows, { problem: 'wrong_kind' });
    });
  }

  it('is read whatever triggers and large cells it has, a few at a time', async () => {
    const sql = `
      CREATE TABLE users (id TEXT, email TEXT, more TEXT);
      CREATE TRIGGER t AFTER UPDATE ON users BEGIN DELETE FROM users; END;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO users SELECT i, i || '@example.com', hex(zeroblob(100000)) FROM n;
    `;
    const shape = { list: 'items', sqlite: true };
    const rows = await withDatabase(sql, (path) =>
      Array.fromAsync(foreignRows(path, shape, { maxBytes: 1_000_000 }), ({ line, letters }) => [
        line,
        letters,
      ]),
    );
    assert.equal(rows.length, 300);
    assert.ok(rows.every(([, letters]) => Number(letters) < 100_100));
  });

  it('counts what is no record in its list as a broken row, wherever it stands', async () => {
    async function* inPieces(text: string) {
      for (const letter of text) yield letter;
    }
    const text =
      '{"v": 1, "users": [null, {"a": "x, y"}, "te\\"xt", 17 , {"b": [1, null]}, [2], true], "n": [3]}';
    const rows = await Array.fromAsync(jsonDocument(inPieces(text), 'users'), (row) => [
      row.line,
      row.problem ?? row.fields,
    ]);
    assert.deepEqual(rows, [
      [1, 'broken_row'],
      [2, { a: 'x, y' }],
      [3, 'broken_row'],
      [4, 'broken_row'],
      [5, { b: [1, null] }],
      [6, 'broken_row'],
      [7, 'broken_row'],
    ]);
    assert.deepEqual(await Array.fromAsync(jsonDocument(inPieces('{"users": [ ]}'), 'users')), []);
  });

  it('of one endless line costs no memory, in whatever form', async () => {
    const part = 'x'.repeat(1024 * 1024);
    async function* chunks(head: string, parts: number, tail: string) {
      yield head;
      for (let n = 0; n < parts; n++) yield part;
      yield tail;
    }
    const before = process.memoryUsage().rss;
    const told = { line: 1, letters: 0, problem: 'too_large' };
    assert.deepEqual(await Array.fromAsync(jsonLines(chunks('{"a":"', 2_048, '"}\n{"b":1}'))), [
      told,
      { line: 2, letters: 7, fields: { b: 1 } },
    ]);
    assert.deepEqual(await Array.fromAsync(jsonDocument(chunks('[{"a":"', 128, '"}]'), 'users')), [told]);
    await assert.rejects(Array.fromAsync(csvRows(chunks('id\n"', 128, '"'))), { problem: 'broken_file' });
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
  });

  it('with a NUL is no text', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
    try {
      const path = join(folder, 'users.csv');
      writeFileSync(path, 'id,email\n1,a\0@example.com\n');
      const rows = Array.fromAsync(foreignRows(path, { list: 'users' }, { maxBytes: 1_000 }));
      await assert.rejects(rows, { problem: 'not_utf8' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has its refused rows told in cells that no spreadsheet calculates', async () => {
    const files = createForeignFiles({ dataDir: tmpdir(), maxBytes: 1, salt: () => '', folder: () => '' });
    const told = files.refusedCsv([
      { line: 1, reason: 'no_handle', id: "'=1+1" },
      { line: 2, reason: 'no_handle', id: '\t=1+1' },
      { line: 3, reason: 'no_handle', id: '＝1+1' },
    ]);
    assert.equal(
      await text(told as Readable),
      "line,reason,id\n1,no_handle,''=1+1\n2,no_handle,'\t=1+1\n3,no_handle,'＝1+1\n",
    );
  });
});
