import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { runSetup } from '../support/setup-process.ts';
import { screenOf } from '../support/terminal-screen.ts';
import { KEYS, TerminalSession, terminalObstacle } from '../support/terminal-session.ts';

const START = fileURLToPath(new URL('../../setup/start.mjs', import.meta.url));
const SCREENS = fileURLToPath(new URL('screens/', import.meta.url));
const WIDTHS = [60, 100] as const;
/** What a run of its own decides. */
const PORT = 23_917;
const { down, enter, ctrlC } = KEYS;

describe('a mistake in the wizard', { skip: terminalObstacle() ?? false, timeout: 300_000 }, () => {
  let folder: string;
  let session: TerminalSession | undefined;
  let taken: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cosync-mistake-'));
  });
  afterEach(async () => {
    session?.kill();
    await new Promise((resolve) => (taken ? taken.close(resolve) : resolve(undefined)));
    taken = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const atHome = () => ({ PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: COMPILE_CACHE });

  function start(columns: number, options = '--no-start'): TerminalSession {
    const env = { ...atHome(), SERVER_NAME: 'auth', HOST: '127.0.0.1' };
    const command = `exec ${process.execPath} ${START} ${options}`;
    session = new TerminalSession(command, { cwd: folder, env, columns });
    return session;
  }
  async function take(port: number): Promise<void> {
    const server = createServer();
    taken = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  }
  const choose = (wizard: TerminalSession, steps: number) => wizard.type(`${down.repeat(steps)}${enter}`);
  async function leave(wizard: TerminalSession): Promise<void> {
    wizard.type(ctrlC);
    assert.equal(await wizard.exited, 130, wizard.output.slice(-1000));
    assert.equal(existsSync(join(folder, 'data')), false);
  }
  /** Compares with the screen that is kept; who means to change it removes the file and runs this once. */
  function assertScreen(name: string, { raw, columns }: TerminalSession): void {
    const screen = screenOf(raw, columns).replaceAll(folder, '/srv');
    const long = screen.split('\n').filter((line) => line.length > columns);
    assert.deepEqual(long, []);
    const file = join(SCREENS, `${name}-${columns}.txt`);
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, screen);
    }
    assert.equal(screen, readFileSync(file, 'utf8'));
  }
  async function toDatabase(wizard: TerminalSession): Promise<void> {
    await wizard.answer('Public address of the host');
    await wizard.answer('Port', String(PORT));
    await wizard.answer('Name of the host');
    await wizard.expect('Database');
  }

  for (const columns of WIDTHS) {
    it(`in a text is said and cleared, and edited with the keys of a shell, at ${columns} columns`, async () => {
      const wizard = start(columns);
      await wizard.answer('Public address of the host', 'ftp://example.com');
      await wizard.expect('is not an address');
      wizard.type(
        `.example.com wrong${KEYS.ctrlW}${KEYS.home}https://auth${KEYS.end}${KEYS.backspace}${enter}`,
      );
      await wizard.answer('Port', '99999');
      await wizard.expect('whole number from 0 to 65535');
      wizard.type(`12345${KEYS.ctrlU}${PORT}${enter}`);
      await wizard.answer('Name of the host', 'x'.repeat(90));
      await wizard.expect('Embedded');
      assertScreen('texts', wizard);
      await leave(wizard);
    });

    it(`in a port that is taken costs no answer, at ${columns} columns`, async () => {
      await take(PORT);
      const wizard = start(columns);
      await wizard.answer('Public address of the host', 'https://auth.example.com');
      await wizard.answer('Port', String(PORT));
      await wizard.expect('another program listens on');
      await wizard.expect('What now?');
      choose(wizard, 1);
      await wizard.expect('https://auth.example.com');
      wizard.type(enter);
      await wizard.answer('Port', String(PORT));
      await wizard.expect('What now?');
      wizard.type(enter);
      await wizard.answer('Port', '0');
      await wizard.expect('Name of the host');
      assertScreen('port', wizard);
      await leave(wizard);
    });

    it(`between address and port is asked about, at ${columns} columns`, async () => {
      const wizard = start(columns);
      await wizard.answer('Public address of the host', 'http://localhost:23916');
      await wizard.answer('Port', String(PORT));
      await wizard.expect('Port 23916 of the address');
      choose(wizard, 1);
      await wizard.expect('Name of the host');
      assertScreen('contradiction', wizard);
      await leave(wizard);
    });

    it(`in a database that is away leads anywhere, at ${columns} columns`, async () => {
      const wizard = start(columns);
      await toDatabase(wizard);
      choose(wizard, 1);
      await wizard.answer('Connection string', 'mongodb://someone:hidden@127.0.0.1:1/auth');
      await wizard.expect('What now?');
      choose(wizard, 2);
      await wizard.expect('Name of the host');
      wizard.type(enter);
      await wizard.expect('MongoDB');
      wizard.type(enter);
      await wizard.answer('Connection string');
      await wizard.expect('What now?');
      choose(wizard, 1);
      await wizard.expect('Private key');
      assertScreen('database', wizard);
      assert.ok(!wizard.output.includes('hidden'));
      await leave(wizard);
    });

    it(`in a mail server that is away is passed by, at ${columns} columns`, async () => {
      const wizard = start(columns);
      await toDatabase(wizard);
      wizard.type(enter);
      await wizard.answer('Private key');
      await wizard.answer('Pass phrase', 'short');
      await wizard.expect('is shorter than 16 characters');
      wizard.type(enter);
      await wizard.expect('Outbox file');
      choose(wizard, 2);
      await wizard.answer('SMTP address', 'smtp://127.0.0.1:1');
      await wizard.expect('What now?');
      choose(wizard, 2);
      await wizard.answer('Sender address');
      await wizard.expect('Twilio');
      assertScreen('mail', wizard);
      await leave(wizard);
    });

    it(`noticed at the end loses nothing, at ${columns} columns`, async () => {
      const wizard = start(columns);
      await toDatabase(wizard);
      wizard.type(enter);
      for (const question of ['Private key', 'Pass phrase', 'Mail', 'SMS', 'Reverse proxies'])
        await wizard.answer(question);
      await wizard.answer('Name of the first app', 'shop');
      await wizard.answer('Its users sign up');
      await wizard.answer('E-mail of an operator');
      await wizard.answer('Sample page');
      await wizard.answer('Write it?', 'n');
      await wizard.answer('What now?');
      await wizard.expect('Public address of the host');
      wizard.type(enter);
      await wizard.answer('Port ›');
      for (const question of [
        'Name of the host',
        'Database',
        'Private key',
        'Pass phrase',
        'Mail',
        'SMS',
        'Reverse proxies',
      ])
        await wizard.answer(question);
      await wizard.expect('shop');
      wizard.type(enter);
      await wizard.answer('Its users sign up');
      await wizard.answer('E-mail of an operator');
      await wizard.answer('Sample page');
      await wizard.answer('Write it?', 'y');
      assert.equal(await wizard.exited, 0, wizard.output.slice(-2000));
      assertScreen('whole', wizard);
    });
  }

  it('says what changed in a second run, a removed line too, and what did not', async () => {
    const run = ['--yes', '--no-start', '--app', 'demo', '--data-dir', join(folder, 'data')];
    const made = await runSetup(run, { PORT: String(PORT), SERVER_NAME: 'auth', MAIL: 'outbox' });
    assert.equal(made.code, 0, made.stderr);
    const wizard = start(100);
    await wizard.answer('Public address of the host', 'https://auth.example.com');
    await wizard.answer('Port', '3000');
    for (const question of ['Name of the host', 'Database', 'Mail', 'SMS', 'Reverse proxies'])
      await wizard.answer(question);
    await wizard.expect('There is the app demo.');
    await wizard.answer('Name of another app', 'demo');
    await wizard.expect('there is one of that name');
    wizard.type(enter);
    await wizard.answer('E-mail of an operator');
    await wizard.expect('host.env: API_URL');
    await wizard.expect('host.env: no longer PORT');
    await wizard.answer('Write it?', 'y');
    assert.equal(await wizard.exited, 0, wizard.output.slice(-2000));
    assert.ok(!wizard.output.includes('first app'));
    assert.doesNotMatch(readFileSync(join(folder, 'data', 'host.env'), 'utf8'), /^PORT=/m);
  });

  it('knows its own host by the port it runs on', async () => {
    const dir = join(folder, 'data');
    const first = start(100, '');
    await first.answer('Public address of the host');
    await first.answer('Port', String(PORT));
    for (const question of [
      ...['Name of the host', 'Database', 'Private key', 'Pass phrase', 'Mail', 'SMS', 'Reverse proxies'],
      ...['Name of the first app', 'Its users sign up', 'E-mail of an operator', 'Sample page'],
    ])
      await first.answer(question);
    await first.answer('Write it and start the host?', 'y');
    await first.answer('Sign a test user up', 'n');
    const second = new TerminalSession(`exec ${process.execPath} ${START} --data-dir ${dir}`, {
      cwd: folder,
      env: atHome(),
    });
    try {
      await second.answer('Public address of the host');
      await second.answer('Port');
      await second.expect(`this host runs already on ${PORT}`);
      for (const question of ['Name of the host', 'Database', 'Mail', 'SMS', 'Reverse proxies'])
        await second.answer(question);
      await second.answer('Name of another app');
      await second.answer('E-mail of an operator');
      await second.answer('Sample page');
      await second.expect('Nothing to change.');
      await second.expect('takes settings when it is started anew');
      assert.equal(await second.exited, 0, second.output.slice(-2000));
    } finally {
      second.kill();
      first.type(ctrlC);
      await first.exited;
    }
  });
});
