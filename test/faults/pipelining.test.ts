import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';

const CONNECTIONS = 40;
const REQUESTS = 15_000;
/** Answers share their bytes; one copy for each would be 300 and more. */
const GROWTH_MB = 150;
const ANSWERS_EACH = 650;
const ASK = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n';

/** Clients that send many requests at once, and read nothing. */
describe('a host whose answers nobody reads', () => {
  let host: HostProcess;
  let port: number;
  before(async () => {
    host = startHostProcess();
    port = await host.listening;
  });
  after(() => host.stop());

  const usedMb = () => {
    const status = readFileSync(`/proc/${host.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
  };
  const answered = () => host.lines.filter(({ route }) => route === '/openapi.json').length;

  it('makes few of them at a time, and everybody else is served', async (t) => {
    await send({ port, method: 'GET', path: '/openapi.json' });
    const before = usedMb();
    const crowd: Socket[] = [];
    try {
      for (let n = 0; n < CONNECTIONS; n++) {
        const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
        crowd.push(socket);
        await once(socket, 'connect');
        socket.pause();
        socket.write(ASK.repeat(REQUESTS));
      }
      let made = -1;
      while (made !== answered()) {
        made = answered();
        await pause(500);
      }
      const { status } = await send({ port, method: 'GET', path: '/healthz' });
      const growth = Math.round(usedMb() - before);
      t.diagnostic(`${made} of ${CONNECTIONS * REQUESTS} answers made, ${growth} MB`);
      assert.equal(status, 200);
      assert.ok(growth < GROWTH_MB, `${growth} MB`);
      assert.ok(made < CONNECTIONS * ANSWERS_EACH, `${made} answers`);
    } finally {
      for (const socket of crowd) socket.destroy();
    }
  });
});
