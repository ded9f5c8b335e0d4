import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { send } from '../support/host.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Somebody who has just installed the project and types what the README says. */
describe('a stranger', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
  const running: ChildProcess[] = [];
  after(() => {
    for (const { pid } of running) killGroup(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Types a line in the project's folder; `said` grows with both outputs. */
  function type(line: string, env: Record<string, string> = {}) {
    const child = spawn('sh', ['-c', line], {
      cwd: PROJECT,
      detached: true,
      env: { PATH: process.env.PATH, HOME: folder, DATA_DIR: join(folder, 'data'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    const typed = { child, said: '', ended: once(child, 'close').then(() => child.exitCode) };
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        typed.said += text;
      });
    }
    return typed;
  }
  const untilSaid = (typed: { said: string }, text: RegExp) => until(`${text}`, () => text.test(typed.said));

  it('who starts the host before setting it up is told all that is missing and what to do', async () => {
    const start = type('npm start');
    assert.equal(await start.ended, 78, start.said);
    for (const missing of ['PASS_KEY', 'ENCRYPT_KEY', 'PRIVATE_KEY_FILE', 'PUBLIC_KEY_FILE']) {
      assert.match(start.said, new RegExp(`^ {2}${missing} .*\\n +→ .*npx setup`, 'm'));
    }
    assert.doesNotMatch(start.said, /\n {4}at /);
  });

  it('sets the host up, is told of a port in use, starts once it is free, makes an app as shown, and stops it with Ctrl-C', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const address = taken.address();
    const takenPort = typeof address === 'object' && address ? address.port : 0;
    const setup = type('npx setup --yes', { PORT: String(takenPort) });
    assert.equal(await setup.ended, 78, setup.said);
    assert.match(setup.said, new RegExp(`PORT is in use \\(${takenPort}\\)\\n +→ `));
    assert.doesNotMatch(setup.said, /\n {4}at /);
    taken.close();
    await once(taken, 'close');

    const start = type('npx setup --yes');
    await untilSaid(start, /"msg":"listening"/);
    const shown = (command: string) =>
      new RegExp(`^ *(npx cosync ${command}\\S*)`, 'm').exec(start.said)?.[1] ?? '';
    const created = type(shown('app create '));
    assert.equal(await created.ended, 0, created.said);
    const token = type('npx cosync app token');
    assert.equal(await token.ended, 0, token.said);
    assert.match(token.said, /^ey/m);

    killGroup(start.child.pid, 'SIGINT');
    await start.ended;
    // What the shell makes of it does not matter: the host itself was not cut off.
    assert.match(start.said, /"event":"host_stopped","exitCode":0/);
    await assert.rejects(send({ port: takenPort, method: 'GET', path: '/healthz' }));
  });
});

/** As a terminal does: everything in the foreground gets the signal. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}
