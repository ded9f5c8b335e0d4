import { loadListeningConfig } from './config/load.ts';
import { createEvents, errorFields } from './log/events.ts';
import { createLogger, type Logger } from './log/logger.ts';
import type { Events } from './ports/log/events.ts';
import { loadHostKeyAside } from './security/host-key.ts';
import { EXIT, endProcess, StartError } from './start/exit.ts';
import { asStartError } from './start/start-failure.ts';
import { onStopSignal } from './start/stop-signal.ts';

/**
 * Starts the host and keeps it running until SIGTERM or SIGINT; ends the process with a code of operator §5.
 */
export async function main(args: readonly string[]): Promise<void> {
  let log = createLogger('info');
  // As process 1 of a container it would not even be ended by the signal while it waits for the database.
  onStopSignal(() => endProcess(EXIT.stopped, log));
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
    const hostKey = loadHostKeyAside({ ...config, passPhrase: config.passKey });
    // `run` tells of it.
    hostKey.catch(() => undefined);
    // All the rest is loaded while the key is opened.
    const { run } = await import('./run.ts').catch(incomplete);
    await run(config, log, hostKey);
  } catch (error) {
    refuseStart(error, log);
  }
}

/** An exception nobody caught is logged once and ends nothing. */
function stayUp(events: Events): void {
  const report = (thrown: unknown) => events.emit('unexpected_error', errorFields(thrown));
  process.on('unhandledRejection', report);
  process.on('uncaughtException', report);
}

function refuseStart(error: unknown, log: Logger): never {
  const { exitCode, problems } = asStartError(error) ?? unexpected(error);
  const names = problems.map(({ name }) => name);
  createEvents(log).emit('start_refused', { exitCode, problems: names });
  const list = problems
    .map(({ name, problem, repair }) => `  ${name} ${problem}\n    → ${repair}\n`)
    .join('');
  process.stderr.write(`The host cannot start:\n${list}`);
  endProcess(exitCode, log);
}

/** A package that is missing, or was made for another platform: the message names it and nothing secret. */
function incomplete(error: unknown): never {
  const problem = `cannot be loaded: ${error instanceof Error ? error.message : error}`;
  const repair = 'install its packages anew, on this machine: npm ci';
  throw new StartError(EXIT.wrongConfiguration, [{ name: 'the host', problem, repair }]);
}

function unexpected(error: unknown): StartError {
  const { name, code, stack } = errorFields(error);
  const problem = `failed: ${code ?? name}\n${stack}`;
  return new StartError(EXIT.wrongConfiguration, [{ name: 'start', problem, repair: 'report this' }]);
}
