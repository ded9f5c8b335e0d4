import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { csvRows } from '../../server/archive/foreign/csv-rows.ts';
import { createForeignFiles } from '../../server/archive/foreign/files.ts';
import { foreignRows } from '../../server/archive/foreign/rows.ts';
import { startStopwatch } from '../support/stopwatch.ts';

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

  it('has its refused rows told in cells that no spreadsheet calculates', async () => {
    const files = createForeignFiles({
      ...{ dataDir: tmpdir(), maxBytes: 1, salt: () => '', folder: () => '' },
    });
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
