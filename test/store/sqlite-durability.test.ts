import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { storeOver } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'durability-'));
after(() => rmSync(folder, { recursive: true }));

/**
 * Lets a writer run until it acknowledged `count` users, kills it with no warning and answers all it
 * acknowledged.
 */
async function writeUntilKilled(file: string, count: number): Promise<string[]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'durable-writer.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  writer.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length >= count * 25) writer.kill('SIGKILL');
  });
  const [, signal] = await once(writer, 'close');
  assert.equal(signal, 'SIGKILL');
  return text.split('\n').filter((id) => id.length === 24);
}

describe('a killed host', () => {
  it('loses nothing it acknowledged, nor what it only noted, and leaves a sound file', async () => {
    const file = join(folder, 'host.db');
    const acknowledged: string[] = [];
    for (const count of [1, 10, 100, 500, 1_000]) acknowledged.push(...(await writeUntilKilled(file, count)));

    const store = storeOver(await openSqlite({ file }));
    for (const id of acknowledged) {
      const { locale, lastLogin } = (await store.users.find('app', id)) ?? {};
      assert.deepEqual({ locale, lastLogin }, { locale: 'DE', lastLogin: 7 }, id);
      assert.equal(await store.counters.read(`code/${id}`, 1), 1, id);
    }
    const stored = await Array.fromAsync(store.users.stream('app'));
    assert.ok(stored.length >= acknowledged.length);
    await store.close();

    const db = new DatabaseSync(file);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), []);
    db.close();
  });
});
