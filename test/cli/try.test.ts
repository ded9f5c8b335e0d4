import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { emptyPlace, runCosync } from '../support/cosync-process.ts';
import { freePort } from '../support/free-port.ts';
import { type SetupProcess, startSetup } from '../support/setup-process.ts';
import { until } from '../support/until.ts';

describe('playing a user from the command line', { timeout: 400_000 }, () => {
  const { folder, env } = emptyPlace();
  const dataDir = join(folder, 'data');
  let setup: SetupProcess;
  before(async () => {
    const port = await freePort();
    setup = startSetup(['--yes', '--app', 'demo', '--data-dir', dataDir], { PORT: String(port) });
    await until('the host listens', () => setup.printed.stdout.includes('"listening"'));
  });
  after(async () => {
    setup.child.kill('SIGTERM');
    await setup.ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (args: string[], input = '') =>
    runCosync(['try', ...args], { cwd: folder, env: { ...env, DATA_DIR: dataDir }, input });

  it('signs up, logs in and resets a password, each time to a verified token', async () => {
    const signup = await run(['signup', '--json']);
    assert.equal(signup.code, 0, signup.stderr);
    assert.match(signup.stderr, /The message that went out/);
    const { handle, password, claims, verified } = JSON.parse(signup.stdout);
    assert.deepEqual([claims.email, verified], [handle, true]);

    const login = await run(['login'], `${handle}\n${password}\n`);
    assert.equal(login.code, 0, login.stderr);
    assert.match(login.stdout, /verified against the published keys/);

    const forgot = await run(['forgot', handle, '--json']);
    assert.equal(forgot.code, 0, forgot.stderr);
    const reset = JSON.parse(forgot.stdout);
    assert.equal((await run(['login', handle], `${reset.password}\n`)).code, 0);
    const old = await run(['login', handle], `${password}\n`);
    assert.equal(old.code, 1);
    assert.match(old.stderr, /cosync: The host says: .*wrong_credentials/);
  });

  it('says what is refused, and what it was not told', async () => {
    const anonymous = await run(['anonymous']);
    assert.equal(anonymous.code, 1);
    assert.match(anonymous.stderr, /anonymous_off/);
    for (const args of [['login'], ['forgot']]) assert.equal((await run(args)).code, 64, args.join());
  });
});
