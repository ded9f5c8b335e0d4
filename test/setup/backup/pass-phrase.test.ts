import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDataDir } from '../../support/host.ts';
import { startHostProcess } from '../../support/host-process.ts';
import { runSetup, SETUP_ENV } from '../../support/setup-process.ts';
import { TerminalSession, terminalObstacle } from '../../support/terminal-session.ts';

const START = fileURLToPath(new URL('../../../setup/start.mjs', import.meta.url));
const RIGHT = 'eleven quiet herons';
const SLIP = 'eleven quite herons';

describe('the pass phrase of a backup', { skip: terminalObstacle() ?? false, timeout: 300_000 }, () => {
  let folder: string;
  let dataDir: string;
  let session: TerminalSession | undefined;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'backup-pass-'));
    dataDir = join(folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    const lines = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), lines, { mode: 0o600 });
    const host = startHostProcess({ dataDir });
    await host.listening;
    await host.stop();
  });
  after(() => {
    session?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is asked for twice at a terminal, never shown, and two that differ are refused', async () => {
    const file = join(folder, 'backup');
    const command = `exec ${process.execPath} ${START} --backup ${file} --data-dir ${dataDir}`;
    const env = { PATH: process.env.PATH, HOME: folder, ...SETUP_ENV };
    session = new TerminalSession(command, { cwd: folder, env });
    await session.answer('Pass phrase of the backup', RIGHT);
    await session.answer('Once more', SLIP);
    await session.expect('The two were not the same.');
    assert.equal(existsSync(file), false);

    await session.answer('Pass phrase of the backup', RIGHT);
    await session.answer('Once more', RIGHT);
    assert.equal(await session.exited, 0, session.output);
    assert.doesNotMatch(session.output, /herons/);

    const verify = (pass: string) =>
      runSetup(['--verify-backup', file, '--data-dir', dataDir], { BACKUP_PASS: pass });
    assert.equal((await verify(RIGHT)).code, 0);
    assert.equal((await verify(SLIP)).code, 78);
  });
});
