import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { COSYNC_START, emptyPlace } from '../support/cosync-process.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { KEYS, TerminalSession, terminalObstacle } from '../support/terminal-session.ts';

describe('the command line on a terminal', { skip: terminalObstacle() }, () => {
  const { folder, env } = emptyPlace();
  let host: TestHost;
  let appId: string;
  let session: TerminalSession | undefined;
  before(async () => {
    host = await startTestHost();
    const app = await host.createApp({ name: 'shop' });
    appId = app.id;
    await host.createApp({ name: 'spare' });
    for (const name of ['anna', 'ben', 'cleo', 'dora', 'emil', 'fritz']) {
      await host.createUser(app, { handle: `${name}@example.com` });
    }
    await host.createUser(app, {
      handle: 'gina@example.com',
      userName: 'a \u001b[31mred\u001b[0m\u0007 note',
    });
    mkdirSync(join(folder, 'work'));
  });
  after(async () => {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => session?.kill());

  function type(line: string, more: Record<string, string | undefined> = {}): TerminalSession {
    const known = { COSYNC_URL: host.url, COSYNC_SECRET: host.serverSecret };
    const command = `stty cols 70; "${process.execPath}" "${COSYNC_START}" ${line}`;
    session = new TerminalSession(command, { cwd: join(folder, 'work'), env: { ...env, ...known, ...more } });
    return session;
  }
  const users = async () => (await host.deps.store.users.total(appId)).rows;

  it('asks for the secret of a host unseen, and keeps it', async () => {
    const adding = type(`host add shop --url ${host.url}`, {
      COSYNC_URL: undefined,
      COSYNC_SECRET: undefined,
    });
    await adding.answer('Server secret', host.serverSecret);
    await adding.expect('Kept the host shop');
    assert.equal(await adding.exited, 0);
    assert.ok(!adding.output.includes(host.serverSecret));
    assert.match(readFileSync(join(folder, 'config', 'cosync', 'hosts.json'), 'utf8'), /"secret"/);
  });

  it('tells the effect and wants a yes for one user; a no does nothing', async () => {
    const before = await users();
    const no = type('--app shop user delete anna@example.com');
    await no.expect('Deletes 1 user');
    await no.expect('Do it?');
    no.type('n');
    await no.expect('Nothing was done');
    assert.equal(await no.exited, 1);
    const yes = type('--app shop user delete anna@example.com');
    await yes.expect('Do it?');
    yes.type('y');
    await yes.expect('anna@example.com is deleted');
    assert.equal(await yes.exited, 0);
    host.clock.advance(61_000);
    assert.equal(await users(), before - 1);
  });

  it('wants the name of the app typed for several, and shows how far it is', async () => {
    const handles = ['ben', 'cleo', 'dora', 'emil', 'fritz'].map((name) => `${name}@example.com`).join(' ');
    const wrong = type(`--app shop user delete ${handles}`);
    await wrong.expect('Deletes 5 users');
    await wrong.answer("Type the app's name", 'other');
    await wrong.expect('not the name of the app: nothing was done');
    assert.equal(await wrong.exited, 64);
    const right = type(`--app shop user delete ${handles}`);
    await right.answer("Type the app's name", 'shop');
    await right.expect('5 of 5');
    await right.expect('fritz@example.com is deleted');
    assert.equal(await right.exited, 0);
  });

  it('wants the name of an app to delete it, whatever --yes says', async () => {
    const deleting = type('app delete --app spare --yes');
    await deleting.answer("Type the app's name", 'spare');
    await deleting.expect('spare is deleted');
    assert.equal(await deleting.exited, 0);
  });

  it('ends with 130 when Ctrl-C is typed at a question', async () => {
    const asking = type('--app shop user delete gina@example.com');
    await asking.expect('Do it?');
    asking.type(KEYS.ctrlC);
    assert.equal(await asking.exited, 130);
  });

  it('asks nothing with --no-input', async () => {
    const refusing = type('--app shop user delete gina@example.com --no-input');
    await refusing.expect('Nobody can be asked');
    assert.equal(await refusing.exited, 64);
  });

  it('keeps a table within the terminal, and control sequences of users out of it', async () => {
    const listing = type('--app shop user list');
    await listing.expect('gina@');
    assert.equal(await listing.exited, 0);
    assert.ok(
      listing.output.split(/\r?\n/).every((line) => line.length <= 70),
      listing.output,
    );
    const showing = type('--app shop user show gina@example.com');
    await showing.expect('a red\ufffd note');
    assert.equal(await showing.exited, 0);
    assert.ok(![listing, showing].some(({ raw }) => raw.includes('\u001b[31m')));
  });

  it('colours what went wrong, unless it is told not to', async () => {
    const loud = type('--app shop user show nobody');
    assert.equal(await loud.exited, 1);
    assert.ok(loud.raw.includes('\u001b[31mcosync:'));
    for (const [line, more] of [
      ['--no-color', {}],
      ['', { NO_COLOR: '1' }],
    ] as const) {
      const plain = type(`--app shop user show nobody ${line}`, more);
      assert.equal(await plain.exited, 1);
      assert.ok(!plain.raw.includes('\u001b[31m'), line);
    }
  });
});
