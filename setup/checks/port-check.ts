import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import { issueServerSecret } from '../../server/domain/tokens/server-secret.ts';
import type { Config } from '../../server/model/config.ts';
import { within } from '../../server/tools/deadline.ts';
import { openHost } from '../installation/open-host.ts';

const NAME = 'port';
const TIMEOUT_MS = 5_000;

/** Whether the host could listen on its port, or does already. */
export async function checkPort(config: Config): Promise<CheckResult & { isOwnHost?: boolean }> {
  const { port } = config;
  if (port === 0) return passed(NAME, 'the start picks a free one');
  const error = await listeningError(config);
  if (error === undefined) return passed(NAME, `${port} is free`);
  if (error === 'EACCES') return failed(NAME, `this user may not listen on ${port}: take one from 1024 on`);
  if (error !== 'EADDRINUSE') return failed(NAME, `${port} cannot be opened (${error})`);
  const isOwnHost = await within(TIMEOUT_MS, answersOurSecret(config), () => new Error('late')).catch(
    () => false,
  );
  if (isOwnHost) return { ...passed(NAME, `this host runs already on ${port}`), isOwnHost };
  return failed(NAME, `another program listens on ${port}`);
}

function listeningError({ host, port }: Config): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'));
    probe.listen({ ...(host !== undefined && { host }), port }, () => probe.close(() => resolve(undefined)));
  });
}

/** Only the host of these keys and this database takes the secret that they make. */
async function answersOurSecret(config: Config): Promise<boolean> {
  if (!existsSync(config.privateKeyFile)) return false;
  const host = await openHost({ ...config, databaseWaitSeconds: 0 });
  try {
    const secret = await issueServerSecret(host);
    const response = await fetch(`http://127.0.0.1:${config.port}/api/host`, {
      headers: { 'server-secret': secret },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } finally {
    await host.stop();
  }
}
