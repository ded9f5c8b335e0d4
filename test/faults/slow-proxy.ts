import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { listenOnLoopback } from '../support/listen.ts';

/** A delay that is changed also holds for what is on its way. */
const STEP_MS = 10;

/** Stands between a client and a server on the loopback address. */
export interface SlowProxy {
  readonly port: number;
  /** What the server says arrives that much later (ms). */
  delayMs: number;
  stop(): Promise<void>;
}

/** Passes everything on to `port`; answers arrive late, but whole and in order. */
export async function startSlowProxy(port: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    }
    client.on('data', (chunk) => upstream.write(chunk)).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    let line = Promise.resolve();
    upstream.on('data', (chunk) => {
      const arrivedAt = performance.now();
      line = line.then(async () => {
        while (performance.now() < arrivedAt + proxy.delayMs) await pause(STEP_MS, undefined, { ref: false });
        client.write(chunk);
      });
    });
  });
  const { port: own } = await listenOnLoopback(server);
  const proxy: SlowProxy = {
    port: own,
    delayMs: 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
