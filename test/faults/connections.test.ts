import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { type Stage, setStage } from './stage.ts';

const WANTED = 10_000;
/** Files this process and the host need besides connections. */
const SPARE = 500;
/** What the machine lets one process open; Node raises its own limit to the hard one. */
const POSSIBLE = Number(
  /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
);
const COUNT = Math.min(WANTED, POSSIBLE - SPARE);
const AT_ONCE = 250;

const kinds = {
  'say nothing': '',
  'never finish their headers': 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ',
};

describe('a host to which strangers hold connections that', () => {
  let host: HostProcess;
  let stage: Stage;
  let accessToken: string;
  before(async () => {
    host = startHostProcess();
    stage = await setStage(host);
    accessToken = (await stage.signUp('ada@example.com')).body['access-token'];
  });
  after(() => host.stop());

  for (const [what, start] of Object.entries(kinds)) {
    it(`${what} serves everybody else`, async (t) => {
      const crowd: Socket[] = [];
      const port = await host.listening;
      try {
        while (crowd.length < COUNT) {
          const opening = Array.from({ length: Math.min(AT_ONCE, COUNT - crowd.length) }, async () => {
            const socket = connect(port, '127.0.0.1').on('error', () => {});
            crowd.push(socket);
            await once(socket, 'connect');
            socket.write(start);
          });
          await Promise.all(opening);
        }
        const held = crowd.filter((socket) => !socket.destroyed).length;
        for (let n = 0; n < 20; n++) {
          // Each a newcomer: an agent of its own, so a connection of its own.
          const newcomer = await stage.on(host);
          assert.equal((await newcomer.getUser(accessToken)).status, 200);
          for (const socket of crowd.slice(n * 100, (n + 1) * 100)) socket.write(start && 'a');
        }
        t.diagnostic(`${COUNT} connections opened, ${held} still held when ${20} newcomers were served`);
      } finally {
        for (const socket of crowd) socket.destroy();
      }
    });
  }
});
