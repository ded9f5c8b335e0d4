import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type FSWatcher, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../server/config/load.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import { loadHostKey } from '../../server/security/host-key.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { createMetaStore } from '../../server/store/meta.ts';
import { makeDataDir } from '../support/host.ts';
import { startHostProcess } from '../support/host-process.ts';
import { runSetup, startSetup } from '../support/setup-process.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';

/**
 * Kills of each of the two commands that write more than once; fewer where a machine is so slow that they
 * take longer than this.
 */
const KILLS = 28;
const MOST_MS = 14_000;
/** Changes in the folder that a rotation makes: temporary files, renames, removals. */
const CHANGES = { 'pass-key': 14, 'encrypt-key': 4 } as const;
type Command = keyof typeof CHANGES;

describe('rotations', { timeout: 400_000, concurrency: 2 }, () => {
  const folders: string[] = [];
  /** A data folder with `host.env`, keys and a database, as setup makes it. */
  async function installation(): Promise<string> {
    const { dataDir, settings } = makeDataDir();
    folders.push(dataDir);
    const { PASS_KEY, ENCRYPT_KEY } = settings;
    writeFileSync(
      join(dataDir, 'host.env'),
      `# mine\nPASS_KEY='${PASS_KEY}'\nENCRYPT_KEY='${ENCRYPT_KEY}'\n`,
      { mode: 0o600 },
    );
    const { code, stderr } = await runSetup(['--print-secret', '--data-dir', dataDir]);
    assert.equal(code, 0, stderr);
    return dataDir;
  }
  const rotate = (command: string, dataDir: string) => [
    `--rotate-${command}`,
    '--yes',
    '--data-dir',
    dataDir,
  ];
  const hostEnv = (dataDir: string) => readFileSync(join(dataDir, 'host.env'), 'utf8');

  /**
   * As a host does at its start: the settings, the key pair, the data key. Throws when one of them does not
   * open.
   */
  async function requireStartable(dataDir: string): Promise<void> {
    const config = loadConfig({ DATA_DIR: dataDir });
    loadHostKey({ ...config, passPhrase: config.passKey });
    const engine = await openEngine(config);
    try {
      await openDataKey({ meta: createMetaStore(engine), encryptKey: config.encryptKey });
    } finally {
      await engine.close();
    }
  }

  /** Kills the command at the n-th change in the folder; false when it ended before. */
  async function killed(command: Command, dataDir: string): Promise<boolean> {
    const setup = startSetup(rotate(command, dataDir));
    let left = randomInt(1, CHANGES[command]);
    const watchers: FSWatcher[] = ['', 'keys'].map((folder) =>
      watch(join(dataDir, folder), (_event, name) => {
        if (name?.startsWith('host.db')) return;
        if (--left === 0) setup.child.kill('SIGKILL');
      }),
    );
    await setup.ended;
    for (const watcher of watchers) watcher.close();
    return setup.child.signalCode === 'SIGKILL';
  }

  async function killAgainAndAgain(command: Command): Promise<string> {
    const dataDir = await installation();
    const seen = new Set<string>();
    let kills = 0;
    const end = performance.now() + MOST_MS;
    // A slow machine gets through few runs, and by chance none of them as far as a new secret.
    while ((kills < KILLS && (performance.now() < end || kills < 4)) || seen.size < 2) {
      if (await killed(command, dataDir)) kills++;
      seen.add(hostEnv(dataDir));
      await requireStartable(dataDir);
      assert.ok(seen.size > 1 || kills < 3 * KILLS, 'some runs get as far as a new secret');
    }
    const { code, stderr } = await runSetup(rotate(command, dataDir));
    assert.equal(code, 0, stderr);
    await requireStartable(dataDir);
    assert.match(hostEnv(dataDir), /^# mine\n/);
    assert.equal(statSync(join(dataDir, 'host.env')).mode & 0o777, 0o600);
    return dataDir;
  }

  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('opens with the old or the new pass phrase wherever --rotate-pass-key is killed', async () => {
    const dataDir = await killAgainAndAgain('pass-key');
    const keys = readdirSync(join(dataDir, 'keys')).filter((name) => !name.endsWith('.tmp'));
    assert.deepEqual(keys.sort(), ['privatekey.pem', 'publickey.pem']);
    assert.doesNotMatch(hostEnv(dataDir), /PRIVATE_KEY_FILE/);
  });

  it('opens with the old or the new key wherever --rotate-encrypt-key is killed', async () => {
    await killAgainAndAgain('encrypt-key');
  });
});

describe('a rotated server secret', { timeout: 400_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    const made = makeDataDir();
    dataDir = made.dataDir;
    const { PASS_KEY, ENCRYPT_KEY } = made.settings;
    writeFileSync(join(dataDir, 'host.env'), `PASS_KEY='${PASS_KEY}'\nENCRYPT_KEY='${ENCRYPT_KEY}'\n`, {
      mode: 0o600,
    });
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is refused by a running host within 5 s, and the new one is taken', async () => {
    const host = startHostProcess({ dataDir });
    const port = await host.listening;
    const status = async (secret: string) => {
      const headers = { 'server-secret': secret };
      return (await fetch(`http://127.0.0.1:${port}/api/app/connection`, { headers })).status;
    };
    const show = async () => (await runSetup(['--print-secret', '--data-dir', dataDir])).stdout.trim();
    const old = await show();
    assert.equal(await status(old), 200);
    const rotated = await runSetup(['--rotate-secret', '--data-dir', dataDir]);
    assert.equal(rotated.code, 0, rotated.stderr);
    const elapsed = startStopwatch(host.child);
    await until('the old secret is refused', async () => (await status(old)) !== 200);
    assert.ok(elapsed() <= 5_000);
    assert.equal(await status(rotated.stdout.trim()), 200);
    assert.equal(await show(), rotated.stdout.trim(), 'one text for one generation');
    assert.ok(!rotated.stderr.includes(rotated.stdout.trim()));
    await host.stop();
  });

  it('is one text however often, by however many and under whatever name of the host it is printed', async () => {
    const show = async (env = {}) =>
      (await runSetup(['--print-secret', '--data-dir', dataDir], env)).stdout.trim();
    const texts = await Promise.all([show(), show(), show()]);
    await runSetup(['--rotate-pass-key', '--yes', '--data-dir', dataDir]);
    await runSetup(['--rotate-encrypt-key', '--yes', '--data-dir', dataDir]);
    texts.push(await show({ SERVER_NAME: 'another' }));
    assert.match(texts[0] ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(new Set(texts).size, 1);
  });

  it('is the old or the new one wherever --rotate-secret is killed', async () => {
    for (let kills = 0; kills < 6; kills++) {
      const setup = startSetup(['--rotate-secret', '--data-dir', dataDir]);
      await Promise.race([setup.ended, pause(randomInt(200, 900))]);
      setup.child.kill('SIGKILL');
      await setup.ended;
    }
    const host = startHostProcess({ dataDir });
    const port = await host.listening;
    const shown = await runSetup(['--print-secret', '--data-dir', dataDir]);
    const headers = { 'server-secret': shown.stdout.trim() };
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/app/connection`, { headers })).status, 200);
    await host.stop();
  });
});
