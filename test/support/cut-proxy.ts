import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenOnLoopback } from './listen.ts';

/** Stands between clients and a host whose address they know as its own, and lets connections break off. */
export interface CutProxy {
  readonly url: string;
  /** Where the host is now; 0: away. */
  upstream: number;
  /** Breaks the next connection off that sends as much, and resolves when that is done. */
  cutAfter(bytes: number): Promise<void>;
  stop(): Promise<void>;
}

/** Passes everything on, both ways, until it is told to cut. */
export async function startCutProxy(): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let cut: { after: number; done: () => void } | undefined;
  const server = createServer((client) => {
    const host = connect(proxy.upstream || 1, '127.0.0.1');
    let sent = 0;
    for (const socket of [client, host]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    }
    client.on('data', (chunk) => {
      sent += chunk.length;
      if (cut && sent > cut.after) {
        const { done } = cut;
        cut = undefined;
        // What arrived so far shall reach the host.
        host.end();
        client.destroy();
        return done();
      }
      if (!host.write(chunk)) {
        client.pause();
        host.once('drain', () => client.resume());
      }
    });
    client.on('close', () => host.writableEnded || host.destroy());
    host.on('data', (chunk) => client.write(chunk));
    host.on('close', () => client.destroy());
  });
  const { url } = await listenOnLoopback(server);
  const proxy: CutProxy = {
    url,
    upstream: 0,
    cutAfter: (after) =>
      new Promise((done) => {
        cut = { after, done };
      }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
