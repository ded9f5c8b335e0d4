import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDataDir } from '../support/host.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const STRANGER = isRoot ? 12_345 : (process.getuid?.() ?? 0);
/** Root reads everything unless it gives these up. */
const POWERS = '-dac_override,-dac_read_search';
const AS_ORDINARY_USER = isRoot ? ['setpriv', `--bounding-set=${POWERS}`, `--inh-caps=${POWERS}`] : [];

/** Makes a path somebody else's. */
function giveAway(path: string): void {
  chmodSync(path, isRoot ? 0o700 : 0);
  if (isRoot) chownSync(path, STRANGER, STRANGER);
}

async function run(script: string, args: readonly string[], env: Record<string, string>) {
  const [command = '', ...rest] = [...AS_ORDINARY_USER, process.execPath, join(PROJECT, script), ...args];
  const child = spawn(command, rest, {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  await once(child, 'close');
  return { code: child.exitCode, text };
}

describe('files that this user may not read', { timeout: 400_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'unreadable-'));
    const { settings } = makeDataDir(dataDir);
    const { PASS_KEY, ENCRYPT_KEY } = settings;
    writeFileSync(join(dataDir, 'host.env'), `PASS_KEY='${PASS_KEY}'\nENCRYPT_KEY='${ENCRYPT_KEY}'\n`, {
      mode: 0o600,
    });
  });
  afterEach(() => {
    if (!isRoot) for (const path of ['', 'host.env', 'keys']) chmodSync(join(dataDir, path), 0o700);
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** What lies in the data folder, but for what Node keeps of compiled code. */
  const contents = () =>
    readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.startsWith('.compile-cache'))
      .sort();

  const commands: [string, string, string[]][] = [
    ['the host', 'server/start.mjs', []],
    ['--check', 'setup/start.mjs', ['--check']],
    ['--print-secret', 'setup/start.mjs', ['--print-secret']],
    ['setup', 'setup/start.mjs', ['--yes', '--no-start']],
  ];
  const cases: Record<string, string> = {
    'the data folder': '',
    'host.env': 'host.env',
    'the folder of the keys': 'keys',
    'the private key': 'keys/privatekey.pem',
  };
  for (const [what, path] of Object.entries(cases)) {
    it(`${what}: named with EACCES and owner by every command, and no new keys are made or advised`, async () => {
      const before = contents();
      giveAway(join(dataDir, path));
      for (const [command, script, args] of commands) {
        const { code, text } = await run(script, args, { DATA_DIR: dataDir });
        assert.equal(code, 78, `${command}: ${text}`);
        assert.match(text, /EACCES/, command);
        assert.ok(text.includes(join(dataDir, path)), `${command}: ${text}`);
        assert.match(text, new RegExp(`belongs to (?:root \\()?user ${STRANGER}\\b`), command);
        assert.doesNotMatch(text, /npx setup|is missing|\n {4}at /, command);
      }
      if (!isRoot) chmodSync(join(dataDir, path), 0o700);
      assert.deepEqual(contents(), before);
    });
  }

  it('a file with a secret is named with the reason, and its secret is not called missing', async () => {
    const file = join(dataDir, 'pass');
    writeFileSync(file, 'pass phrase of the tests', { mode: 0o600 });
    giveAway(file);
    writeFileSync(join(dataDir, 'host.env'), `PASS_KEY_FILE=pass\nENCRYPT_KEY='encrypt key of the tests'\n`);
    const { code, text } = await run('server/start.mjs', [], { DATA_DIR: dataDir });
    assert.equal(code, 78);
    assert.match(text, /PASS_KEY_FILE cannot be read from .*pass \(EACCES\): it belongs to/);
    assert.doesNotMatch(text, /PASS_KEY is missing|npx setup/);
    if (!isRoot) chmodSync(file, 0o600);
  });

  it("the pass phrase of a backup and the operator's own texts are named the same way", async () => {
    const owner = new RegExp(`EACCES.*belongs to (?:root \\()?user ${STRANGER}\\b`);
    const pass = join(dataDir, 'backup-pass');
    writeFileSync(pass, 'pass phrase of the backup');
    giveAway(pass);
    const backup = ['--backup', join(dataDir, 'x.backup')];
    const env = { DATA_DIR: dataDir, BACKUP_PASS_FILE: pass };
    assert.match((await run('setup/start.mjs', backup, env)).text, owner);

    const templates = join(dataDir, 'templates');
    mkdirSync(templates);
    giveAway(templates);
    const { code, text } = await run('server/start.mjs', [], { DATA_DIR: dataDir });
    assert.equal(code, 78, text);
    assert.match(text, owner);
    assert.match(text, /^ {2}templates cannot be read/m);
    if (!isRoot) for (const path of [pass, templates]) chmodSync(path, 0o700);
  });

  it('the database is named with its owner, 73', async () => {
    assert.equal((await run('setup/start.mjs', ['--print-secret'], { DATA_DIR: dataDir })).code, 0);
    for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith('host.db')))
      giveAway(join(dataDir, name));
    const { code, text } = await run('server/start.mjs', [], { DATA_DIR: dataDir });
    assert.equal(code, 73, text);
    assert.match(text, new RegExp(`host\\.db.*belongs to (?:root \\()?user ${STRANGER}\\b`));
    assert.doesNotMatch(text, /npx setup/);
  });
});

describe('a database whose key is not given', { timeout: 400_000 }, () => {
  it('gets no new one from setup, and nothing is written', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'keyless-'));
    try {
      writeFileSync(join(dataDir, 'host.db'), '');
      const { code, text } = await run('setup/start.mjs', ['--yes', '--no-start'], { DATA_DIR: dataDir });
      assert.equal(code, 78, text);
      assert.match(text, /ENCRYPT_KEY/);
      assert.equal(existsSync(join(dataDir, 'host.env')), false);
      assert.equal(existsSync(join(dataDir, 'keys')), false);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
