import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { terminalLines } from '../../server/log/terminal-lines.ts';
import { makeDataDir } from '../support/host.ts';
import { KEYS, TerminalSession, terminalObstacle } from '../support/terminal-session.ts';

const START = fileURLToPath(new URL('../../server/start.mjs', import.meta.url));
const ESCAPE = '\u001b[';
const REQUEST = { requestId: 'r-1', method: 'POST', route: '/api/appuser/login', appId: 'a'.repeat(32) };

describe('the log at a terminal', { skip: terminalObstacle() ?? false }, () => {
  const sessions: TerminalSession[] = [];
  const made = makeDataDir();
  after(() => {
    for (const session of sessions) session.kill();
    rmSync(made.dataDir, { recursive: true, force: true });
  });

  function start(env: Record<string, string> = {}, pipe = ''): TerminalSession {
    const session = new TerminalSession(`${pipe ? '' : 'exec '}${process.execPath} ${START} ${pipe}`, {
      cwd: made.dataDir,
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...made.settings, ...env },
    });
    sessions.push(session);
    return session;
  }
  async function address(session: TerminalSession): Promise<string> {
    await session.expect('· Ctrl-C stops');
    const [, found] = /Ready: (http:\/\/localhost:\d+) · Ctrl-C stops/.exec(session.output) ?? [];
    assert.ok(found, session.output);
    return found.replace('localhost', '127.0.0.1');
  }
  async function ask(base: string): Promise<void> {
    await fetch(`${base}/healthz`);
    await fetch(`${base}/readyz`);
    await fetch(`${base}/nowhere?secret=hidden`);
    await fetch(`${base}/api/appuser/login`, { method: 'POST', body: '{}' });
  }
  async function stop(session: TerminalSession): Promise<void> {
    session.type(KEYS.ctrlC);
    assert.equal(await session.exited, 0, session.output);
  }

  it('is a short coloured line for each request, and says where the host is and how to stop it', async () => {
    const session = start();
    await ask(await address(session));
    await session.expect('POST /api/appuser/login 400');
    await session.expect(' ms code 400 no_credential');
    await stop(session);
    assert.match(session.output, /GET \(unknown path\) 404 [\d.]+ ms\r?\n/);
    assert.doesNotMatch(session.output, /healthz|readyz|hidden|\{"/);
    assert.ok(session.raw.includes(`${ESCAPE}33m400`), 'colours');
    const asked = session.output.split(/\r?\n/).filter((line) => /^(?:GET|POST) /.test(line));
    assert.deepEqual(
      asked.filter((line) => line.length > 80),
      [],
    );
  });

  it('has no colours with NO_COLOR, and shows health probes at debug', async () => {
    const session = start({ NO_COLOR: '1', LOG_LEVEL: 'debug' });
    await ask(await address(session));
    await session.expect('GET /healthz 200');
    await session.expect('GET /readyz 200');
    await session.expect('POST /api/appuser/login 400');
    await stop(session);
    assert.equal(session.raw.includes(ESCAPE), false);
  });

  it('stays JSON where a pipe takes it', async () => {
    const session = start({}, '| cat');
    await session.expect('"msg":"listening"');
    session.type(KEYS.ctrlC);
    await session.exited;
    const lines = session.output.split(/\r?\n/).filter((line) => line.startsWith('{'));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.equal(typeof JSON.parse(line).level, 'string');
    assert.doesNotMatch(session.output, /Ready:/);
  });
});

describe('a line at a terminal', () => {
  const plain = terminalLines({ colours: false, probes: false });

  it('holds method, path, status, time, code and reason', () => {
    assert.equal(
      plain.request({ ...REQUEST, status: 400, ms: 12.34, code: 602, reason: 'too_long' }),
      'POST /api/appuser/login 400 12 ms code 602 too_long\n',
    );
    assert.equal(plain.request({ ...REQUEST, status: 200, ms: 0.4 }), 'POST /api/appuser/login 200 0.4 ms\n');
    assert.equal(plain.request({ ...REQUEST, route: '/healthz', status: 200, ms: 1 }), undefined);
  });

  it('tells of an event what it holds, and where an error came from', () => {
    const event = {
      level: 'error',
      time: 'x',
      event: 'unexpected_error',
      requestId: 'r-1',
      name: 'TypeError',
    };
    const json = JSON.stringify({ ...event, stack: '    at a (b.ts:1)\n    at c', msg: 'unexpected_error' });
    assert.equal(plain.other(json), 'error unexpected_error name=TypeError\n    at a (b.ts:1)\n    at c\n');
  });

  it('lets no text of others command the terminal', () => {
    const evil = '\u001b[2J\u009b2J\r\n\u2028';
    const json = JSON.stringify({ level: 'warn', msg: `x${evil}`, field: evil });
    assert.doesNotMatch(plain.other(json).slice(0, -1), /[\p{Cc}\u2028]/u);
    assert.doesNotMatch(
      plain.request({ ...REQUEST, method: evil, status: 400, ms: 1 })?.slice(0, -1) ?? '',
      /\p{Cc}/u,
    );
  });
});
