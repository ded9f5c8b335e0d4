import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Lets a server of the test listen on a free port of 127.0.0.1; answers the port and the address by http. */
export async function listenOnLoopback(server: Server): Promise<{ port: number; url: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}
