import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';

const ASK = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n';
const CONNECT = 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n';

/** Node lets go of a connection on which somebody asks for a tunnel. */
describe('a host that is asked for a tunnel', () => {
  let host: HostProcess;
  let port: number;
  beforeEach(async () => {
    host = startHostProcess();
    port = await host.listening;
  });
  afterEach(() => host.stop());

  async function leaves(text: string, afterMs: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    await once(socket, 'connect');
    socket.pause();
    socket.write(text);
    await pause(afterMs);
    socket.resetAndDestroy();
  }

  it('keeps no answer that was under way', async () => {
    for (let n = 0; n < 5; n++) await leaves(ASK.repeat(15) + CONNECT, 100);
    assert.equal((await send({ port, method: 'GET', path: '/healthz' })).status, 200);
    host.child.kill('SIGTERM');
    assert.equal((await host.ended).code, 0, 'nothing was running any more');
  });

  it('takes a client that is gone for no fault of its own', async () => {
    for (let n = 0; n < 40; n++) await leaves(CONNECT, n % 4);
    assert.equal((await send({ port, method: 'GET', path: '/healthz' })).status, 200);
    await pause(200);
    assert.deepEqual(
      host.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });
});
