import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { until } from '../support/until.ts';

describe('life of the process', () => {
  const started: HostProcess[] = [];
  const start = (options: Parameters<typeof startHostProcess>[0] = {}) => {
    const host = startHostProcess(options);
    started.push(host);
    return host;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((host) => host.stop()));
  });

  it('finishes what it accepted before it ends with 0', async () => {
    const host = start();
    const port = await host.listening;
    const answered = { count: 0 };
    let refused = false;
    const workers = Array.from({ length: 8 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!refused) {
        try {
          await send({ agent, port, method: 'GET', path: '/openapi.json' });
          answered.count++;
        } catch {
          // Nothing listens any more. What the host accepted is counted by its log.
          refused = true;
        }
      }
      agent.destroy();
    });
    const slow = await openPost(host, 'tr');
    await until('200 answers', () => answered.count >= 200, { everyMs: 1 });

    host.child.kill('SIGTERM');
    const readiness = await untilUnready(port);
    assert.deepEqual(readiness, { status: 'unavailable', database: 'ok' });
    slow.write('ue');
    const answer = await readAll(slow);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /Connection: close/);

    assert.equal((await host.ended).code, 0);
    await Promise.all(workers);
    const logged = host.lines.filter(({ route }) => route === '/openapi.json').length;
    assert.equal(answered.count, logged, 'every request that was served got its answer');
    assert.equal(host.lines.at(-1)?.event, 'host_stopped');
    assert.equal(host.lines.at(-1)?.exitCode, 0);
  });

  it('hears a stop that comes the moment it is ready, every time', async () => {
    for (let round = 0; round < 8; round++) {
      const host = start();
      await host.listening;
      host.child.kill('SIGTERM');
      assert.equal((await host.ended).code, 0, `round ${round}`);
    }
  });

  it('ends with 75 when a request outlives SHUTDOWN_SECONDS', async () => {
    const host = start({ env: { SHUTDOWN_SECONDS: '1' } });
    const socket = await openPost(host, '');
    host.child.kill('SIGINT');
    assert.equal((await host.ended).code, 75);
    socket.destroy();
  });

  it('ends at once when asked a second time, but takes two signals together for one', async () => {
    const host = start({ env: { SHUTDOWN_SECONDS: '60' } });
    const socket = await openPost(host, '');
    host.child.kill('SIGINT');
    host.child.kill('SIGTERM');
    const readiness = await untilUnready(await host.listening);
    assert.deepEqual(readiness, { status: 'unavailable', database: 'ok' });
    assert.equal(host.child.exitCode, null);
    let end: Awaited<HostProcess['ended']> | undefined;
    while (!end) {
      host.child.kill('SIGTERM');
      end = await Promise.race([host.ended, pause(100, undefined)]);
    }
    assert.equal(end.code, 75);
    socket.destroy();
  });

  const refusals: [string, Parameters<typeof startHostProcess>[0], number, RegExp][] = [
    ['64 for an option', { args: ['--port'] }, 64, /--port/],
    [
      '69 for a database that cannot be reached',
      { env: { DB_CONN_STRING: 'mongodb://127.0.0.1:1/x', DATABASE_WAIT_SECONDS: '0' } },
      69,
      /DB_CONN_STRING/,
    ],
    [
      '73 for a database file that cannot be written',
      { env: { DB_CONN_STRING: 'sqlite:keys/privatekey.pem/x/host.db' } },
      73,
      /DB_CONN_STRING/,
    ],
    ['78 for a wrong pass phrase', { env: { PASS_KEY: 'not the pass phrase' } }, 78, /PASS_KEY/],
    [
      '78 for missing and wrong settings, all at once',
      { env: { PASS_KEY: '', CODE_TRIES: 'many' } },
      78,
      /PASS_KEY[\s\S]*CODE_TRIES|CODE_TRIES[\s\S]*PASS_KEY/,
    ],
  ];
  for (const [what, options, code, expected] of refusals) {
    it(`ends with ${what}, and never opens the port`, async () => {
      const port = await freePort();
      const host = start({ ...options, env: { ...options?.env, PORT: String(port) } });
      let opened = false;
      let over = false;
      const watch = (async () => {
        while (!over) {
          opened ||= await accepts(port);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      const end = await host.ended;
      over = true;
      await watch;
      assert.equal(end.code, code, end.stderr);
      assert.match(end.stderr, expected);
      assert.ok(!opened);
      const refused = host.lines.filter(({ event }) => event === 'start_refused');
      assert.deepEqual(
        refused.map(({ exitCode, level }) => [exitCode, level]),
        [[code, 'error']],
      );
    });
  }

  it('ends with 78 for another ENCRYPT_KEY than the database was made with, and for a port in use', async () => {
    const first = start();
    const port = await first.listening;
    const { dataDir } = first;
    const other = start({ dataDir, env: { ENCRYPT_KEY: 'another key altogether' } });
    const refusedKey = await other.ended;
    assert.equal(refusedKey.code, 78);
    assert.match(refusedKey.stderr, /ENCRYPT_KEY/);
    const twin = await start({ dataDir, env: { PORT: String(port) } }).ended;
    assert.equal(twin.code, 78);
    assert.match(twin.stderr, /PORT is in use/);
  });

  it('offers metrics on a port of their own', async () => {
    const metricsPort = await freePort();
    const host = start({ env: { METRICS_PORT: String(metricsPort) } });
    await send({ port: await host.listening, method: 'GET', path: '/healthz' });
    const { text } = await send({ port: metricsPort, method: 'GET', path: '/metrics' });
    assert.match(
      text,
      /http_request_duration_seconds_count\{route="\/healthz",method="GET",status="200"\} 1/,
    );
    for (const name of [
      'auth_password_hash_queue_length',
      'auth_logins_total',
      'auth_messages_total',
      'process_cpu',
    ]) {
      assert.ok(text.includes(name), name);
    }
    assert.equal((await send({ port: metricsPort, method: 'GET', path: '/' })).status, 404);
  });

  it('says no secret on any output', async () => {
    const host = start();
    await host.listening;
    host.child.kill('SIGTERM');
    const { stderr } = await host.ended;
    const output = JSON.stringify(host.lines) + stderr;
    for (const secret of ['pass phrase of the tests', 'encrypt key of the tests'])
      assert.ok(!output.includes(secret));
  });
});

/** A POST of the portal whose body, four bytes, is still under way. */
async function openPost(host: HostProcess, start: string) {
  const secret = await serverSecretOf(host.dataDir);
  const socket = connect(await host.listening, '127.0.0.1');
  await once(socket, 'connect');
  const head = `POST /api/app HTTP/1.1\r\nHost: x\r\nserver-secret: ${secret}\r\nExpect: 100-continue\r\nContent-Length: 4`;
  socket.write(`${head}\r\n\r\n${start}`);
  await once(socket, 'data');
  return socket;
}

async function readAll(socket: ReturnType<typeof connect>): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

async function untilUnready(port: number): Promise<unknown> {
  for (;;) {
    const { status, body } = await send({ port, method: 'GET', path: '/readyz' });
    if (status === 503) return body;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => socket.destroy());
  });
}
