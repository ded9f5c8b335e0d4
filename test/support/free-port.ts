import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give out by themselves: nobody gets it by chance before it is used. */
const PORTS = [20_000, 32_000] as const;

/** A port nobody listens on, for a process that must be told one, now or again after it was killed. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, async () => {
      const closed = once(probe, 'close');
      probe.close();
      await closed;
      resolve(true);
    });
  });
}
