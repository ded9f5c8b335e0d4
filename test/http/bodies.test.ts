import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { probeRoutes } from './probes.ts';

describe('bodies of requests', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ routes: probeRoutes });
    app = await host.createApp();
  });
  after(() => host.stop());

  const asApp = (method: string, path: string, options: Parameters<TestHost['request']>[2] = {}) =>
    host.request(method, path, { ...options, headers: { 'app-token': app.appToken, ...options.headers } });
  const echo = (raw: string | Buffer, type?: string) =>
    asApp('POST', '/api/appuser/echo', { raw, headers: type === undefined ? {} : { 'content-type': type } });

  describe('bodies', () => {
    const FORM = 'application/x-www-form-urlencoded';
    const cases: [string, string | Buffer, string | undefined, unknown][] = [
      ['JSON', '{"handle":"a","code":7}', 'application/json', { handle: 'a', code: 7 }],
      ['JSON with a charset', '{"handle":"å"}', 'Application/JSON; charset=UTF-8', { handle: 'å' }],
      ['a form', 'handle=a&code=7', FORM, { handle: 'a', code: '7' }],
      ['JSON without a type', ' {"handle":"a"}', undefined, { handle: 'a' }],
      ['a form without a type', 'handle=a', undefined, { handle: 'a' }],
      ['null as absent', '{"handle":"a","code":null}', 'application/json', { handle: 'a' }],
      [
        'unknown members, dropped',
        '{"handle":"a","appId":"x","__proto__":{"y":1}}',
        'application/json',
        { handle: 'a' },
      ],
      [
        'JSON text in a form',
        'handle=a&metaData={"b":"c&d=e"}',
        FORM,
        { handle: 'a', metaData: '{"b":"c&d=e"}' },
      ],
    ];
    for (const [what, raw, type, expected] of cases) {
      it(`takes ${what}`, async () => {
        const answer = await echo(raw, type);
        assert.deepEqual([answer.status, answer.body], [200, expected]);
      });
    }

    const refused: [string, string | Buffer, string | undefined, number, number][] = [
      ['an empty body as missing members', '', 'application/json', 400, 403],
      ['an empty member as missing', '{"handle":""}', 'application/json', 400, 403],
      ['presence before types', '{"handle":null,"code":{}}', 'application/json', 400, 403],
      ['a wrong type', '{"handle":["a"]}', 'application/json', 400, 602],
      ['a repeated form parameter', 'handle=a&handle=b', FORM, 400, 602],
      ['a nested form name', 'handle[$gt]=', FORM, 400, 403],
      ['broken JSON', '{"handle":', 'application/json', 400, 602],
      ['a JSON list', '["handle"]', 'application/json', 400, 602],
      ['a JSON text', '"handle"', 'application/json', 400, 602],
      ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'application/json', 400, 602],
      ['broken UTF-8 in a form', Buffer.from('handle=\xe5', 'latin1'), FORM, 400, 602],
      ['9 levels', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`, 'application/json', 400, 602],
      ['another type', '{"handle":"a"}', 'text/plain', 415, 602],
      ['multipart', '--x', 'multipart/form-data; boundary=x', 415, 602],
      ['another charset', '{"handle":"a"}', 'application/json; charset=utf-16', 415, 602],
      ['102,401 bytes', `{"handle":"${'a'.repeat(102_388)}"}`.padEnd(102_401), 'application/json', 413, 602],
    ];
    for (const [what, raw, type, status, code] of refused) {
      it(`refuses ${what}`, async () => {
        const answer = await echo(raw, type);
        assert.deepEqual([answer.status, answer.body?.code], [status, code]);
      });
    }

    it('takes 102,400 bytes, and refuses a compressed body', async () => {
      const answer = await echo(`{"handle":"${'a'.repeat(1000)}"}`.padEnd(102_400), 'application/json');
      assert.equal(answer.status, 200);
      const packed = await asApp('POST', '/api/appuser/echo', {
        raw: '{"handle":"a"}',
        headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      });
      assert.deepEqual([packed.status, packed.body.code], [415, 602]);
    });

    it('emits input_refused for what is wrong, not for what is absent', async () => {
      const start = host.events.length;
      await echo('{"handle":""}', 'application/json');
      await echo('{"handle":7}', 'application/json');
      await echo('handle=a&handle=b', FORM);
      const events = host.events.slice(start).map(({ event, field, reason }) => [event, field, reason]);
      assert.deepEqual(events, [
        ['input_refused', 'handle', 'wrong_type'],
        ['input_refused', 'handle', 'wrong_type'],
      ]);
    });
  });
});
