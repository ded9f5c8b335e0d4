import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { freePort } from '../support/free-port.ts';
import { KEYS, TerminalSession, terminalObstacle } from '../support/terminal-session.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
// `exec`: the exit code is that of setup, not of a shell in between.
const SETUP = `exec ${process.execPath} setup/start.mjs`;
const obstacle = terminalObstacle();

/** The questions in the order of the operator contract, as far as the defaults lead. */
const QUESTIONS = [
  'Public address of the host',
  'Port',
  'Name of the host',
  'Database',
  'Private key',
  'Pass phrase',
  'Mail',
  'SMS',
  'Reverse proxies',
  'Name of the first app',
  'Its users sign up',
  'E-mail of an operator',
  'Sample page',
  'Write it?',
] as const;

describe('the wizard', { skip: obstacle ?? false, timeout: 400_000 }, () => {
  let folder: string;
  let dataDir: string;
  let session: TerminalSession | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cosync-wizard-'));
    dataDir = join(folder, 'data');
  });
  afterEach(() => {
    session?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(options = ''): TerminalSession {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      PASSWORD_HASH_MEMORY_KIB: '1024',
      PASSWORD_HASH_PASSES: '1',
    };
    session = new TerminalSession(`${SETUP} --data-dir ${dataDir} ${options}`, { cwd: PROJECT, env });
    return session;
  }

  it('leads from the defaults to a running host, and Ctrl-C stops it cleanly', async () => {
    const wizard = start();
    const port = await freePort();
    await wizard.answer('Public address of the host');
    await wizard.answer('Port', String(port));
    for (const question of QUESTIONS.slice(2, 9)) await wizard.answer(question);
    await wizard.answer('Name of the first app', 'demo');
    await wizard.answer('Its users sign up');
    await wizard.answer('E-mail of an operator', 'ada@example.com');
    await wizard.answer('Password', 'too short');
    await wizard.expect('at least 12 characters');
    wizard.type(`a calm pass phrase${KEYS.enter}`);
    await wizard.answer('Once more', 'a calm pass phrase');
    await wizard.answer('Sample page');
    await wizard.answer('Write it and start the host?', 'y');
    await wizard.expect('npx cosync try signup');
    await wizard.expect(`Ready: http://localhost:${port} · Ctrl-C stops`);
    await wizard.answer('Sign a test user up and see the token?', 'y');
    await wizard.expect('verified against the published keys');
    const response = await fetch(`http://localhost:${port}/readyz`);
    assert.equal(response.status, 200);
    wizard.type(KEYS.ctrlC);
    assert.equal(await wizard.exited, 0, wizard.output.slice(-2000));

    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    assert.equal(statSync(join(dataDir, 'host.env')).mode & 0o777, 0o600);
    assert.equal(statSync(join(dataDir, 'keys', 'privatekey.pem')).mode & 0o777, 0o600);
    assert.match(
      readFileSync(join(dataDir, 'keys', 'privatekey.pem'), 'utf8'),
      /BEGIN ENCRYPTED PRIVATE KEY/,
    );
    const secret = /PASS_KEY=(\S+)/.exec(readFileSync(join(dataDir, 'host.env'), 'utf8'))?.[1] ?? '';
    assert.ok(secret.length >= 16 && !wizard.output.includes(secret), 'the pass phrase is never shown');
  });

  for (const [index, question] of QUESTIONS.entries()) {
    it(`leaves no file after Ctrl-C at "${question}"`, async () => {
      const wizard = start('--no-start');
      for (const before of QUESTIONS.slice(0, index)) await wizard.answer(before);
      await wizard.expect(question);
      wizard.type(KEYS.ctrlC);
      assert.equal(await wizard.exited, 130, wizard.output.slice(-1000));
      assert.equal(existsSync(dataDir), false);
    });
  }

  it('keeps keys, secrets and answers on a second run', async () => {
    const first = start('--no-start');
    await first.answer('Public address of the host', 'https://auth.example.com/');
    for (const question of QUESTIONS.slice(1, 12)) await first.answer(question);
    await first.answer('Write it', 'y');
    assert.equal(await first.exited, 0, first.output.slice(-2000));
    const files = () =>
      Object.fromEntries(
        ['host.env', 'keys/privatekey.pem', 'keys/publickey.pem'].map((name) => [
          name,
          readFileSync(join(dataDir, name), 'utf8'),
        ]),
      );
    const before = files();
    assert.match(before['host.env'] ?? '', /API_URL=https:\/\/auth\.example\.com\n/);

    const second = start('--no-start');
    await second.expect('Public address of the host');
    await second.expect('https://auth.example.com');
    second.type(KEYS.enter);
    for (const question of ['Port', 'Name of the host', 'Database', 'Mail', 'SMS', 'Reverse proxies']) {
      await second.answer(question);
    }
    await second.expect('There is the app demo.');
    await second.answer('Name of another app');
    await second.answer('E-mail of an operator');
    await second.expect('Nothing to change.');
    assert.equal(await second.exited, 0, second.output.slice(-2000));
    assert.deepEqual(files(), before);
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('asks again after a wrong answer and says what is wrong', async () => {
    const wizard = start('--no-start');
    await wizard.answer('Public address of the host', 'ftp://example.com');
    await wizard.expect('is not an address of the form');
    wizard.type(`http://example.com${KEYS.enter}`);
    await wizard.expect('Not https');
    await wizard.answer('Port', '99999');
    await wizard.expect('whole number from 0 to 65535');
    wizard.type(KEYS.ctrlC);
    assert.equal(await wizard.exited, 130);
  });
});
