import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createLogger } from '../../server/log/logger.ts';
import type { LogLevel } from '../../server/model/config.ts';

const LINE = { requestId: 'r-1', method: 'GET', route: '/x', status: 200, ms: 1.5, appId: undefined };
const LOGGER = new URL('../../server/log/logger.ts', import.meta.url).href;

function capture(level: LogLevel) {
  const lines: string[] = [];
  return { lines, log: createLogger(level, { write: (line: string) => void lines.push(line) }) };
}

describe('the log', () => {
  it('says the same of a request as a line of level info would', () => {
    const { lines, log } = capture('info');
    log.request({ ...LINE, appId: 'app' });
    log.info({ ...LINE, appId: 'app' }, 'request');
    const [written, usual] = lines.map((line) => ({ ...JSON.parse(line), time: undefined }));
    assert.deepEqual(written, usual);
    assert.deepEqual(Object.keys(written), Object.keys(usual));
    assert.equal(new Date(JSON.parse(lines[0] ?? '').time).getTime() > 0, true);
  });

  it('keeps a request on one line whatever it is called', () => {
    const { lines, log } = capture('info');
    log.request({ ...LINE, requestId: 'a"b\nc', method: 'X"', route: '\u2028' });
    assert.equal(lines.join('').split('\n').length, 2);
    assert.equal(JSON.parse(lines[0] ?? '').requestId, 'a"b\nc');
  });

  it('leaves requests out above the level info', () => {
    const { lines, log } = capture('warn');
    log.request(LINE);
    assert.deepEqual(lines, []);
  });

  it('leaves a process in the order in which it was written, to the last line', () => {
    const script = `
      const { createLogger } = await import('${LOGGER}');
      const log = createLogger('info');
      for (let n = 0; n < 1000; n++) {
        log.request({ requestId: 'r-' + n, method: 'GET', route: '/', status: 200, ms: 1 });
        log.warn({ n }, 'between');
      }
      log.flush();
      process.exit(0);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ msg, n, requestId }) => (msg === 'request' ? requestId : n));
    assert.deepEqual(seen, Array.from({ length: 1000 }, (_, n) => [`r-${n}`, n]).flat());
  });

  const CHATTER = `
    const { createLogger } = await import('${LOGGER}');
    const log = createLogger('info');
    const timer = setInterval(() => {
      for (let n = 0; n < 500; n++) log.info({ text: 'x'.repeat(300) }, 'chatter');
    }, 10);
    setTimeout(async () => {
      log.info({}, 'the end');
      await log.drained();
      log.flush();
      process.exit(7);
    }, 500);`;
  const places = [
    { name: 'a full disk', open: () => openSync('/dev/full', 'w') },
    { name: 'a reader that does not read', open: () => 'pipe' as const },
  ];
  for (const { name, open } of places) {
    it(`does not hold up the end of a process that writes to ${name}`, { timeout: 20_000 }, async (t) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', CHATTER], {
        stdio: ['ignore', open(), 'inherit'],
      });
      t.after(() => child.kill('SIGKILL'));
      const [code] = await once(child, 'exit');
      assert.equal(code, 7);
    });
  }
});
