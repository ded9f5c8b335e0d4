import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TerminalSession, terminalObstacle } from '../support/terminal-session.ts';

const RUN = fileURLToPath(new URL('../run.mjs', import.meta.url));
const NAMES = ['good', 'bad', 'left', 'broken'] as const;
const FILES = {
  good: `it('holds', () => console.log('chatter'));`,
  bad: `describe('a sum', () => it('is off', () => {
    throw new Error('one is not two\\n' + Array.from({ length: 60 }, (_, i) => 'line ' + i).join('\\n'));
  }));`,
  left: `it('waits', { skip: 'no database here' }, () => {});`,
  broken: `throw new Error('nothing to load');`,
};

describe('npm test', { timeout: 120_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-test-'));
    mkdirSync(join(folder, 'test'));
    copyFileSync(RUN, join(folder, 'test', 'run.mjs'));
    for (const name of NAMES) {
      const text = `import { describe, it } from 'node:test';\nvoid describe;\n${FILES[name]}\n`;
      writeFileSync(join(folder, 'test', `${name}.test.mjs`), text);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(names: readonly (keyof typeof FILES)[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, ['test/run.mjs', ...names.map(path)], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  }
  const path = (name: string) => `test/${name}.test.mjs`;
  const log = () => readFileSync(join(folder, 'test', 'results', 'last-run.log'), 'utf8');

  it('ends with what was skipped and counts; the rest is in the log', async () => {
    const { code, output } = await run(['good', 'left']);
    assert.equal(code, 0, output);
    const lines = output.trimEnd().split('\n');
    assert.equal(lines[0], '  SKIPPED  test/left.test.mjs: waits: no database here');
    assert.match(lines[1] ?? '', /^1 passed, 0 failed, 1 skipped in 2 files, \d+ s/);
    assert.equal(lines[2], 'npm test: all good');
    assert.equal(lines.length, 3, output);
    assert.match(log(), /holds/);
    assert.match(log(), /chatter/);
  });

  for (const CI of ['', 'true']) {
    it(`prints the errors of what failed, 40 lines each, with CI=${CI}`, async () => {
      const { code, output } = await run(['bad', 'broken', 'good'], { CI });
      assert.equal(code, 1, output);
      assert.match(output, /FAILED {3}test\/bad\.test\.mjs: is off\n {4}Error: one is not two\n {4}line 0\n/);
      assert.match(output, / {4}line 38\n {4}\.\.\. \d+ more lines/);
      assert.doesNotMatch(output, /line 39\b/);
      assert.match(output, /FAILED {3}test\/broken\.test\.mjs: .+\n.+ {4}Error: nothing to load\n/s);
      assert.match(output, /1 passed, 2 failed, 0 skipped in 3 files, .+\nnpm test: 2 failed\n$/);
    });
  }

  describe('of every file', () => {
    const FLAKY = `import { existsSync, writeFileSync } from 'node:fs';
      it('is late', () => {
        if (existsSync('came')) return;
        writeFileSync('came', '');
        throw new Error('not in time');
      });`;
    const write = (name: string, text: string) =>
      writeFileSync(join(folder, 'test', `${name}.test.ts`), `import { it } from 'node:test';\n${text}\n`);
    before(() => writeFileSync(join(folder, 'package.json'), '{ "scripts": { "check": "true" } }'));

    it('gives a file that failed beside others a turn alone, and names it', async () => {
      write('flaky', FLAKY);
      write('steady', `it('holds', () => {});`);
      const { code, output } = await run([]);
      assert.equal(code, 0, output);
      assert.match(output, /UNSTEADY test\/flaky\.test\.ts: is late: .+\n {4}Error: not in time\n/);
      assert.match(output, /2 passed, 0 failed, 0 skipped, 1 unsteady in 2 files, .+\nnpm test: all good\n$/);
    });

    it('fails with what fails alone too, and with more than two files', async () => {
      write('wrong', `it('is off', () => { throw new Error('one is not two'); });`);
      const wrong = await run([]);
      assert.equal(wrong.code, 1);
      assert.match(wrong.output, /FAILED {3}test\/wrong\.test\.ts: is off\n/);
      for (const name of ['flaky', 'flaky2', 'wrong']) write(name, FLAKY.replaceAll('came', name));
      const many = await run([]);
      assert.equal(many.code, 1);
      assert.match(many.output, /1 passed, 3 failed, 0 skipped in 4 files, .+\nnpm test: 3 failed\n$/);
    });
  });

  it('refuses a skipped test with CI=true', async () => {
    const { code, output } = await run(['left'], { CI: 'true' });
    assert.equal(code, 1);
    assert.match(output, /npm test: 1 skipped, which CI refuses\n$/);
  });

  it('draws one line on a terminal while it runs', { skip: terminalObstacle() ?? false }, async () => {
    const command = `exec ${process.execPath} test/run.mjs ${path('good')}`;
    const terminal = new TerminalSession(command, { cwd: folder, env: { PATH: process.env.PATH } });
    assert.equal(await terminal.exited, 0, terminal.output);
    assert.match(terminal.output, /^\r0 of 1 files, 0 passed, 0 failed, \d+ s\r/);
    assert.match(terminal.output, /\r1 passed, 0 failed, 0 skipped in 1 files/);
  });
});
