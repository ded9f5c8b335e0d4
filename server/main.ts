import { setTimeout as pause } from 'node:timers/promises';
import { lazyPortal } from '../portal/lazy.ts';
import { insecureSettings } from './config/insecure.ts';
import { loadListeningConfig } from './config/load.ts';
import { VERSION } from './config/version.ts';
import { recallDoubt } from './domain/attempts/client-addresses.ts';
import { createApp } from './http/koa.ts';
import { createHostServer } from './http/listener.ts';
import { openRoutes, pageRoutes, userRoutes } from './http/routes/first.ts';
import { later } from './http/routes/later.ts';
import { createEvents, errorFields } from './log/events.ts';
import { createLogger, type Logger } from './log/logger.ts';
import type { Config } from './model/config.ts';
import type { Events } from './ports/log/events.ts';
import { letThreadPoolYield } from './security/thread-pool.ts';
import { EXIT, StartError } from './start/exit.ts';
import { networkFileSystem } from './start/network-folder.ts';
import { databaseProblem } from './start/open-engine.ts';
import { asStartError } from './start/start-failure.ts';
import { buildDeps, type Wired } from './wiring.ts';

/** What a port of its own answers beside the portal. */
const ALIVE = openRoutes.filter(({ path }) => path === '/healthz');
/** What waits in memory gets this long to be written, however long the requests took. */
const LEAST_CLOSING_MS = 1_000;

let stopNow: (() => void) | undefined;

/** npm passes on what a terminal sent to every process already: one wish, heard twice. */
const ECHO_MS = 500;

/**
 * Starts the host and keeps it running until SIGTERM or SIGINT; ends the process with a code of operator §5.
 */
export async function main(args: readonly string[]): Promise<void> {
  let log = createLogger('info');
  // As process 1 of a container it would not even be ended by the signal while it waits for the database.
  onStopSignal(() => exit(EXIT.stopped, log));
  try {
    if (args.length > 0) {
      const problem = {
        name: args[0] ?? '',
        problem: 'is no option',
        repair: 'settings come from the environment',
      };
      throw new StartError(EXIT.wrongOption, [problem]);
    }
    // Not frozen: with port 0 the public address is known only once the host listens.
    const { config: loaded, ignored } = await loadListeningConfig();
    const config = { ...loaded };
    log = createLogger(config.logLevel);
    for (const setting of ignored)
      log.warn({ setting }, 'a variable of the environment means something else and is ignored');
    stayUp(createEvents(log));
    await run(config, log);
  } catch (error) {
    refuseStart(error, log);
  }
}

async function run(config: Config & { apiUrl: string }, log: Logger): Promise<void> {
  const deps = await buildDeps(config, log);
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
    if (askedAt !== undefined) exit(EXIT.stillDraining, log);
    askedAt = performance.now();
    deps.readiness.drain();
    const deadline = performance.now() + config.shutdownSeconds * 1000;
    const drained = await Promise.all(servers.map((each) => each.drain(config.shutdownSeconds)));
    const left = Math.max(LEAST_CLOSING_MS, deadline - performance.now());
    const closed = await Promise.race([close(deps), pause(left, false)]);
    const exitCode = drained.every(Boolean) && closed ? EXIT.stopped : EXIT.stillDraining;
    deps.events.emit('host_stopped', { exitCode });
    await log.drained();
    exit(exitCode, log);
  };
  onStopSignal(() => void stop());
}

/** True once everything is written and closed. A database that is away can hold this up. */
async function close(deps: Wired): Promise<boolean> {
  await deps.stop().catch((error: unknown) => deps.events.emit('unexpected_error', errorFields(error)));
  return true;
}

/** What a stop signal does from now on. The listeners stay: one that is removed may take a signal with it. */
function onStopSignal(handle: () => void): void {
  if (!stopNow) for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stopNow?.());
  stopNow = handle;
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

/** An exception nobody caught is logged once and ends nothing. */
function stayUp(events: Events): void {
  const report = (thrown: unknown) => events.emit('unexpected_error', errorFields(thrown));
  process.on('unhandledRejection', report);
  process.on('uncaughtException', report);
}

function portError(name: string, error: unknown): StartError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const port = error instanceof Error && 'port' in error ? ` (${error.port})` : '';
  const problem = code === 'EADDRINUSE' ? `is in use${port}` : `cannot be opened (${code})`;
  return new StartError(EXIT.wrongConfiguration, [{ name, problem, repair: 'choose another port' }]);
}

function refuseStart(error: unknown, log: Logger): never {
  const { exitCode, problems } = asStartError(error) ?? unexpected(error);
  const names = problems.map(({ name }) => name);
  createEvents(log).emit('start_refused', { exitCode, problems: names });
  const list = problems
    .map(({ name, problem, repair }) => `  ${name} ${problem}\n    → ${repair}\n`)
    .join('');
  process.stderr.write(`The host cannot start:\n${list}`);
  exit(exitCode, log);
}

function unexpected(error: unknown): StartError {
  const { name, code, stack } = errorFields(error);
  const problem = `failed: ${code ?? name}\n${stack}`;
  return new StartError(EXIT.wrongConfiguration, [{ name: 'start', problem, repair: 'report this' }]);
}

function exit(code: number, log: Logger): never {
  log.flush();
  process.exit(code);
}
