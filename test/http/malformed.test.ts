import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Route } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import { split } from '../support/because.ts';
import { prepareEveryRoute } from '../support/every-route.ts';
import { type Answer, send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { KeepAlive } from '../support/keep-alive.ts';
import { type Credentials, type Malformed, malformedRequests } from '../support/malformed.ts';

const SEED = 20_261_124;
const COUNT = 6000;
const AT_ONCE = 16;
const TEXT_TYPES = /^(text\/(html|plain|javascript|css)|application\/zip|application\/x-pem-file)/;

describe('malformed requests to every route of a real host', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'auth-malformed-'));
  let credentials = new Map<Route, Credentials>();
  let host: HostProcess | undefined;
  let port: number;

  before(async () => {
    credentials = await prepareEveryRoute(dataDir);
    // Signing a user up hashes and mails; neither is the subject.
    host = startHostProcess({ dataDir, env: { CODES_PER_HOUR: '100000', CODES_PER_DAY: '1000000' } });
    port = await host.listening;
  });
  after(async () => {
    await host?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it(`answers ${COUNT} of them in a documented form, and stays up`, async () => {
    const agent = new KeepAlive();
    const none: Credentials = { headers: {}, values: {} };
    const requests = malformedRequests(routes, (route) => credentials.get(route) ?? none, {
      seed: SEED,
      count: COUNT,
    });
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const request of requests) {
          const answer = await send({ agent, port, ...request, input: request.options });
          check(request, answer);
        }
      }),
    );
    agent.destroy();
    await assertUp();
  });

  const rawRequests: [string, string | Buffer][] = [
    ['no request line', 'hello\r\n\r\n'],
    ['a bad version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a method nobody knows', 'BREW /api/appuser/login HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header without colon', 'GET /api/appuser/getUser HTTP/1.1\r\nHost x\r\n\r\n'],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\u0000y\r\n\r\n'],
    ['headers too large', `GET / HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['bad chunks', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    [
      'an expectation',
      'POST /api/appuser/login HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n',
    ],
    ['bytes', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ];
  for (const [what, raw] of rawRequests) {
    it(`answers ${what} with a 4xx in JSON`, async () => {
      const answer = await sendRaw(raw);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 4\d\d /, answer);
      assert.match(head, /content-type: application\/json/i);
      assertRefusal(JSON.parse(body));
      await assertUp();
    });
  }

  function check(request: Malformed, { status, body, headers, text }: Answer): void {
    const where = `${request.kind}: ${request.method} ${request.path.slice(0, 200)} → ${status} ${text.slice(0, 200)}`;
    assert.ok(status < 500, where);
    if (status === 204 || request.method === 'HEAD') return;
    if (body === undefined) {
      assert.match(headers['content-type'] ?? '', TEXT_TYPES, where);
      return;
    }
    if (status !== 200) assertRefusal(body, where);
    const badSecret = request.options.headers?.['server-secret'] !== undefined;
    if (body?.code === 500) assert.ok(badSecret, where);
  }

  function assertRefusal(body: Record<string, unknown>, where = JSON.stringify(body)): void {
    const members = Object.keys(split(body).old).sort().join();
    assert.ok(members === 'code,message' || members === 'message,status', where);
    if (body.code === 602) assert.equal(body.message, 'invalid data', where);
    if ('code' in body) assert.ok(Number.isInteger(body.code), where);
    else assert.match(String(body.status), /^[Ff]ails$/, where);
    assert.equal(typeof body.message, 'string', where);
  }

  async function assertUp(): Promise<void> {
    const { status, body } = await send({ port, method: 'GET', path: '/healthz' });
    assert.deepEqual([status, body], [200, { status: 'ok' }]);
    assert.equal(host?.child.exitCode, null);
    assert.deepEqual(
      host?.lines.filter(({ event }) => event === 'unexpected_error'),
      [],
    );
  }

  async function sendRaw(raw: string | Buffer): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(raw);
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  }
});
