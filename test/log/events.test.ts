import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEvents, errorFields } from '../../server/log/events.ts';
import { createLogger } from '../../server/log/logger.ts';
import { requestContext } from '../../server/log/request-context.ts';
import type { LogLevel } from '../../server/model/config.ts';

function capture(level: LogLevel = 'info') {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger(level, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, log, events: createEvents(log) };
}

describe('events as log lines', () => {
  it('carries time, level, message and fields, outside a request nothing else', () => {
    const { lines, events } = capture();
    events.emit('host_started', { port: 3000 });
    const { time, ...line } = lines[0] ?? {};
    assert.equal(new Date(String(time)).toISOString(), time);
    assert.deepEqual(line, { level: 'info', event: 'host_started', port: 3000, msg: 'listening' });
  });

  it('knows the request it happens in, and forgets it afterwards', async () => {
    const { lines, events } = capture();
    const context = {
      requestId: 'r',
      route: '/x',
      appId: undefined,
      address: '1.2.3.4',
      accessToken: undefined,
      operator: undefined,
      client: 'other' as const,
      gone: false,
    };
    await requestContext.run(context, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      events.emit('login_failed', { reason: 'password' });
    });
    events.emit('user_deleted');
    assert.deepEqual([lines[0]?.requestId, lines[0]?.route, lines[0]?.address], ['r', '/x', '1.2.3.4']);
    assert.deepEqual([lines[0]?.level, lines[0]?.reason], ['warn', 'password']);
    assert.equal(lines[1]?.requestId, undefined);
  });

  it('keeps to the level set', () => {
    const { lines, events } = capture('error');
    events.emit('login_succeeded');
    events.emit('database_lost');
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['database_lost'],
    );
  });

  it('stays one line whatever a field holds', () => {
    const { lines, events } = capture();
    events.emit('template_failed', { template: 'a\n{"level":"fatal"}\u2028' });
    assert.equal(lines.length, 1);
  });

  it('says of an unexpected error its name, code and frames, never its message', () => {
    const error = Object.assign(new TypeError('the secret\n    at secret'), {
      code: 'E_X',
      config: { auth: 'secret' },
    });
    error.stack = `TypeError: ${error.message}\n    at one (file:1)\n    at two (file:2)`;
    assert.deepEqual(errorFields(error), {
      name: 'TypeError',
      code: 'E_X',
      stack: '    at one (file:1)\n    at two (file:2)',
    });
    assert.deepEqual(errorFields('secret'), { name: 'string', stack: '' });
  });
});
