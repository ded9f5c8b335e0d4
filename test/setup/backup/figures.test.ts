import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { figuresOf } from '../../support/figures.ts';
import { makeDataDir, startTestHost } from '../../support/host.ts';
import { runSetup } from '../../support/setup-process.ts';

describe('figures in a backup', { timeout: 400_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'backup-figures-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('come back as they were', async () => {
    const [dataDir, restored, file] = ['data', 'restored', 'backup'].map((name) => join(folder, name));
    assert.ok(dataDir && restored && file);
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    const lines = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), lines, { mode: 0o600 });
    const host = await startTestHost({ dataDir });
    const app = await host.createApp();
    for (let n = 0; n < 3; n++) host.deps.figures.count(app.id, 'signup_requested', 'code', 'DE');
    const counted = await figuresOf(host, app);
    await host.stop();

    const env = { BACKUP_PASS: 'pass phrase of the backup' };
    for (const args of [
      ['--backup', file, '--data-dir', dataDir],
      ['--restore', file, '--data-dir', restored],
    ]) {
      const { code, stderr } = await runSetup(args, env);
      assert.equal(code, 0, stderr);
    }
    const again = await startTestHost({ dataDir: restored });
    const found = await figuresOf(again, app);
    await again.stop();
    assert.deepEqual(found, counted);
    assert.deepEqual(found, { 'signup_requested code DE': 3 });
  });
});
