import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { repeatedNames } from '../../server/config/repeated-names.ts';
import { makeDataDir } from '../support/host.ts';
import { startHostProcess } from '../support/host-process.ts';
import { runSetup } from '../support/setup-process.ts';

describe('a name on several lines of host.env', { timeout: 400_000 }, () => {
  let dataDir: string;
  let folder: string;
  let text: string;
  before(() => {
    const made = makeDataDir();
    dataDir = made.dataDir;
    folder = mkdtempSync(join(tmpdir(), 'repeated-names-'));
    const { PASS_KEY, ENCRYPT_KEY } = made.settings;
    text = `# mine\nENCRYPT_KEY='${ENCRYPT_KEY}'\nPASS_KEY='first one, never read'\nPORT=0\n\nPASS_KEY='${PASS_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), text, { mode: 0o600 });
  });
  after(() => {
    for (const path of [dataDir, folder]) rmSync(path, { recursive: true, force: true });
  });

  const commands = [
    ['--check'],
    ['--print-secret'],
    ['--rotate-secret'],
    ['--rotate-pass-key', '--yes'],
    ['--rotate-encrypt-key', '--yes'],
    ['--backup', 'FILE'],
    ['--verify-backup', 'FILE'],
    ['--restore', 'FILE'],
    ['--yes', '--no-start'],
  ];
  for (const command of commands) {
    it(`is refused by ${command[0]} before anything is changed`, async () => {
      const args = command.map((arg) => (arg === 'FILE' ? join(folder, 'backup') : arg));
      const outcome = await runSetup([...args, '--data-dir', dataDir], { BACKUP_PASS: 'a pass phrase' });
      assert.equal(outcome.code, 78, outcome.stderr);
      assert.match(outcome.stderr, /PASS_KEY.*lines 3 and 6/);
      assert.ok(!outcome.stderr.includes('never read'));
      assert.equal(readFileSync(join(dataDir, 'host.env'), 'utf8'), text);
    });
  }

  it('is refused by the host', async () => {
    const host = startHostProcess({ dataDir, env: { PASS_KEY: '', ENCRYPT_KEY: '' } });
    const { code, stderr } = await host.ended;
    assert.equal(code, 78);
    assert.match(stderr, /PASS_KEY stands on lines 3 and 6/);
    await host.stop();
  });

  const texts: [what: string, text: string, expected: { name: string; lines: number[] }[]][] = [
    ['names once each', 'A=1\nB=2\n', []],
    ['comments and blank lines', '# A=1\n\nA=2\n #A=3\n', []],
    ['values that look like assignments', "A='x\nB=1\n'\nB=2\n", []],
    ['blanks, export, line ends of Windows', 'A = 1\r\n export A=2\r\n', [{ name: 'A', lines: [1, 2] }]],
    ['an empty line among them', 'A=\nA=2', [{ name: 'A', lines: [1, 2] }]],
    ['a quote that is never closed', "A='1\nA=2\n", [{ name: 'A', lines: [1, 2] }]],
    [
      'what follows a quoted value',
      'A="1" # x\nB=`2\n3`\nA=4\nB=5\n',
      [
        { name: 'A', lines: [1, 4] },
        { name: 'B', lines: [2, 5] },
      ],
    ],
  ];
  for (const [what, given, expected] of texts) {
    it(`is found with ${what}`, () => assert.deepEqual(repeatedNames(given), expected));
  }
});
