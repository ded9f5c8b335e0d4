import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { figuresOf } from '../../support/figures.ts';
import { makeDataDir, startTestHost, type TestHost } from '../../support/host.ts';
import { aJob } from '../../support/records.ts';
import { runSetup } from '../../support/setup-process.ts';

describe('in a backup', { timeout: 400_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'backup-contents-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What `write` made of a host, as `read` finds it there and after a backup and its restore. */
  async function restored<W, R>(
    write: (host: TestHost) => Promise<W>,
    read: (host: TestHost, written: W) => Promise<R>,
  ): Promise<{ before: R; after: R }> {
    const [dataDir, copy, file] = ['data', 'copy', 'backup'].map((name) => join(folder, name));
    assert.ok(dataDir && copy && file);
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    const lines = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), lines, { mode: 0o600 });
    const host = await startTestHost({ dataDir });
    const written = await write(host);
    const before = await read(host, written);
    await host.stop();
    const env = { BACKUP_PASS: 'pass phrase of the backup' };
    for (const args of [
      ['--backup', file, '--data-dir', dataDir],
      ['--restore', file, '--data-dir', copy],
    ]) {
      const { code, stderr } = await runSetup(args, env);
      assert.equal(code, 0, stderr);
    }
    const again = await startTestHost({ dataDir: copy });
    const after = await read(again, written);
    await again.stop();
    return { before, after };
  }

  it('figures come back as they were', async () => {
    const { before, after } = await restored(async (host) => {
      const app = await host.createApp();
      for (let n = 0; n < 3; n++) host.deps.figures.count(app.id, 'signup_requested', 'code', 'DE');
      return app;
    }, figuresOf);
    assert.deepEqual(before, { 'signup_requested code DE': 3 });
    assert.deepEqual(after, before);
  });

  it('jobs come back as they were, and none is gone on with before its time', async () => {
    const { before, after } = await restored(
      async (host) => {
        const { id: appId } = await host.createApp();
        const hour = host.clock.now() + 3_600_000;
        const running = aJob({ appId, state: 'running', read: 3, progress: { after: 'x' }, dueAt: hour });
        const { dueAt: _, ...ended } = aJob({ appId, state: 'stopped', endedAt: hour });
        for (const job of [running, ended]) await host.deps.store.jobs.insert(job);
        return [running, ended];
      },
      ({ deps }, jobs) => Promise.all(jobs.map(({ id }) => deps.store.jobs.find(id))),
    );
    assert.equal(before[0]?.state, 'running');
    assert.deepEqual(after, before);
  });
});
