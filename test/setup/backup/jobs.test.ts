import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeDataDir, startTestHost } from '../../support/host.ts';
import { aJob } from '../../support/records.ts';
import { runSetup } from '../../support/setup-process.ts';

describe('jobs in a backup', { timeout: 400_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'backup-jobs-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('come back as they were, and none is gone on with before its time', async () => {
    const [dataDir, restored, file] = ['data', 'restored', 'backup'].map((name) => join(folder, name));
    assert.ok(dataDir && restored && file);
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    const lines = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), lines, { mode: 0o600 });
    const host = await startTestHost({ dataDir });
    const app = await host.createApp();
    const hour = host.clock.now() + 3_600_000;
    const running = aJob({ appId: app.id, state: 'running', read: 3, progress: { after: 'x' }, dueAt: hour });
    const { dueAt: _, ...ended } = aJob({ appId: app.id, state: 'stopped', endedAt: hour });
    for (const job of [running, ended]) await host.deps.store.jobs.insert(job);
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
    const found = [await again.deps.store.jobs.find(running.id), await again.deps.store.jobs.find(ended.id)];
    await again.stop();
    assert.deepEqual(found, [running, ended]);
  });
});
