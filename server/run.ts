import { setTimeout as pause } from 'node:timers/promises';
import { lazyPortal } from '../portal/lazy.ts';
import { insecureSettings } from './config/insecure.ts';
import { VERSION } from './config/version.ts';
import { recallDoubt } from './domain/attempts/client-addresses.ts';
import { createApp } from './http/koa.ts';
import { createHostServer } from './http/listener.ts';
import { openRoutes, pageRoutes, userRoutes } from './http/routes/first.ts';
import { later } from './http/routes/later.ts';
import { errorFields } from './log/events.ts';
import type { Logger } from './log/logger.ts';
import type { Config } from './model/config.ts';
import type { RsaPair } from './security/rsa-pair.ts';
import { letThreadPoolYield } from './security/thread-pool.ts';
import { EXIT, endProcess, StartError } from './start/exit.ts';
import { networkFileSystem } from './start/network-folder.ts';
import { databaseProblem } from './start/open-engine.ts';
import { onStopSignal } from './start/stop-signal.ts';
import { buildDeps, type Wired } from './wiring.ts';

/** What a port of its own answers beside the portal. */
const ALIVE = openRoutes.filter(({ path }) => path === '/healthz');
/** What waits in memory gets this long to be written, however long the requests took. */
const LEAST_CLOSING_MS = 1_000;
/** npm passes on what a terminal sent to every process already: one wish, heard twice. */
const ECHO_MS = 500;

/**
 * Opens everything, then the ports, and keeps the host running until a stop signal. Throws what `buildDeps`
 * throws, and `StartError` where a port cannot be opened.
 */
export async function run(
  config: Config & { apiUrl: string },
  log: Logger,
  hostKey: Promise<RsaPair>,
): Promise<void> {
  const deps = await buildDeps(config, log, { hostKey });
  letThreadPoolYield();
  const portal = config.portal === 'on' ? lazyPortal(deps, () => app.callback()) : undefined;
  const apart = config.portalPort;
  const first = [...userRoutes, ...openRoutes, ...pageRoutes];
  const app = createApp(deps, first, log, { console: apart === undefined ? portal : undefined, later });
  const server = createHostServer(app, deps);
  const servers = [server];
  const port = await openPorts(deps, () => server.listen(config.port, config.host));
  if (portal && apart !== undefined) {
    const own = createHostServer(createApp(deps, ALIVE, log, { console: portal }), deps);
    servers.push(own);
    await openPort(deps, 'PORTAL_PORT', () => own.listen(apart, config.portalHost));
  }
  if (config.port === 0 && config.apiUrlIsDefault) config.apiUrl = `http://localhost:${port}`;
  for (const setting of insecureSettings(config, deps.hostKeyBits)) {
    deps.events.emit('insecure_setting', { setting });
  }
  if (config.database.kind === 'sqlite' && networkFileSystem(config.database.file) !== undefined) {
    const reason = 'network_file_system';
    deps.events.emit('insecure_setting', { setting: 'DB_CONN_STRING', reason });
  }
  const doubt = await recallDoubt(deps.store.meta, { now: deps.clock.now(), ...config });
  if (doubt) deps.events.emit('insecure_setting', { setting: 'TRUST_PROXY_HOPS', reason: doubt });
  const { kind: database } = deps.store;
  deps.events.emit('host_started', { version: VERSION, database, kid: deps.hostTokens.kid, port });
  log.ready(config.apiUrl);
  if (process.send) {
    // Setup, which started this host, goes on from here, below the line that a terminal was just given.
    if (process.stdout.isTTY) await log.drained();
    process.send({ port }, () => undefined);
  }

  let askedAt: number | undefined;
  const stop = async (): Promise<void> => {
    if (askedAt !== undefined && performance.now() - askedAt < ECHO_MS) return;
    // Somebody who asks twice does not want to wait.
    if (askedAt !== undefined) endProcess(EXIT.stillDraining, log);
    askedAt = performance.now();
    deps.readiness.drain();
    const deadline = performance.now() + config.shutdownSeconds * 1000;
    const drained = await Promise.all(servers.map((each) => each.drain(config.shutdownSeconds)));
    const left = Math.max(LEAST_CLOSING_MS, deadline - performance.now());
    const closed = await Promise.race([close(deps), pause(left, false)]);
    const exitCode = drained.every(Boolean) && closed ? EXIT.stopped : EXIT.stillDraining;
    deps.events.emit('host_stopped', { exitCode });
    await log.drained();
    endProcess(exitCode, log);
  };
  onStopSignal(() => void stop());
}

/** True once everything is written and closed. A database that is away can hold this up. */
async function close(deps: Wired): Promise<boolean> {
  await deps.stop().catch((error: unknown) => deps.events.emit('unexpected_error', errorFields(error)));
  return true;
}

async function openPorts(deps: Wired, listen: () => Promise<number>): Promise<number> {
  await openPort(deps, 'METRICS_PORT', () => deps.begin());
  return openPort(deps, 'PORT', listen);
}

async function openPort<T>(deps: Wired, name: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await deps.stop();
    throw databaseProblem(error, deps.store.kind) ?? portError(name, error);
  }
}

function portError(name: string, error: unknown): StartError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const port = error instanceof Error && 'port' in error ? ` (${error.port})` : '';
  const problem = code === 'EADDRINUSE' ? `is in use${port}` : `cannot be opened (${code})`;
  return new StartError(EXIT.wrongConfiguration, [{ name, problem, repair: 'choose another port' }]);
}
